/* buf.c: bytes added at the end and taken from the front. */
#include "common/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST      ((size_t)24)
#define FIRST_TEXT ((size_t)512)

void buf_reset(struct buf *b)
{
    free(b->p);
    *b = (struct buf){0};
}

static void to_front(struct buf *b)
{
    if (b->from)
        memmove(b->p, b->p + b->from, b->len + 1);
    b->from = 0;
}

enum err buf_reserve(struct buf *b, size_t more, size_t most)
{
    most = most < BUF_MOST ? most : BUF_MOST;
    if (b->len > most || more > most - b->len)
        return ERR_FULL;
    size_t need = b->len + more + 1;
    if (!b->len)
        to_front(b);
    if (b->cap >= need && b->cap - need >= b->from)
        return OK;
    to_front(b);
    if (b->cap >= need)
        return OK;
    size_t cap = b->cap ? 2 * (size_t)b->cap : FIRST;
    cap = cap > most ? most + 1 : cap;
    cap = cap < need ? need : cap;
    char *grown = realloc(b->p, cap);
    if (!grown)
        return ERR_NOMEM;
    b->p = grown;
    b->cap = (uint32_t)cap;
    b->p[b->len] = '\0';
    return OK;
}

void buf_added(struct buf *b, size_t len)
{
    b->len += (uint32_t)len;
    *buf_end(b) = '\0';
}

enum err buf_put(struct buf *b, struct bytes in, size_t most)
{
    enum err e = buf_reserve(b, in.len, most);
    if (e || !in.len)
        return e;
    memcpy(buf_end(b), in.p, in.len);
    buf_added(b, in.len);
    return OK;
}

void buf_take(struct buf *b, size_t len)
{
    b->from += (uint32_t)len;
    b->len -= (uint32_t)len;
}

void buf_add(struct buf *b, const void *p, size_t len)
{
    b->bad = b->bad || buf_put(b, bytes_of(p, len), BUF_MOST);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list args, again;
    b->bad = b->bad || buf_reserve(b, b->cap ? 1 : FIRST_TEXT - 1, BUF_MOST);
    if (b->bad)
        return;
    va_start(args, fmt);
    va_copy(again, args);
    size_t room = b->cap - b->from - b->len;
    int len = vsnprintf(buf_end(b), room, fmt, args);
    va_end(args);
    b->bad = len < 0;
    if (!b->bad && (size_t)len >= room) {
        b->bad = buf_reserve(b, (size_t)len, BUF_MOST);
        if (!b->bad)
            vsnprintf(buf_end(b), (size_t)len + 1, fmt, again);
    }
    va_end(again);
    if (!b->bad)
        b->len += (uint32_t)len;
    else if (b->p)
        *buf_end(b) = '\0';
}

char *buf_give(struct buf *b)
{
    char *text = b->p;
    if (b->bad) {
        free(text);
        text = NULL;
    } else if (text) {
        to_front(b);
    }
    *b = (struct buf){0};
    return text;
}
