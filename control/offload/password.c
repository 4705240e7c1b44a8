/* password.c: Argon2id of libargon2, with our parameters. */
#include "offload/password.h"

#include <argon2.h>
#include <stdio.h>
#include <string.h>

#define PASSES     2
#define LANES      1
#define HASH_LEN   32
#define MAX_KIB    131072
#define MAX_PASSES 16
#define MAX_LANES  4

const char password_of_nobody[] = "$argon2id$v=19$m=19456,t=2,p=1$"
                                  "b25lcGl6emEtbm9ib2R5cw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

struct parameters {
    unsigned version, kib, passes, lanes;
};

static bool parameters_read(const char *hash, struct parameters *p)
{
    int end = 0;
    if (strlen(hash) >= PASSWORD_HASH_CAP)
        return false;
    /* NOLINTNEXTLINE(cert-err34-c): what overflows is out of bounds, and the library reads it again */
    int n = sscanf(hash, "$argon2id$v=%3u$m=%7u,t=%3u,p=%3u$%n", &p->version, &p->kib, &p->passes, &p->lanes, &end);
    return n == 4 && end > 0 && p->kib <= MAX_KIB && p->passes <= MAX_PASSES && p->lanes <= MAX_LANES;
}

enum err password_hash(struct bytes password, const uint8_t salt[PASSWORD_SALT_LEN], char out[PASSWORD_HASH_CAP])
{
    if (password.len > PASSWORD_MAX_BYTES)
        return ERR_FULL;
    int failed = argon2id_hash_encoded(PASSES, PASSWORD_MEMORY_KIB, LANES, password.p, password.len, salt,
                                       PASSWORD_SALT_LEN, HASH_LEN, out, PASSWORD_HASH_CAP);
    return failed ? ERR_NOMEM : OK;
}

enum err password_verify(const char *hash, struct bytes password)
{
    struct parameters p;
    if (!parameters_read(hash, &p))
        return ERR_SYNTAX;
    if (password.len > PASSWORD_MAX_BYTES)
        return ERR_AUTH; /* nobody has one: registration refuses it, so that its quick answer tells nothing */
    switch (argon2id_verify(hash, password.p, password.len)) {
    case ARGON2_OK:
        return OK;
    case ARGON2_VERIFY_MISMATCH:
        return ERR_AUTH;
    case ARGON2_MEMORY_ALLOCATION_ERROR:
        return ERR_NOMEM;
    default:
        return ERR_SYNTAX;
    }
}

bool password_needs_rehash(const char *hash)
{
    struct parameters p;
    return !parameters_read(hash, &p) || p.version != ARGON2_VERSION_13 || p.kib != PASSWORD_MEMORY_KIB ||
           p.passes != PASSES || p.lanes != LANES;
}
