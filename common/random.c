#include "random.h"

#include <errno.h>
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
    for (size_t i = 0; i < len;) {
        uint8_t byte = 0;
        random_fill(&byte, 1);
        if (byte < limit)
            out[i++] = alphabet[byte % n];
    }
    out[len] = '\0';
}
