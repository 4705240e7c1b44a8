/* text.h: text that grows, for response heads. Goes bad without memory; the caller checks once. */
#pragma once
#include "common/err.h"
#include <stdbool.h>
#include <stddef.h>

struct text {
    char *p; /* owned; NULL while empty */
    size_t len, cap;
    bool bad;
};

void text_add(struct text *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
void text_add_raw(struct text *t, const char *p, size_t len);
void text_reset(struct text *t);
