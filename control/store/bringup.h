/* bringup.h: what a new connection does before it can be used, step by step: take the migration lock, list what was
 * applied, apply what is missing, let the lock go, set the session up. Decides only; pgconn.c sends and reads. A plain
 * value; owns nothing. */
#pragma once
#include <stdbool.h>

#define BRINGUP_VERSIONS 512

enum bringup_step {
    BRINGUP_LOCK,
    BRINGUP_LIST,
    BRINGUP_APPLY, /* once for each missing migration */
    BRINGUP_UNLOCK,
    BRINGUP_SESSION,
    BRINGUP_DONE, /* prepare the statements and go */
};

struct bringup {
    enum bringup_step step;
    bool applied[BRINGUP_VERSIONS];
    unsigned next;      /* index in sql_migrations */
    unsigned n_applied; /* in this run */
    bool is_newer;      /* the database knows versions that we don't: a later release was here */
};

void bringup_init(struct bringup *b, bool migrate);
void bringup_saw_version(struct bringup *b, const char *version); /* a row of schema_list */
const char *bringup_text(const struct bringup *b);                /* what to send now; NULL at BRINGUP_DONE */
const char *bringup_name(const struct bringup *b);                /* of the step, for the log */
void bringup_advance(struct bringup *b);                          /* what was sent has succeeded */
