/* keccak.c: the permutation of FIPS 202, and one sponge on it. */
#include "wallet/keccak.h"

#define ROUNDS 24
#define RATE   136 /* bytes taken in between two permutations */

/* a[x + 5y] is the lane (x, y); FIPS 202 3.1.2 */
static uint64_t rotl(uint64_t v, unsigned n)
{
    return n ? v << n | v >> (64 - n) : v;
}

static void theta(uint64_t a[25])
{
    uint64_t c[5];
    for (unsigned x = 0; x < 5; x++)
        c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    for (unsigned i = 0; i < 25; i++)
        a[i] ^= c[(i + 4) % 5] ^ rotl(c[(i + 1) % 5], 1);
}

static void rho_pi(const uint64_t a[25], uint64_t b[25])
{
    static const uint8_t offsets[25] = {0,  1,  62, 28, 27, 36, 44, 6,  55, 20, 3,  10, 43,
                                        25, 39, 41, 45, 15, 21, 8,  18, 2,  61, 56, 14};
    for (unsigned y = 0; y < 5; y++)
        for (unsigned x = 0; x < 5; x++)
            b[y + 5 * ((2 * x + 3 * y) % 5)] = rotl(a[x + 5 * y], offsets[x + 5 * y]);
}

static void chi(const uint64_t b[25], uint64_t a[25])
{
    for (unsigned i = 0; i < 25; i++) {
        unsigned row = i - i % 5;
        a[i] = b[i] ^ (~b[row + (i + 1) % 5] & b[row + (i + 2) % 5]);
    }
}

static void permute(uint64_t a[25])
{
    static const uint64_t iota[ROUNDS] = {
        0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
        0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
        0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
        0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
        0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
    };
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t b[25];
        theta(a);
        rho_pi(a, b);
        chi(b, a);
        a[0] ^= iota[round];
    }
}

static void absorb(uint64_t a[25], const uint8_t block[RATE])
{
    for (unsigned i = 0; i < RATE; i++)
        a[i / 8] ^= (uint64_t)block[i] << (8 * (i % 8));
    permute(a);
}

void keccak_padded(struct bytes in, uint8_t padding, uint8_t digest[KECCAK_LEN])
{
    uint64_t a[25] = {0};
    for (; in.len >= RATE; in.p += RATE, in.len -= RATE)
        absorb(a, in.p);
    uint8_t last[RATE] = {0};
    if (in.len)
        memcpy(last, in.p, in.len);
    last[in.len] = padding;
    last[RATE - 1] |= 0x80;
    absorb(a, last);
    for (unsigned i = 0; i < KECCAK_LEN; i++)
        digest[i] = (uint8_t)(a[i / 8] >> (8 * (i % 8)));
}

void keccak_256(struct bytes in, uint8_t digest[KECCAK_LEN])
{
    keccak_padded(in, 0x01, digest);
}
