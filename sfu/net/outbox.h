/* outbox.h: datagrams on their way out. One per worker; not shared.
 * The core reserves room in the arena, writes (or seals) the datagram straight into it and commits. Consecutive
 * datagrams of equal size to one peer leave as one UDP_SEGMENT burst, so the core writes a subscriber's whole run
 * before the next subscriber's. Full: `flush` is called, which sends everything and empties the arena. It is the one
 * function the core calls out to; it only does IO and can't come back into the core. Without a flush (tests) a full
 * outbox refuses and counts. */
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
    uint16_t socket; /* 0: the worker's UDP socket; others: as net_io numbers them (TCP connections, IPv6) */
};

struct outbox {
    struct outbox_datagram datagrams[OUTBOX_DATAGRAMS];
    unsigned n_datagrams;
    uint32_t used;
    uint64_t n_refused;
    void (*flush)(void *io, struct outbox *out);
    void *io;
    uint8_t arena[OUTBOX_ARENA];
};

/* Big (½ MiB): lives on the heap. */
void outbox_init(struct outbox *out, void (*flush)(void *io, struct outbox *out), void *io);

/* Room for a datagram of up to cap ≤ OUTBOX_DATAGRAM_CAP bytes; NULL if there is none. Nothing is queued until the
 * commit, which must come before the next take. */
uint8_t *outbox_take(struct outbox *out, size_t cap);
void outbox_commit(struct outbox *out, const struct addr *to, size_t len);
void outbox_put(struct outbox *out, const struct addr *to, const void *p, size_t len); /* take, copy, commit */
void outbox_clear(struct outbox *out);
