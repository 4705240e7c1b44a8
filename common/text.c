/* text.c: the longer ones of text.h's functions. */
#include "common/text.h"

#include <stdarg.h>
#include <stdio.h>

/* --- ranges --- */
static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

struct bytes text_trim(struct bytes b)
{
    while (b.len && is_blank(b.p[0]))
        b = text_after(b, 1);
    while (b.len && is_blank(b.p[b.len - 1]))
        b.len--;
    return b;
}

struct bytes text_cut(struct bytes *rest, char separator)
{
    const uint8_t *at = rest->len ? memchr(rest->p, separator, rest->len) : NULL;
    struct bytes head = *rest;
    if (!at) {
        *rest = text_after(*rest, rest->len);
        return head;
    }
    head.len = (size_t)(at - rest->p);
    *rest = text_after(*rest, head.len + 1);
    return head;
}

struct bytes text_word(struct bytes *rest)
{
    *rest = text_trim(*rest);
    struct bytes word = text_cut(rest, ' ');
    *rest = text_trim(*rest);
    return word;
}

bool text_number(struct bytes b, uint64_t max, uint64_t *out)
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

bool text_is_made_of(struct bytes b, const char *others, size_t max)
{
    if (b.len == 0 || b.len > max)
        return false;
    for (size_t i = 0; i < b.len; i++)
        if (!text_is_alnum(b.p[i]) && (b.p[i] == 0 || !strchr(others, b.p[i])))
            return false;
    return true;
}

void text_hex(char *out, struct bytes b)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < b.len; i++) {
        *out++ = digits[b.p[i] >> 4];
        *out++ = digits[b.p[i] & 15];
    }
    *out = '\0';
}

void wr_text(struct wr *w, const char *fmt, ...)
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

/* --- strings --- */
void text_copy(char *out, size_t cap, const char *text)
{
    size_t n = strnlen(text, cap - 1);
    memcpy(out, text, n);
    out[n] = '\0';
}

static bool is_continuation(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* The length of a space or control character in UTF-8 at p, or 0. U+00A0, U+1680, U+2000…U+200B, U+2028, U+2029,
 * U+202F, U+205F, U+3000 and U+FEFF are spaces, like JavaScript's trim() has it (and the zero-width one, which looks
 * like nothing). */
static size_t space_at(const unsigned char *p)
{
    if (*p && (*p <= ' ' || *p == 0x7F))
        return 1;
    if (p[0] == 0xC2 && p[1] <= 0xA0 && p[1] >= 0x80)
        return 2;
    if (p[0] == 0xE2 && p[1] == 0x80 &&
        ((p[2] >= 0x80 && p[2] <= 0x8B) || p[2] == 0xA8 || p[2] == 0xA9 || p[2] == 0xAF))
        return 3;
    if ((p[0] == 0xE1 && p[1] == 0x9A && p[2] == 0x80) || (p[0] == 0xE2 && p[1] == 0x81 && p[2] == 0x9F))
        return 3;
    if ((p[0] == 0xE3 && p[1] == 0x80 && p[2] == 0x80) || (p[0] == 0xEF && p[1] == 0xBB && p[2] == 0xBF))
        return 3;
    return 0;
}

static const unsigned char *past_spaces(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    for (size_t n = space_at(p); n; n = space_at(p))
        p += n;
    return p;
}

bool text_is_blank(const char *text)
{
    return !*past_spaces(text);
}

static size_t char_len(const unsigned char *p)
{
    size_t n = 1;
    while (is_continuation(p[n]))
        n++;
    return n;
}

struct bytes text_bare(const char *text)
{
    const unsigned char *start = past_spaces(text), *end = start;
    for (const unsigned char *p = start; *p;) {
        size_t space = space_at(p);
        p += space ? space : char_len(p);
        end = space ? end : p;
    }
    return bytes_of(start, (size_t)(end - start));
}

void text_clean(char *out, size_t cap, const char *text, size_t max_chars, const char *otherwise)
{
    const unsigned char *p = past_spaces(text);
    size_t len = 0, kept = 0; /* kept: up to the last character that is no space */
    for (size_t chars = 0; *p && chars < max_chars; chars++) {
        size_t n = char_len(p), space = space_at(p);
        if (len + n >= cap)
            break;
        if (space == 1 || (space == 2 && p[1] < 0xA0)) {
            out[len++] = ' ';
        } else {
            memcpy(out + len, p, n);
            len += n;
        }
        kept = space ? kept : len;
        p += n;
    }
    out[kept] = '\0';
    if (!kept && *otherwise)
        text_clean(out, cap, otherwise, max_chars, "");
}

/* --- UTF-8 --- */
/* RFC 3629 4: the length of the sequence at p, of which there are `left` bytes; 0: it is none. */
static size_t sequence_len(const uint8_t *p, size_t left)
{
    uint8_t c = p[0];
    if (c < 0x80)
        return 1;
    if (c < 0xc2 || c > 0xf4)
        return 0;
    size_t len = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (left < len)
        return 0;
    uint8_t min = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    uint8_t max = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    if (p[1] < min || p[1] > max)
        return 0;
    for (size_t i = 2; i < len; i++)
        if (!is_continuation(p[i]))
            return 0;
    return len;
}

/* Most text is ASCII: eight bytes of it at a time. */
static size_t ascii_len(const uint8_t *p, size_t left)
{
    size_t n = 0;
    for (uint64_t eight = 0; left - n >= sizeof eight; n += sizeof eight) {
        memcpy(&eight, p + n, sizeof eight);
        if (eight & 0x8080808080808080U)
            break;
    }
    return n;
}

bool text_is_utf8(struct bytes b)
{
    for (size_t i = b.len ? ascii_len(b.p, b.len) : 0; i < b.len;) {
        size_t len = sequence_len(b.p + i, b.len - i);
        if (!len)
            return false;
        i += len;
        if (len == 1)
            i += ascii_len(b.p + i, b.len - i);
    }
    return true;
}

size_t text_chars(const char *text)
{
    size_t n = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        n += !is_continuation(*p);
    return n;
}

size_t text_utf16_len(const char *text)
{
    size_t n = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        n += *p >= 0xF0 ? 2 : !is_continuation(*p);
    return n;
}
