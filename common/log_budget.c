/* log_budget.c: a bucket for each event of a log, found by its name. */
#include "log_budget.h"

#include <string.h>

#define LINE_TIME (SEC / LOG_PER_SEC)

void log_budget_init(struct log_budget *b)
{
    *b = (struct log_budget){
        .others = {{.event = "others"}, {.event = "others", .is_error = true}},
        .told_at = USEC_NEVER,
    };
}

static unsigned hash_of(const char *event, bool is_error)
{
    uint32_t h = 2166136261u ^ is_error; /* FNV-1a */
    for (; *event; event++)
        h = (h ^ (unsigned char)*event) * 16777619u;
    return h % LOG_BUDGETS;
}

/* A quarter of the table stays free, so a search ends soon. */
static struct log_event_budget *find(struct log_budget *b, const char *event, bool is_error)
{
    unsigned at = hash_of(event, is_error);
    for (; b->events[at].event; at = (at + 1) % LOG_BUDGETS)
        if (b->events[at].is_error == is_error && !strcmp(b->events[at].event, event))
            return &b->events[at];
    if (b->n_events >= LOG_BUDGETS / 4 * 3)
        return &b->others[is_error];
    b->n_events++;
    b->events[at] = (struct log_event_budget){.event = event, .is_error = is_error};
    return &b->events[at];
}

bool log_budget_take(struct log_budget *b, usec_t now, const char *event, bool is_error)
{
    struct log_event_budget *e = find(b, event, is_error);
    usec_t full_at = e->full_at > now ? e->full_at : now;
    if (full_at + LINE_TIME - now <= LOG_BURST * LINE_TIME) {
        e->full_at = full_at + LINE_TIME;
        return true;
    }
    e->n_left_out++;
    if (b->told_at == USEC_NEVER)
        b->told_at = now + LOG_TOLD_AFTER;
    return false;
}

static bool tell(struct log_event_budget *e, const char **event, uint64_t *n)
{
    if (!e->n_left_out)
        return false;
    *event = e->event;
    *n = e->n_left_out;
    e->n_left_out = 0;
    return true;
}

bool log_budget_left_out(struct log_budget *b, usec_t now, const char **event, uint64_t *n)
{
    if (b->told_at == USEC_NEVER || now < b->told_at)
        return false;
    for (unsigned i = 0; i < LOG_BUDGETS; i++)
        if (tell(&b->events[i], event, n))
            return true;
    for (unsigned i = 0; i < 2; i++)
        if (tell(&b->others[i], event, n))
            return true;
    b->told_at = USEC_NEVER;
    return false;
}
