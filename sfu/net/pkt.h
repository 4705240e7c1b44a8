/* pkt.h: packet buffers. A pool belongs to one worker, which alone takes from it; references may be dropped on any
 * worker: a packet whose last reference goes elsewhere comes back to its pool over a lock-free list. Nothing on the
 * packet path calls malloc. Empty pool: pkt_new() answers NULL and the pool counts it; the caller drops what it
 * received. */
#pragma once
#include "common/err.h"
#include "common/usec.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define PKT_CAP 1504

struct pkt_pool;

struct pkt {
    atomic_uint n_refs;
    uint16_t len;
    usec_t arrived;
    struct pkt_pool *pool;
    struct pkt *next; /* the pool's, while free */
    uint8_t data[PKT_CAP];
};

/* The pool grows by slabs of 256 up to max_packets (rounded up to whole slabs) and keeps what it has. */
MUST_CHECK enum err pkt_pool_new(unsigned max_packets, struct pkt_pool **pool); /* ERR_NOMEM */
void pkt_pool_free(struct pkt_pool *pool);                                      /* every reference must be gone */
unsigned pkt_pool_in_use(struct pkt_pool *pool);
uint64_t pkt_pool_n_empty(const struct pkt_pool *pool); /* times pkt_new() answered NULL */

struct pkt *pkt_new(struct pkt_pool *pool); /* one reference, len 0; only on the pool's worker */
struct pkt *pkt_ref(struct pkt *p);
void pkt_unref(struct pkt *p); /* any worker; NULL is fine */
