/* bloom.h: a block's logsBloom (Ethereum yellow paper 4.3.1, M3:2048): 2048 bits of which each address and topic of the
 * block's logs sets three. What isn't in it isn't in the logs; what is may be there by chance. Pure. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"
#include <jansson.h>
#include <stdbool.h>

#define BLOOM_LEN 256

struct bloom {
    uint8_t bits[BLOOM_LEN]; /* the highest first, as it is written */
};

struct bloom_key {
    uint16_t bit[3];
};

MUST_CHECK enum err bloom_read(const json_t *value, struct bloom *out); /* "0x", 512 digits. ERR_SYNTAX */
struct bloom_key bloom_key(struct bytes item);
bool bloom_has(const struct bloom *b, const struct bloom_key *key);
void bloom_add(struct bloom *b, const struct bloom_key *key);
double bloom_chance(const struct bloom *b); /* that a key is in it which wasn't put there */
