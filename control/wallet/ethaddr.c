/* ethaddr.c: an address, from a key and from text (EIP-55). */
#include "wallet/ethaddr.h"
#include "common/text.h"
#include "wallet/keccak.h"
#include <ctype.h>

struct ethaddr ethaddr_of_key(const uint8_t key[64])
{
    uint8_t digest[KECCAK_LEN];
    keccak_256(bytes_of(key, 64), digest);
    struct ethaddr a;
    memcpy(a.bytes, digest + KECCAK_LEN - ETHADDR_LEN, ETHADDR_LEN);
    return a;
}

const char *ethaddr_lower(const struct ethaddr *a, char out[ETHADDR_TEXT_CAP])
{
    static const char digits[] = "0123456789abcdef";
    char *at = out;
    *at++ = '0';
    *at++ = 'x';
    for (unsigned i = 0; i < ETHADDR_LEN; i++) {
        *at++ = digits[a->bytes[i] >> 4];
        *at++ = digits[a->bytes[i] & 15];
    }
    *at = 0;
    return out;
}

const char *ethaddr_text(const struct ethaddr *a, char out[ETHADDR_TEXT_CAP])
{
    uint8_t digest[KECCAK_LEN];
    ethaddr_lower(a, out);
    keccak_256(bytes_of(out + 2, 2 * (size_t)ETHADDR_LEN), digest);
    for (unsigned i = 0; i < 2 * ETHADDR_LEN; i++)
        if (digest[i / 2] >> (i % 2 ? 0 : 4) & 8)
            out[2 + i] = (char)toupper((unsigned char)out[2 + i]);
    return out;
}

static bool has_both_cases(const char *text)
{
    bool lower = false, upper = false;
    for (; *text; text++) {
        lower = lower || islower((unsigned char)*text);
        upper = upper || isupper((unsigned char)*text);
    }
    return lower && upper;
}

enum err ethaddr_read(const char *text, struct ethaddr *out)
{
    if (strlen(text) != ETHADDR_TEXT_CAP - 1 || memcmp(text, "0x", 2) != 0)
        return ERR_SYNTAX;
    struct ethaddr a = {
        {0},
    };
    for (unsigned i = 0; i < 2 * ETHADDR_LEN; i++) {
        int digit = text_hex_digit((uint8_t)text[2 + i]);
        if (digit < 0)
            return ERR_SYNTAX;
        a.bytes[i / 2] = (uint8_t)(a.bytes[i / 2] << 4 | digit);
    }
    char right[ETHADDR_TEXT_CAP];
    if (has_both_cases(text + 2) && strcmp(text, ethaddr_text(&a, right)) != 0)
        return ERR_AUTH;
    *out = a;
    return OK;
}
