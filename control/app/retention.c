/* retention.c: asks PostgreSQL each hour to throw away what has had its time. */
#include "app/retention.h"

#include "sql_embedded.h"
#include "store/query.h"

#include <inttypes.h>

#define PIECE 5000       /* rows of a table at a time */
#define FIRST (10 * SEC) /* after the start */
#define SOON  (1 * SEC)  /* between pieces */
#define EVERY (3600 * SEC)

usec_t retention_pause(int64_t n)
{
    return n >= PIECE ? SOON : EVERY;
}

static void on_forgotten(void *arg, enum err e, const struct rows *rows)
{
    struct retention *r = arg;
    int64_t n = e ? 0 : sql_rows_forget_row(rows, 0).n;
    if (e)
        log_warn(r->log, "rows_not_forgotten", "reason=%s", err_name(e));
    if (n)
        log_info(r->log, "rows_forgotten", "most_of_a_table=%" PRId64, n);
    loop_timer_set(r->loop, &r->timer, loop_now(r->loop) + retention_pause(n));
}

static void forget(void *arg)
{
    struct retention *r = arg;
    enum err e =
        store_ask(r->store, sql_rows_forget(.analytics_days = r->analytics_days, .most = PIECE), on_forgotten, r);
    if (!e)
        return;
    log_warn(r->log, "rows_not_forgotten", "reason=%s", err_name(e));
    loop_timer_set(r->loop, &r->timer, loop_now(r->loop) + EVERY);
}

void retention_start(struct retention *r)
{
    r->timer = (struct loop_timer){.fire = forget, .arg = r};
    loop_timer_set(r->loop, &r->timer, loop_now(r->loop) + FIRST);
}

void retention_stop(struct retention *r)
{
    if (r->loop)
        loop_timer_cancel(r->loop, &r->timer);
}
