/* sdp_text.h: words and numbers inside a line, for the parsers of this layer; and formatted text for its writers. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

static inline bool text_is(struct bytes b, const char *s)
{
    return b.len == strlen(s) && (b.len == 0 || memcmp(b.p, s, b.len) == 0);
}

static inline bool text_is_nocase(struct bytes b, const char *s)
{
    return b.len == strlen(s) && (b.len == 0 || strncasecmp((const char *)b.p, s, b.len) == 0);
}

/* Drops the first n bytes, n ≤ b.len. */
static inline struct bytes text_after(struct bytes b, size_t n)
{
    return n ? bytes_of(b.p + n, b.len - n) : b;
}

static inline struct bytes text_trim(struct bytes b)
{
    while (b.len && (b.p[0] == ' ' || b.p[0] == '\t'))
        b = text_after(b, 1);
    while (b.len && (b.p[b.len - 1] == ' ' || b.p[b.len - 1] == '\t'))
        b.len--;
    return b;
}

/* Cuts `rest` at the first sep: what was before it, or all of it. */
static inline struct bytes text_cut(struct bytes *rest, char sep)
{
    const uint8_t *at = rest->len ? memchr(rest->p, sep, rest->len) : NULL;
    struct bytes head = *rest;
    if (!at) {
        *rest = bytes_of(rest->len ? rest->p + rest->len : rest->p, 0);
        return head;
    }
    head.len = (size_t)(at - rest->p);
    *rest = text_after(*rest, head.len + 1);
    return head;
}

/* The next word; blanks before and after it go. Empty at the end. */
static inline struct bytes text_word(struct bytes *rest)
{
    *rest = text_trim(*rest);
    struct bytes word = text_cut(rest, ' ');
    *rest = text_trim(*rest);
    return word;
}

/* A decimal number of the whole range, at most max. */
static inline bool text_number(struct bytes b, uint64_t max, uint64_t *out)
{
    if (b.len == 0 || b.len > 19)
        return false;
    uint64_t v = 0;
    for (size_t i = 0; i < b.len; i++) {
        if (b.p[i] < '0' || b.p[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(b.p[i] - '0');
    }
    if (v > max)
        return false;
    *out = v;
    return true;
}

static inline int text_hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        return (c | 0x20) - 'a' + 10;
    return -1;
}

static inline bool text_is_alnum(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* 1…max letters, digits and characters of `others`. */
static inline bool text_is_made_of(struct bytes b, const char *others, size_t max)
{
    if (b.len == 0 || b.len > max)
        return false;
    for (size_t i = 0; i < b.len; i++)
        if (!text_is_alnum(b.p[i]) && (b.p[i] == 0 || !strchr(others, b.p[i])))
            return false;
    return true;
}

/* At most 511 bytes at a time; more makes the writer bad. */
PRINTF_LIKE(2, 3) static inline void wr_text(struct wr *w, const char *fmt, ...)
{
    char line[512];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof line) {
        w->bad = true;
        return;
    }
    wr_bytes(w, bytes_of(line, (size_t)n));
}
