/* text.h: text where it is read: ranges of a line (words, numbers, hex), strings kept in buffers of fixed size, UTF-8.
 * Pure functions; ranges are borrowed, nothing is allocated. "Without case" means ASCII's. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"
#include <strings.h>

/* --- ranges --- */
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

/* The value of a hexadecimal digit of either case; -1: it is none. */
static inline int text_hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static inline bool text_is_alnum(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

struct bytes text_trim(struct bytes b); /* without the spaces and tabs around it */
/* What is before the first separator, or all; rest: behind. */
struct bytes text_cut(struct bytes *rest, char separator);
struct bytes text_word(struct bytes *rest);                    /* the next word between blanks; empty at the end */
bool text_number(struct bytes b, uint64_t max, uint64_t *out); /* nothing but a decimal number, at most max */
bool text_is_made_of(struct bytes b, const char *others, size_t max); /* 1…max letters, digits, characters of others */
void text_hex(char *out, struct bytes b);                             /* in lower case: 2 * b.len + 1 bytes */
PRINTF_LIKE(2, 3) void wr_text(struct wr *w, const char *fmt, ...);   /* at most 511 bytes; more makes it bad */

/* --- strings --- */
void text_copy(char *out, size_t cap, const char *text); /* cut at cap - 1 bytes: for ids and tokens */
struct bytes text_bare(const char *text);                /* without the spaces around it, of which Unicode has many */
bool text_is_blank(const char *text);                    /* nothing but spaces, of which Unicode has many */
/* Trimmed, control characters as spaces, cut at max_chars characters and at cap; `otherwise` if nothing is left. */
void text_clean(char *out, size_t cap, const char *text, size_t max_chars, const char *otherwise);

/* --- UTF-8 (RFC 3629) --- */
bool text_is_utf8(struct bytes b);       /* not: overlong forms, surrogates, what is beyond U+10FFFF */
size_t text_chars(const char *text);     /* code points of valid UTF-8 */
size_t text_utf16_len(const char *text); /* UTF-16 units of valid UTF-8: JavaScript's `length` */
