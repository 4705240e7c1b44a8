/* digest.c: OpenSSL's digests, as hex. */
#include "common/digest.h"
#include "common/openssl.h"
#include "common/text.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#define SHA256_LEN 32

void sha256_hex(char out[DIGEST_HEX_CAP], const void *data, size_t len)
{
    unsigned char digest[SHA256_LEN];
    if (!EVP_Digest(data, len, digest, NULL, EVP_sha256(), NULL))
        abort();
    text_hex(out, bytes_of(digest, sizeof digest));
}

void sha256_hex_of(char out[DIGEST_HEX_CAP], const char *text)
{
    sha256_hex(out, text, strlen(text));
}

void hmac_sha256_hex(char out[DIGEST_HEX_CAP], const void *key, size_t key_len, const void *data, size_t len)
{
    unsigned char digest[SHA256_LEN];
    if (!HMAC(EVP_sha256(), key, (int)key_len, data, len, digest, NULL))
        abort();
    text_hex(out, bytes_of(digest, sizeof digest));
}

bool same_secret(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}
