/* credit.c: balances are read, and meetings are told what they may cost. */
#include "live/credit.h"
#include "live/live_priv.h"
#include "meeting/purses.h"
#include "store/query.h"

#define LOOK_PAUSE SEC

/* What couldn't be asked is asked with the next mark, in 10 s. */
static void asked(struct live *l, bool well)
{
    bool again = l->credit.again && well;
    l->credit.asking = l->credit.again = false;
    if (again)
        credit_look(l);
}

static void on_credit(void *arg, enum err e, const struct rows *rows)
{
    struct live *l = arg;
    for (unsigned i = 0; !e && i < rows_len(rows); i++) {
        struct sql_meetings_credit_row r = sql_meetings_credit_row(rows, i);
        meetings_set_credit(l->meetings, r.user_id, r.company_id, r.has_allowance ? r.allowance : PURSE_UNLIMITED);
    }
    if (!e)
        live_rearm(l);
    asked(l, !e);
}

/* Charges of meetings that have ended are in the balances now. */
static void on_written(void *arg, enum err e)
{
    struct live *l = arg;
    struct sql_query q = sql_meetings_credit(.max_debt = (int32_t)l->cfg.max_debt_usd);
    if (e || store_ask(l->cfg.store, q, on_credit, l))
        asked(l, false);
}

static void on_time(void *arg)
{
    struct live *l = arg;
    l->credit.waiting = false;
    l->credit.not_before = loop_now(l->cfg.loop) + LOOK_PAUSE;
    l->credit.asking = store_when_written(l->cfg.store, on_written, l) == OK;
}

void credit_look(struct live *l)
{
    struct credit *c = &l->credit;
    usec_t now = loop_now(l->cfg.loop);
    c->again = c->asking;
    if (c->asking || c->waiting)
        return;
    c->waiting = true;
    c->timer = (struct loop_timer){.fire = on_time, .arg = l};
    loop_timer_set(l->cfg.loop, &c->timer, now > c->not_before ? now : c->not_before);
}

void credit_reset(struct live *l)
{
    loop_timer_cancel(l->cfg.loop, &l->credit.timer);
}
