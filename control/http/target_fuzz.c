/* Whatever parses is safe to use as a path and fits the buffer that the header promises is enough; written again with
 * escapes it parses to the same segments. */
#include "http/target.h"
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct target *t, size_t raw_len)
{
    size_t cap = raw_len * 3 + TARGET_MAX_SEGMENTS + 8;
    char *raw = malloc(cap), *buf = malloc(cap * 2 + 64), *at = raw;
    struct target again;
    for (unsigned i = 0; i < t->n_segments; i++) {
        *at++ = '/';
        for (const char *c = t->segments[i]; *c; c++)
            at += snprintf(at, cap - (size_t)(at - raw), "%%%02x", (unsigned char)*c);
    }
    *at++ = '/';
    if (target_parse(bytes_of(raw, (size_t)(at - raw)), buf, cap * 2 + 64, &again) || again.n_segments != t->n_segments)
        abort();
    for (unsigned i = 0; i < t->n_segments; i++)
        if (strcmp(t->segments[i], again.segments[i]) != 0)
            abort();
    free(raw);
    free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct target t;
    char *buf = malloc(size * 2 + 64);
    enum err e = target_parse(bytes_of(data, size), buf, size * 2 + 64, &t);
    if (!e) {
        const char *params[TARGET_MAX_SEGMENTS];
        unsigned n = 0;
        for (unsigned i = 0; i < t.n_segments; i++)
            if (!strcmp(t.segments[i], "..") || strpbrk(t.segments[i], "\\\r\n"))
                abort();
        (void)target_match(&t, "/api/meetings/:meetingId/participants/:participantId", params, &n);
        if (n > 2)
            abort();
        if (t.path[0] == '/')
            check_again(&t, size);
    }
    free(buf);
    return 0;
}
