/* utf8.h: is it UTF-8 (RFC 3629)? Overlong forms, surrogates and what is beyond U+10FFFF are not. */
#pragma once
#include "common/bytes.h"

static inline size_t utf8_sequence_len(const uint8_t *p, size_t left)
{
    static const uint8_t low[] = {[0xe0 - 0xc2] = 0xa0, [0xf0 - 0xc2] = 0x90};
    uint8_t c = p[0];
    if (c < 0x80)
        return 1;
    if (c < 0xc2 || c > 0xf4)
        return 0;
    size_t len = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (left < len)
        return 0;
    uint8_t min = (size_t)(c - 0xc2) < sizeof low && low[c - 0xc2] ? low[c - 0xc2] : 0x80;
    uint8_t max = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    if (p[1] < min || p[1] > max)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return len;
}

static inline bool utf8_valid(struct bytes b)
{
    for (size_t i = 0; i < b.len;) {
        size_t len = utf8_sequence_len(b.p + i, b.len - i);
        if (!len)
            return false;
        i += len;
    }
    return true;
}
