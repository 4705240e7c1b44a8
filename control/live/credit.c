/* credit.c: balances are read, and meetings are told what they may cost. */
#include "live/credit.h"
#include "live/live_priv.h"
#include "meeting/purses.h"
#include "store/query.h"

static void done(struct live *l)
{
    bool again = l->credit.again;
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
    live_rearm(l);
    done(l);
}

/* Charges of meetings that have ended are in the balances now. */
static void on_written(void *arg, enum err e)
{
    struct live *l = arg;
    struct sql_query q = sql_meetings_credit(.max_debt = (int32_t)l->cfg.max_debt_usd);
    if (e || store_ask(l->cfg.store, q, on_credit, l))
        l->credit.asking = l->credit.again = false; /* it is asked again in 10 s */
}

void credit_look(struct live *l)
{
    l->credit.again = l->credit.asking;
    if (!l->credit.asking)
        l->credit.asking = store_when_written(l->cfg.store, on_written, l) == OK;
}
