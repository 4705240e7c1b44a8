/* dbqueue.c: the places of a queue, and the turns that fill and empty them. */
#include "dbqueue/dbqueue.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define ID_LEN 21 /* of a bigint, and a comma */

enum place_state {
    PLACE_FREE,
    PLACE_RUNNING,
    PLACE_DONE,     /* to be reported with the next turn */
    PLACE_REPORTED, /* with the turn that is under way */
};

struct dbqueue_place {
    enum place_state state;
    int64_t id;
    json_t *outcome;
};

struct dbqueue {
    struct dbqueue_config cfg;
    struct dbqueue_place places[DBQUEUE_PLACES_MAX];
    struct loop_timer timer;
    bool is_turning, is_poked, is_stopping;
};

static unsigned count(const struct dbqueue *q, enum place_state state)
{
    unsigned n = 0;
    for (unsigned i = 0; i < q->cfg.n_places; i++)
        n += q->places[i].state == state;
    return n;
}

static void place_free(struct dbqueue_place *p)
{
    json_decref(p->outcome);
    *p = (struct dbqueue_place){.state = PLACE_FREE};
}

/* --- a turn: what is said --- */
static char *outcomes_text(const struct dbqueue *q)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < q->cfg.n_places && list; i++)
        if (q->places[i].state == PLACE_DONE && json_array_append(list, q->places[i].outcome)) {
            json_decref(list);
            list = NULL;
        }
    char *text = list ? json_dumps(list, JSON_COMPACT) : NULL;
    json_decref(list);
    return text;
}

static void running_text(const struct dbqueue *q, char out[DBQUEUE_PLACES_MAX * ID_LEN + 3])
{
    char *at = out;
    *at++ = '{';
    for (unsigned i = 0; i < q->cfg.n_places; i++)
        if (q->places[i].state == PLACE_RUNNING)
            at += snprintf(at, ID_LEN + 1, "%s%" PRId64, at == out + 1 ? "" : ",", q->places[i].id);
    *at++ = '}';
    *at = '\0';
}

static void again_in(struct dbqueue *q, usec_t wait)
{
    loop_timer_set(q->cfg.loop, &q->timer, loop_now(q->cfg.loop) + wait);
}

static void move_all(struct dbqueue *q, enum place_state from, enum place_state to)
{
    for (unsigned i = 0; i < q->cfg.n_places; i++)
        if (q->places[i].state == from)
            q->places[i].state = to;
}

/* --- a turn: what is answered --- */
static void start_row(struct dbqueue *q, const struct rows *rows, unsigned row)
{
    unsigned i = 0;
    while (i < q->cfg.n_places && q->places[i].state != PLACE_FREE)
        i++;
    if (i == q->cfg.n_places)
        return; /* more than was asked for */
    q->places[i] = (struct dbqueue_place){.state = PLACE_RUNNING, .id = q->cfg.id(rows, row)};
    if (!q->cfg.start(q->cfg.arg, i, rows, row))
        place_free(&q->places[i]);
}

static void on_rows(void *arg, enum err e, const struct rows *rows)
{
    struct dbqueue *q = arg;
    if (e) {
        move_all(q, PLACE_REPORTED, PLACE_DONE);
        q->is_turning = false;
        again_in(q, q->cfg.poll);
        return;
    }
    for (unsigned i = 0; i < q->cfg.n_places; i++)
        if (q->places[i].state == PLACE_REPORTED)
            place_free(&q->places[i]);
    for (unsigned row = 0; row < rows_len(rows); row++)
        start_row(q, rows, row);
    q->is_turning = false;
    again_in(q, q->is_poked || count(q, PLACE_DONE) > 0 ? 0 : q->cfg.poll);
}

static void take_turn(void *arg)
{
    struct dbqueue *q = arg;
    char running[DBQUEUE_PLACES_MAX * ID_LEN + 3];
    unsigned n_running = count(q, PLACE_RUNNING);
    if (q->is_turning)
        return;
    again_in(q, q->cfg.poll);
    if (count(q, PLACE_DONE) == 0 && (q->is_stopping || n_running == q->cfg.n_places))
        return; /* nothing to say, and no place for an answer */
    char *outcomes = outcomes_text(q);
    if (!outcomes)
        return;
    running_text(q, running);
    const struct dbqueue_turn turn = {outcomes, running, q->is_stopping ? 0 : (int32_t)(q->cfg.n_places - n_running)};
    if (q->cfg.ask(q->cfg.arg, &turn, on_rows, q) == OK) {
        q->is_turning = true;
        q->is_poked = false;
        move_all(q, PLACE_DONE, PLACE_REPORTED);
    }
    free(outcomes);
}

/* --- from outside --- */
void dbqueue_poke(struct dbqueue *q)
{
    q->is_poked = true;
    if (!q->is_turning)
        again_in(q, 0);
}

void dbqueue_done(struct dbqueue *q, unsigned place, json_t *outcome)
{
    struct dbqueue_place *p = &q->places[place];
    if (!outcome || json_object_set_new(outcome, "id", json_integer(p->id))) {
        json_decref(outcome);
        place_free(p);
        return;
    }
    p->outcome = outcome;
    p->state = PLACE_DONE;
    if (!q->is_turning)
        again_in(q, 0);
}

void dbqueue_stop(struct dbqueue *q)
{
    q->is_stopping = true;
}

unsigned dbqueue_running(const struct dbqueue *q)
{
    return count(q, PLACE_RUNNING);
}

enum err dbqueue_new(const struct dbqueue_config *cfg, struct dbqueue **out)
{
    struct dbqueue *q = calloc(1, sizeof *q);
    if (!q)
        return ERR_NOMEM;
    q->cfg = *cfg;
    q->timer = (struct loop_timer){.fire = take_turn, .arg = q};
    again_in(q, 0);
    *out = q;
    return OK;
}

void dbqueue_free(struct dbqueue *q)
{
    if (!q)
        return;
    loop_timer_cancel(q->cfg.loop, &q->timer);
    for (unsigned i = 0; i < q->cfg.n_places; i++)
        json_decref(q->places[i].outcome);
    free(q);
}
