/* pgconn.h: one connection to PostgreSQL on the loop: connects, migrates (where asked to), prepares every statement of
 * sql/, runs one batch at a time, and comes back with backoff when it was lost. Nothing in it waits. Loop thread only.
 * A batch is one transaction: all of it is stored or none. */
#pragma once
#include "common/log.h"
#include "loop/loop.h"
#include "store/wqueue.h"

struct pg_result; /* libpq's PGresult */
struct pgconn;

#define PGCONN_BATCH_MAX 64

struct pgconn_config {
    struct loop *loop;
    const struct log *log;
    const char *url; /* borrowed for life */
    bool migrate;
    usec_t batch_timeout;     /* a batch that takes longer costs the connection */
    void *arg;                /* of the three below; each may call pgconn_run(), none may free the connection */
    void (*ready)(void *arg); /* a batch may be run: after connecting, and after done() */
    /* results[i] belongs to the i-th command, borrowed. All of them succeeded, or results[failed] says why none did. */
    void (*done)(void *arg, struct pg_result *const *results, int failed);
    void (*lost)(void *arg); /* the connection is gone; a running batch may or may not have been stored */
};

MUST_CHECK enum err pgconn_new(const struct pgconn_config *cfg, struct pgconn **c);
void pgconn_free(struct pgconn *c);
void pgconn_open(struct pgconn *c); /* and keeps it open from then on; once */
bool pgconn_is_up(const struct pgconn *c);
bool pgconn_is_idle(const struct pgconn *c);
const char *pgconn_why_down(const struct pgconn *c); /* one line; "" when it is up */

/* 1…PGCONN_BATCH_MAX commands. ERR_STATE: not idle. ERR_IO: it was lost just now; lost() comes on a later turn. */
MUST_CHECK enum err pgconn_run(struct pgconn *c, const struct wqueue_statement *const *commands, unsigned n);
