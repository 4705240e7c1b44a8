/* wqueue.h: writes that wait for PostgreSQL, oldest first. Pure: no IO, no clock. Owns copies of all parameters.
 * Bounded by number and by bytes. Full: the new write is refused and counted, nothing already queued is lost; writes
 * that may be lost (statistics) are refused from three quarters on, so that those that must not be still find room. */
#pragma once
#include "common/err.h"
#include <stddef.h>
#include <stdint.h>

struct wqueue;

enum wqueue_class { WQ_MAY_BE_LOST, WQ_MUST_NOT_BE_LOST };

/* A statement with its parameters: what is to be written, or asked. */
struct wqueue_statement {
    unsigned statement; /* the store's: an enum sql_id */
    unsigned n_params;
    const char *const *params; /* NUL-terminated texts; NULL is SQL's null */
};

/* A copy of w and all it points to, in one block: free() it. NULL: no memory. */
struct wqueue_statement *wqueue_statement_copy(const struct wqueue_statement *w);

struct wqueue_counters {
    size_t len, bytes;                       /* now */
    uint64_t queued, written, lost, refused; /* since the start; lost: PostgreSQL will never take them */
};

MUST_CHECK enum err wqueue_new(size_t max_writes, size_t max_bytes, struct wqueue **q);
void wqueue_free(struct wqueue *q);

/* Copies w. ERR_FULL, ERR_NOMEM: refused, and counted as such. */
MUST_CHECK enum err wqueue_put(struct wqueue *q, enum wqueue_class class, const struct wqueue_statement *w);
size_t wqueue_len(const struct wqueue *q);
/* The i-th oldest, i < wqueue_len(); borrowed until it is taken out. */
const struct wqueue_statement *wqueue_at(const struct wqueue *q, size_t i);
void wqueue_written(struct wqueue *q, size_t n); /* the n oldest are stored: forget them */
void wqueue_lose(struct wqueue *q, size_t i);    /* the i-th oldest can't be stored: forget it */
const struct wqueue_counters *wqueue_counters(const struct wqueue *q);
