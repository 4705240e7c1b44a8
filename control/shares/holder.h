/* holder.h: on whose account something is counted: an address, a network, an account, a meeting, a mailbox. A value of
 * fixed size, compared as bytes. Pure. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum holder_kind {
    HOLDER_NOBODY,  /* zeroed */
    HOLDER_ADDRESS, /* an IPv4 address; an IPv6 /64, which is what one subscriber has */
    HOLDER_NETWORK, /* an IPv6 /48, which is what one site has */
    HOLDER_ACCOUNT,
    HOLDER_MEETING,
    HOLDER_MAILBOX,
    HOLDER_KINDS
};

struct holder {
    uint8_t kind;
    uint8_t b[16];
};

/* Of an address as text, IPv4 mapped into IPv6 too. What has no address (a Unix socket, a test) is one holder. */
struct holder holder_of_address(const char *ip);
/* The /48 around an IPv6 address; HOLDER_NOBODY for IPv4. */
struct holder holder_of_network(const struct holder *address);
struct holder holder_of_account(int64_t user_id);
/* Texts are known by a keyed hash of 128 bits, so whoever chooses one can't make it another's. */
struct holder holder_of_text(enum holder_kind kind, const char *text, const uint64_t seed[2]);

bool holder_eq(const struct holder *a, const struct holder *b);
uint64_t holder_hash(const struct holder *h, uint64_t seed);

/* "192.0.2.7", "2001:db8:1:2::/64", "account 7", "meeting", "mailbox": for people. */
#define HOLDER_TEXT_CAP 64
void holder_text(const struct holder *h, char out[HOLDER_TEXT_CAP]);
