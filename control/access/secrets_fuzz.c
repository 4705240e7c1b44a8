/* secrets_fuzz.c: a cookie is taken only if it is exactly what secret_cookie_of() gives for its token. */
#include "access/secrets.h"
#include "common/digest.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SECRET "0123456789abcdef0123456789abcdef"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *cookie = malloc(size + 1), id_hash[DIGEST_HEX_CAP], expected_hash[DIGEST_HEX_CAP];
    if (!cookie)
        return 0;
    memcpy(cookie, data, size);
    cookie[size] = '\0';
    bool taken = secret_of_cookie(SECRET, cookie, id_hash) == OK;
    char token[TOKEN_LEN + 1] = {0}, expected[SESSION_COOKIE_CAP];
    memcpy(token, cookie, strnlen(cookie, TOKEN_LEN));
    secret_cookie_of(expected, SECRET, token);
    must(taken == (strlen(token) == TOKEN_LEN && strcmp(expected, cookie) == 0));
    if (taken) {
        sha256_hex_of(expected_hash, token);
        must(strcmp(expected_hash, id_hash) == 0);
    }
    free(cookie);
    return 0;
}
