/* bloom.c: three bits of a Keccak-256. */
#include "billing/bloom.h"
#include "common/text.h"
#include "wallet/keccak.h"

#include <string.h>

enum err bloom_read(const json_t *value, struct bloom *out)
{
    const char *text = json_string_value(value);
    struct bloom b;
    if (!text || strlen(text) != 2 + 2 * BLOOM_LEN || strncmp(text, "0x", 2) != 0)
        return ERR_SYNTAX;
    for (size_t i = 0; i < BLOOM_LEN; i++) {
        int high = text_hex_digit((uint8_t)text[2 + 2 * i]), low = text_hex_digit((uint8_t)text[3 + 2 * i]);
        if (high < 0 || low < 0)
            return ERR_SYNTAX;
        b.bits[i] = (uint8_t)(high << 4 | low);
    }
    *out = b;
    return OK;
}

struct bloom_key bloom_key(struct bytes item)
{
    struct bloom_key key;
    uint8_t hash[KECCAK_LEN];
    keccak_256(item, hash);
    for (size_t i = 0; i < ARRAY_LEN(key.bit); i++)
        key.bit[i] = (uint16_t)((hash[2 * i] << 8 | hash[2 * i + 1]) & (8 * BLOOM_LEN - 1));
    return key;
}

bool bloom_has(const struct bloom *b, const struct bloom_key *key)
{
    for (size_t i = 0; i < ARRAY_LEN(key->bit); i++)
        if (!(b->bits[BLOOM_LEN - 1 - key->bit[i] / 8] >> key->bit[i] % 8 & 1))
            return false;
    return true;
}

void bloom_add(struct bloom *b, const struct bloom_key *key)
{
    for (size_t i = 0; i < ARRAY_LEN(key->bit); i++)
        b->bits[BLOOM_LEN - 1 - key->bit[i] / 8] |= (uint8_t)(1 << key->bit[i] % 8);
}

double bloom_chance(const struct bloom *b)
{
    unsigned n = 0;
    for (size_t i = 0; i < BLOOM_LEN; i++)
        n += (unsigned)__builtin_popcount(b->bits[i]);
    double full = n / (8.0 * BLOOM_LEN);
    return full * full * full;
}
