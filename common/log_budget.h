/* log_budget.h: how many lines each event of a log may have: LOG_BURST at once, then LOG_PER_SEC a second. What is more
 * is left out and counted, and the counts are told once a minute. An event's errors have a budget apart from its other
 * lines, so no flood keeps an error out. More than LOG_BUDGETS names share two budgets, one of them for errors. Pure
 * and without a lock: log.c has it. */
#pragma once
#include "common/usec.h"

#include <stdbool.h>

#define LOG_BURST      20
#define LOG_PER_SEC    2
#define LOG_TOLD_AFTER (60 * SEC)
#define LOG_BUDGETS    256

struct log_event_budget {
    const char *event; /* borrowed for ever: events are literals; NULL: free */
    bool is_error;
    usec_t full_at; /* when it has its whole burst again */
    uint64_t n_left_out;
};

struct log_budget {
    struct log_event_budget events[LOG_BUDGETS];
    struct log_event_budget others[2]; /* [is_error] */
    unsigned n_events;
    usec_t told_at; /* USEC_NEVER: nothing was left out */
};

void log_budget_init(struct log_budget *b);

/* Whether a line of this event may be written now. */
bool log_budget_take(struct log_budget *b, usec_t now, const char *event, bool is_error);

/* Next of what was left out, to be told: its event and how many lines. False: that was all, or it isn't time. A loop
 * calls it until then. USEC_NEVER for now: at the end, whatever time it is. */
bool log_budget_left_out(struct log_budget *b, usec_t now, const char **event, uint64_t *n);
