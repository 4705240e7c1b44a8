/* random.h: the system's CSPRNG. For the IO shell, which hands random bytes to the core; the core draws none itself. */
#pragma once
#include <stddef.h>
#include <stdint.h>

void random_fill(void *p, size_t len); /* aborts if the kernel has no randomness: nothing is safe then */

/* len characters of the alphabet (2…256 characters), without bias, and a NUL: out has len + 1 bytes. */
void random_text(char *out, size_t len, const char *alphabet);

/* A version 4 UUID (RFC 9562 5.4) as lower-case text. */
#define RANDOM_UUID_CAP 37
void random_uuid(char out[RANDOM_UUID_CAP]);

#define RANDOM_LETTERS "abcdefghijklmnopqrstuvwxyz"
#define RANDOM_HEX     "0123456789abcdef"
#define RANDOM_ALNUM   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
