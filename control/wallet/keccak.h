/* keccak.h: Keccak-256 as Ethereum has it: the sponge of FIPS 202 with the padding from before the standard (0x01 where
 * SHA3-256 has 0x06), which is why OpenSSL 3.0 doesn't offer it. Pure. */
#pragma once
#include "common/bytes.h"

#define KECCAK_LEN 32

void keccak_256(struct bytes in, uint8_t digest[KECCAK_LEN]);

/* With another padding byte: 0x06 is SHA3-256, for which there is a second implementation to be compared with. */
void keccak_padded(struct bytes in, uint8_t padding, uint8_t digest[KECCAK_LEN]);
