/* ethaddr.h: an Ethereum address: the last 20 bytes of the Keccak-256 of a public key, and its text with the checksum
 * in the case of its letters (EIP-55). Pure. */
#pragma once
#include "common/err.h"
#include <stdint.h>

#define ETHADDR_LEN      20
#define ETHADDR_TEXT_CAP 43 /* "0x", 40 digits, NUL */

struct ethaddr {
    uint8_t bytes[ETHADDR_LEN];
};

/* key: the point's two coordinates, 64 bytes, without the 0x04 of SEC 1. */
struct ethaddr ethaddr_of_key(const uint8_t key[64]);

const char *ethaddr_text(const struct ethaddr *a, char out[ETHADDR_TEXT_CAP]);  /* EIP-55; returns out */
const char *ethaddr_lower(const struct ethaddr *a, char out[ETHADDR_TEXT_CAP]); /* as nodes write it */

/* Letters all lower, all upper, or as EIP-55 wants them. ERR_SYNTAX: no address. ERR_AUTH: its checksum is wrong. */
MUST_CHECK enum err ethaddr_read(const char *text, struct ethaddr *a);
