/* store.h: PostgreSQL, as the rest of control sees it. A writer connection that migrates and empties the write queue,
 * and a pool of readers for questions. Nothing waits: a question's rows come to its continuation on a later turn. While
 * PostgreSQL is away writes are queued (bounded, see wqueue.h) and questions are refused with ERR_IO; what was queued
 * is written when it is back, each row once however often it is retried. Owns all of its connections; loop thread only.
 * How to ask and write: query.h. */
#pragma once
#include "common/log.h"
#include "common/usec.h"
#include "store/wqueue.h"
#include <stdbool.h>

struct loop;
struct store;

struct store_config {
    struct loop *loop;
    const struct log *log;
    const char *url;    /* borrowed: a postgres:// URL or libpq's key=value words */
    unsigned n_readers; /* 1…16 */
    size_t max_writes, max_write_bytes;
    void (*up)(void *arg); /* questions can be asked (again); may be NULL */
    void *arg;
};

struct store_counters {
    struct wqueue_counters writes;
    unsigned pool_total, pool_idle; /* of the connections that are up */
    unsigned asks_waiting;
    uint64_t asks, asks_refused, asks_failed, outages;
};

MUST_CHECK enum err store_new(const struct store_config *cfg, struct store **s); /* connects on the loop's first turn */
void store_free(struct store *s); /* what is still queued is lost; open questions get ERR_IO, and may ask in vain */
bool store_is_up(const struct store *s);
bool store_answers(const struct store *s);         /* it is up, and answered a question in the last few seconds */
const char *store_why_down(const struct store *s); /* one line for people; "" when it is up */
void store_counters(const struct store *s, struct store_counters *out);

/* Calls done(arg, writes left) once, when the queue is empty and no question is open, or `within` has passed. One flush
 * at a time. */
void store_flush(struct store *s, usec_t within, void (*done)(void *arg, size_t left), void *arg);
