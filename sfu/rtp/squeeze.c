/* squeeze.c: two bits for each of the last numbers: sent, dropped. */
#include "rtp/squeeze.h"

#include <assert.h>
#include <string.h>

void squeeze_anchor(struct squeeze *s, uint64_t in, uint64_t out)
{
    assert(in >= 1);
    *s = (struct squeeze){.first = in, .highest = in - 1, .offset = out - in};
}

static uint64_t *squeeze_word(uint64_t *map, uint64_t n)
{
    return &map[n / 64 % (SQUEEZE_WINDOW / 64)];
}

static bool squeeze_has(uint64_t *map, uint64_t n)
{
    return *squeeze_word(map, n) >> (n & 63) & 1;
}

static void squeeze_set(uint64_t *map, uint64_t n)
{
    *squeeze_word(map, n) |= (uint64_t)1 << (n & 63);
}

/* Makes in the highest: the places up to it are new. */
static void squeeze_advance(struct squeeze *s, uint64_t in)
{
    if (in - s->highest >= SQUEEZE_WINDOW) {
        memset(s->sent, 0, sizeof s->sent);
        memset(s->dropped, 0, sizeof s->dropped);
    } else {
        for (uint64_t n = s->highest + 1; n <= in; n++) {
            uint64_t keep = ~((uint64_t)1 << (n & 63));
            *squeeze_word(s->sent, n) &= keep;
            *squeeze_word(s->dropped, n) &= keep;
        }
    }
    s->highest = in;
}

/* How many in (in, highest] were dropped. */
static unsigned squeeze_dropped_after(struct squeeze *s, uint64_t in)
{
    unsigned n_dropped = 0;
    for (uint64_t n = in + 1; n <= s->highest;) {
        uint64_t bits = *squeeze_word(s->dropped, n) >> (n & 63);
        uint64_t here = 64 - (n & 63), left = s->highest - n + 1;
        uint64_t take = left < here ? left : here;
        if (take < 64)
            bits &= ((uint64_t)1 << take) - 1;
        n_dropped += (unsigned)__builtin_popcountll(bits);
        n += take;
    }
    return n_dropped;
}

static bool squeeze_in_reach(const struct squeeze *s, uint64_t in)
{
    return in >= s->first && s->highest - in < SQUEEZE_WINDOW;
}

enum squeeze_verdict squeeze_pass(struct squeeze *s, uint64_t in, uint64_t *out)
{
    if (in > s->highest && in >= s->first) {
        squeeze_advance(s, in);
        squeeze_set(s->sent, in);
        *out = in + s->offset;
        return SQUEEZE_OK;
    }
    if (!squeeze_in_reach(s, in))
        return SQUEEZE_OLD;
    if (squeeze_has(s->dropped, in))
        return SQUEEZE_DROPPED;
    *out = in + s->offset + squeeze_dropped_after(s, in);
    if (squeeze_has(s->sent, in))
        return SQUEEZE_AGAIN;
    squeeze_set(s->sent, in);
    return SQUEEZE_OK;
}

bool squeeze_drop(struct squeeze *s, uint64_t in)
{
    if (in <= s->highest || in < s->first)
        return squeeze_in_reach(s, in) && squeeze_has(s->dropped, in);
    squeeze_advance(s, in);
    squeeze_set(s->dropped, in);
    s->offset--;
    return true;
}
