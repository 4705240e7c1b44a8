/* outbox.h: datagrams on their way out. One per worker; not shared.
 * The core reserves room in the arena, writes (or seals) the datagram straight into it and commits. Consecutive
 * datagrams of equal size to one peer leave as one UDP_SEGMENT burst, so the core writes a subscriber's whole run
 * before the next subscriber's. Full: a datagram is refused and counted. Nobody is called: who has much to write looks
 * first whether a step of it has room, and returns with the rest still to do if it hasn't. */
#pragma once
#include "net/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
void outbox_init(struct outbox *out);

static inline bool outbox_has_room(const struct outbox *out, unsigned n_datagrams, size_t n_bytes)
{
    return OUTBOX_DATAGRAMS - out->n_datagrams >= n_datagrams && OUTBOX_ARENA - out->used >= n_bytes;
}

/* Room for a datagram of up to cap ≤ OUTBOX_DATAGRAM_CAP bytes; NULL if there is none. Nothing is queued until the
 * commit, which must come before the next take. */
uint8_t *outbox_take(struct outbox *out, size_t cap);
void outbox_commit(struct outbox *out, const struct addr *to, size_t len);
void outbox_put(struct outbox *out, const struct addr *to, const void *p, size_t len); /* take, copy, commit */
void outbox_clear(struct outbox *out);
