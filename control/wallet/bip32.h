/* bip32.h: hierarchical keys on secp256k1 (BIP-32): a private node and what can be derived from it, and a public node,
 * from which the public keys of its children can be derived and nothing else. Pure: private nodes are secret, and their
 * holder wipes them. */
#pragma once
#include "common/err.h"
#include <stddef.h>
#include <stdint.h>

#define BIP32_KEY_LEN  32
#define BIP32_PUB_LEN  33          /* compressed point, SEC 1 2.3.3 */
#define BIP32_HARDENED 0x80000000u /* added to an index: only the private node can derive it */

struct bip32_node {
    uint8_t key[BIP32_KEY_LEN], chain[32];
    uint8_t blind[32]; /* its holder's random bytes: who measures the work on the curve learns nothing of the key */
};

struct bip32_public {
    uint8_t point[BIP32_PUB_LEN], chain[32];
};

/* From 16…64 bytes of seed; leaves node->blind as it is. ERR_STATE: this seed gives no valid key (less likely than
 * 2^-127). ERR_NOMEM. */
MUST_CHECK enum err bip32_master(const uint8_t *seed, size_t len, struct bip32_node *node);
/* In place; on failure the node isn't changed. ERR_STATE: there is no such child (less likely than 2^-127). */
MUST_CHECK enum err bip32_descend(struct bip32_node *node, uint32_t index);
MUST_CHECK enum err bip32_public_of(const struct bip32_node *node, struct bip32_public *out);

/* index below BIP32_HARDENED, else ERR_DENIED. */
MUST_CHECK enum err bip32_public_child(const struct bip32_public *parent, uint32_t index, struct bip32_public *out);
/* The two coordinates, 32 bytes each. ERR_SYNTAX: not a point of the curve. */
MUST_CHECK enum err bip32_point(const struct bip32_public *node, uint8_t xy[64]);
