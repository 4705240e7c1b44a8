/* bringup.c: decides the next step of bringing a connection up. */
#include "store/bringup.h"
#include "sql_embedded.h"

#include <stdlib.h>
#include <string.h>

void bringup_init(struct bringup *b, bool migrate)
{
    memset(b, 0, sizeof *b);
    b->step = migrate ? BRINGUP_LOCK : BRINGUP_SESSION;
}

void bringup_saw_version(struct bringup *b, const char *version)
{
    long v = strtol(version, NULL, 10);
    int newest = sql_n_migrations ? sql_migrations[sql_n_migrations - 1].version : 0;
    if (v > newest)
        b->is_newer = true;
    if (v >= 0 && v < BRINGUP_VERSIONS)
        b->applied[v] = true;
}

const char *bringup_text(const struct bringup *b)
{
    switch (b->step) {
    case BRINGUP_LOCK:
        return sql_schema_lock;
    case BRINGUP_LIST:
        return sql_schema_list;
    case BRINGUP_APPLY:
        return sql_migrations[b->next].text;
    case BRINGUP_UNLOCK:
        return sql_schema_unlock;
    case BRINGUP_SESSION:
        return sql_schema_session;
    case BRINGUP_DONE:
        break;
    }
    return NULL;
}

const char *bringup_name(const struct bringup *b)
{
    static const char *const names[] = {"lock", "list", "apply", "unlock", "session", "prepare"};
    return b->step == BRINGUP_APPLY ? sql_migrations[b->next].name : names[b->step];
}

static void skip_applied(struct bringup *b)
{
    while (b->next < sql_n_migrations && b->applied[sql_migrations[b->next].version])
        b->next++;
    b->step = b->next < sql_n_migrations ? BRINGUP_APPLY : BRINGUP_UNLOCK;
}

void bringup_advance(struct bringup *b)
{
    switch (b->step) {
    case BRINGUP_LIST:
        skip_applied(b);
        break;
    case BRINGUP_APPLY:
        b->n_applied++;
        b->next++;
        skip_applied(b);
        break;
    case BRINGUP_LOCK:
    case BRINGUP_UNLOCK:
    case BRINGUP_SESSION:
        b->step++;
        break;
    case BRINGUP_DONE:
        break;
    }
}
