/* dbqueue.h: works on a queue that is a table in PostgreSQL. One statement, the "turn", reports what became of what was
 * under way and answers what is due now; each row gets a place until it is done. Which rows have a place is known in
 * memory alone: after a crash they are due again, so everything is done at least once. When PostgreSQL is away, what is
 * to be reported is kept. Loop thread only. */
#pragma once
#include "common/log.h"
#include "loop/loop.h"
#include "store/query.h"
#include <jansson.h>

#define DBQUEUE_PLACES_MAX 64

struct dbqueue;

/* What a turn says. */
struct dbqueue_turn {
    const char *outcomes; /* a JSON list of what came of what was under way */
    const char *running;  /* a PostgreSQL array of the ids of what still is */
    int32_t free;         /* so many more may be */
};

struct dbqueue_config {
    struct loop *loop;
    unsigned n_places; /* 1…DBQUEUE_PLACES_MAX */
    usec_t poll;       /* a turn at least this often */
    void *arg;
    /* Asks the store the turn's statement, fn and fn_arg its continuation: its rows are due. */
    enum err (*ask)(void *arg, const struct dbqueue_turn *turn, rows_fn *fn, void *fn_arg);
    int64_t (*id)(const struct rows *rows, unsigned row);
    /* Begins the work on a row, which keeps the place until dbqueue_done(); that may be called from in here. False: it
     * can't be begun now; a later turn brings it again. */
    bool (*start)(void *arg, unsigned place, const struct rows *rows, unsigned row);
};

MUST_CHECK enum err dbqueue_new(const struct dbqueue_config *cfg,
                                struct dbqueue **q); /* the first turn is the loop's next */
void dbqueue_free(struct dbqueue *q); /* after the store, which answers open questions when it is freed */
void dbqueue_poke(struct dbqueue *q); /* there may be something new */
/* outcome: an object without "id", which is added. Takes the reference; NULL (no memory): it will be due again. */
void dbqueue_done(struct dbqueue *q, unsigned place, json_t *take_outcome);
void dbqueue_stop(struct dbqueue *q); /* nothing new is begun; what is under way is still reported */
unsigned dbqueue_running(const struct dbqueue *q);
