/* base64.c: both alphabets of base64, strict when reading. */
#include "socketio/base64.h"

static const char std_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void write_with(struct wr *w, struct bytes in, const char *alphabet, bool pad)
{
    struct rd r = rd_of(in);
    while (rd_left(&r) > 0) {
        unsigned n = rd_left(&r) < 3 ? (unsigned)rd_left(&r) : 3;
        uint32_t bits = (uint32_t)rd_be(&r, n) << 8 * (3 - n);
        for (unsigned i = 0; i < 4; i++) {
            if (i <= n)
                wr_u8(w, (uint8_t)alphabet[bits >> (18 - 6 * i) & 63]);
            else if (pad)
                wr_u8(w, '=');
        }
    }
}

void base64_write(struct wr *w, struct bytes in)
{
    write_with(w, in, std_alphabet, true);
}

void base64url_write(struct wr *w, struct bytes in)
{
    write_with(w, in, url_alphabet, false);
}

static int value_of(uint8_t c, bool url)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == (url ? '-' : '+'))
        return 62;
    if (c == (url ? '_' : '/'))
        return 63;
    return -1;
}

/* The last 2 or 3 characters stand for 1 or 2 bytes. */
static enum err read_tail(uint32_t bits, unsigned n_chars, struct wr *w)
{
    if (n_chars == 1)
        return ERR_SYNTAX;
    unsigned spare = n_chars == 2 ? 4 : 2;
    if (bits & ((1u << spare) - 1))
        return ERR_SYNTAX;
    if (n_chars > 0)
        wr_be(w, bits >> spare, n_chars - 1);
    return w->bad ? ERR_FULL : OK;
}

static enum err read_with(struct bytes text, struct wr *w, bool url)
{
    while (!url && text.len % 4 == 0 && text.len > 0 && text.p[text.len - 1] == '=') {
        text.len--;
        if (text.len % 4 == 3 && text.p[text.len - 1] == '=') {
            text.len--;
            break;
        }
    }
    uint32_t bits = 0;
    unsigned n = 0;
    for (size_t i = 0; i < text.len; i++) {
        int v = value_of(text.p[i], url);
        if (v < 0)
            return ERR_SYNTAX;
        bits = bits << 6 | (uint32_t)v;
        if (++n == 4) {
            wr_u24(w, bits & 0xffffff);
            bits = n = 0;
        }
    }
    return read_tail(bits, n, w);
}

enum err base64_read(struct bytes text, struct wr *w)
{
    return read_with(text, w, false);
}

enum err base64url_read(struct bytes text, struct wr *w)
{
    return read_with(text, w, true);
}
