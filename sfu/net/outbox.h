/* outbox.h: datagrams on their way out. One per worker; not shared.
 * The core reserves room in the arena, writes (or seals) the datagram straight into it and commits. Consecutive
 * datagrams of equal size to one peer leave as one UDP_SEGMENT burst, so the core writes a subscriber's whole run
 * before the next subscriber's. Full: a datagram is refused and counted. Nobody is called: who has much to write looks
 * first whether a step of it has room, and returns with the rest still to do if it hasn't. */
#pragma once
#include "net/addr.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define OUTBOX_DATAGRAMS    512
#define OUTBOX_ARENA        (512 * 1024)
#define OUTBOX_DATAGRAM_CAP 1500

struct outbox_datagram {
    struct addr to;
    uint32_t offset; /* into the arena; consecutive datagrams are contiguous */
    uint16_t len;
};

struct outbox {
    struct outbox_datagram datagrams[OUTBOX_DATAGRAMS];
    unsigned n_datagrams;
    uint32_t used;
    uint64_t n_refused;
    uint8_t arena[OUTBOX_ARENA];
};

/* Big (½ MiB): lives on the heap. */
static inline void outbox_init(struct outbox *out)
{
    out->n_datagrams = 0;
    out->used = 0;
    out->n_refused = 0;
}

static inline bool outbox_has_room(const struct outbox *out, unsigned n_datagrams, size_t n_bytes)
{
    return OUTBOX_DATAGRAMS - out->n_datagrams >= n_datagrams && OUTBOX_ARENA - out->used >= n_bytes;
}

/* Room for a datagram of up to cap ≤ OUTBOX_DATAGRAM_CAP bytes; NULL if there is none. Nothing is queued until the
 * commit, which must come before the next take. */
static inline uint8_t *outbox_take(struct outbox *out, size_t cap)
{
    assert(cap <= OUTBOX_DATAGRAM_CAP);
    if (!outbox_has_room(out, 1, cap)) {
        out->n_refused++;
        return NULL;
    }
    return out->arena + out->used;
}

static inline void outbox_commit(struct outbox *out, const struct addr *to, size_t len)
{
    assert(len <= OUTBOX_DATAGRAM_CAP && OUTBOX_ARENA - out->used >= len);
    struct outbox_datagram *d = &out->datagrams[out->n_datagrams++];
    d->to = *to;
    d->offset = out->used;
    d->len = (uint16_t)len;
    out->used += (uint32_t)len;
}

/* Take, copy, commit. */
static inline void outbox_put(struct outbox *out, const struct addr *to, const void *p, size_t len)
{
    uint8_t *at = len <= OUTBOX_DATAGRAM_CAP ? outbox_take(out, len) : NULL;
    if (!at)
        return;
    memcpy(at, p, len);
    outbox_commit(out, to, len);
}

static inline void outbox_clear(struct outbox *out)
{
    out->n_datagrams = 0;
    out->used = 0;
}
