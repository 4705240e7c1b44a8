/* holder.c: addresses, accounts and texts made comparable. */
#include "shares/holder.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const uint8_t v4_mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}; /* RFC 4291 2.5.5.2 */

struct holder holder_of_address(const char *ip)
{
    struct holder h = {.kind = HOLDER_ADDRESS};
    if (inet_pton(AF_INET, ip, h.b + sizeof v4_mapped) == 1) {
        memcpy(h.b, v4_mapped, sizeof v4_mapped);
        return h;
    }
    if (inet_pton(AF_INET6, ip, h.b) != 1) {
        memset(h.b, 0, sizeof h.b);
        return h;
    }
    if (memcmp(h.b, v4_mapped, sizeof v4_mapped) != 0)
        memset(h.b + 8, 0, 8);
    return h;
}

struct holder holder_of_network(const struct holder *address)
{
    if (memcmp(address->b, v4_mapped, sizeof v4_mapped) == 0)
        return (struct holder){.kind = HOLDER_NOBODY};
    struct holder h = {.kind = HOLDER_NETWORK};
    memcpy(h.b, address->b, 6);
    return h;
}

struct holder holder_of_account(int64_t user_id)
{
    struct holder h = {.kind = HOLDER_ACCOUNT};
    memcpy(h.b, &user_id, sizeof user_id);
    return h;
}

/* Every bit of v reaches every bit of what comes out (the finaliser of MurmurHash3). */
static uint64_t mix(uint64_t h, uint64_t v)
{
    h ^= v;
    h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
    h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53u;
    return h ^ h >> 33;
}

struct holder holder_of_text(enum holder_kind kind, const char *text, const uint64_t seed[2])
{
    struct holder h = {.kind = (uint8_t)kind};
    for (unsigned half = 0; half < 2; half++) {
        uint64_t sum = seed[half];
        for (const char *c = text; *c; c++)
            sum = mix(sum, (uint8_t)*c);
        memcpy(h.b + (size_t)8 * half, &sum, sizeof sum);
    }
    return h;
}

bool holder_eq(const struct holder *a, const struct holder *b)
{
    return a->kind == b->kind && memcmp(a->b, b->b, sizeof a->b) == 0;
}

uint64_t holder_hash(const struct holder *h, uint64_t seed)
{
    uint64_t words[2];
    memcpy(words, h->b, sizeof words);
    return mix(mix(mix(seed, h->kind), words[0]), words[1]);
}

static void address_text(const struct holder *h, char out[HOLDER_TEXT_CAP])
{
    bool v4 = memcmp(h->b, v4_mapped, sizeof v4_mapped) == 0;
    inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? h->b + sizeof v4_mapped : h->b, out, HOLDER_TEXT_CAP);
    size_t len = strlen(out);
    if (!v4)
        snprintf(out + len, HOLDER_TEXT_CAP - len, h->kind == HOLDER_NETWORK ? "/48" : "/64");
}

void holder_text(const struct holder *h, char out[HOLDER_TEXT_CAP])
{
    int64_t id = 0;
    switch ((enum holder_kind)h->kind) {
    case HOLDER_ADDRESS:
    case HOLDER_NETWORK:
        address_text(h, out);
        return;
    case HOLDER_ACCOUNT:
        memcpy(&id, h->b, sizeof id);
        snprintf(out, HOLDER_TEXT_CAP, "account %" PRId64, id);
        return;
    case HOLDER_MEETING:
        snprintf(out, HOLDER_TEXT_CAP, "meeting");
        return;
    case HOLDER_MAILBOX:
        snprintf(out, HOLDER_TEXT_CAP, "mailbox");
        return;
    case HOLDER_NOBODY:
    case HOLDER_KINDS:
        break;
    }
    snprintf(out, HOLDER_TEXT_CAP, "nobody");
}
