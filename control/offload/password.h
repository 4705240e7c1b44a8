/* password.h: passwords as they are stored: Argon2id (RFC 9106) as "$argon2id$v=19$m=19456,t=2,p=1$salt$hash". Slow and
 * hungry on purpose (PASSWORD_MEMORY_KIB while it runs): only for work.h's threads. Pure but for time and memory.
 * password.c is the only file that sees libargon2. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"

#define PASSWORD_MIN_CHARACTERS 8
#define PASSWORD_MAX_BYTES      1024
#define PASSWORD_SALT_LEN       16
#define PASSWORD_HASH_CAP       128
#define PASSWORD_MEMORY_KIB     19456 /* OWASP's choice: 19 MiB, two passes, one lane */

/* salt: fresh random bytes. ERR_FULL: the password is over PASSWORD_MAX_BYTES. ERR_NOMEM. */
MUST_CHECK enum err password_hash(struct bytes password, const uint8_t salt[PASSWORD_SALT_LEN],
                                  char out[PASSWORD_HASH_CAP]);

/* Takes the same time whatever is wrong with the password. ERR_AUTH: another password. ERR_SYNTAX: not a hash of this
 * kind, or one that asks for unreasonable memory or time. ERR_NOMEM. */
MUST_CHECK enum err password_verify(const char *hash, struct bytes password);

/* It was made with other parameters than today's: make it again when the password is known to be right. */
bool password_needs_rehash(const char *hash);

/* A hash of today's parameters that no password is known for: verified for an unknown account, so that its refusal
 * takes as long as any other. */
extern const char password_of_nobody[];
