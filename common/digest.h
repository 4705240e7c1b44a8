/* digest.h: SHA-256 and HMAC-SHA256 (FIPS 180-4, RFC 2104) in lower-case hex, and comparing secrets. Secrets that only
 * need to be recognised (keys, tokens) are kept as their SHA-256: they are random, so no salt and no slow hash is due.
 * Pure; any thread. Aborts when OpenSSL can't: nothing is safe then. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define DIGEST_HEX_CAP 65

void sha256_hex(char out[DIGEST_HEX_CAP], const void *data, size_t len);
void sha256_hex_of(char out[DIGEST_HEX_CAP], const char *text);
void hmac_sha256_hex(char out[DIGEST_HEX_CAP], const void *key, size_t key_len, const void *data, size_t len);
bool same_secret(const void *a, const void *b, size_t len); /* in the same time wherever they differ */
