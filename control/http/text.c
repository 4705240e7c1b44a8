#include "http/text.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool room(struct text *t, size_t more)
{
    if (t->bad || t->cap - t->len > more)
        return !t->bad;
    size_t cap = t->cap ? t->cap : 512;
    while (cap - t->len <= more)
        cap *= 2;
    char *grown = realloc(t->p, cap);
    t->bad = !grown;
    if (!grown)
        return false;
    t->p = grown;
    t->cap = cap;
    return true;
}

void text_add_raw(struct text *t, const char *p, size_t len)
{
    if (!len || !room(t, len))
        return;
    memcpy(t->p + t->len, p, len);
    t->len += len;
    t->p[t->len] = '\0';
}

void text_add(struct text *t, const char *fmt, ...)
{
    va_list args, again;
    if (!room(t, 1))
        return;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(t->p + t->len, t->cap - t->len, fmt, args);
    va_end(args);
    bool fits = len >= 0 && (size_t)len < t->cap - t->len;
    if (len > 0 && !fits && room(t, (size_t)len))
        vsnprintf(t->p + t->len, (size_t)len + 1, fmt, again);
    va_end(again);
    if (len > 0 && !t->bad)
        t->len += (size_t)len;
}

void text_reset(struct text *t)
{
    free(t->p);
    *t = (struct text){0};
}
