/* random.c: random bytes from the kernel, and what is made of them. */
#include "random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void random_fill(void *p, size_t len)
{
    uint8_t *at = p;
    while (len > 0) {
        ssize_t n = getrandom(at, len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            abort();
        at += n;
        len -= (size_t)n;
    }
}

void random_text(char *out, size_t len, const char *alphabet)
{
    size_t n = strlen(alphabet);
    unsigned limit = (unsigned)(256 - 256 % n); /* bytes at or past the limit would favour the first characters */
    uint8_t drawn[64];                          /* one call of the kernel for many characters */
    size_t left = 0;
    for (size_t i = 0; i < len;) {
        if (!left) {
            left = sizeof drawn;
            random_fill(drawn, left);
        }
        uint8_t byte = drawn[--left];
        if (byte < limit)
            out[i++] = alphabet[byte % n];
    }
    out[len] = '\0';
}

void random_uuid(char out[RANDOM_UUID_CAP])
{
    uint8_t b[16];
    random_fill(b, sizeof b);
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    snprintf(out, RANDOM_UUID_CAP, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
             b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}
