/* query.h: asking PostgreSQL and writing to it. What can be said is a file of sql/, named by its enum sql_id; the
 * file's first line says what its arguments are and what it answers. Each statement is one transaction: a change of
 * several steps is one statement (a CTE, or a function of a migration). Loop thread only. */
#pragma once
#include "sql_embedded.h"
#include "store/params.h"
#include "store/rows.h"
#include "store/store.h"

#define SQL_ARGS_MAX 20

/* The arguments of one statement, in order: struct sql_args a = {0}; args_text(&a, email); args_int(&a, id); …
 * Texts are borrowed until it was handed over. It points into itself: not to be copied. */
struct sql_args {
    unsigned n;
    const char *values[SQL_ARGS_MAX];
    char texts[SQL_ARGS_MAX][PARAM_CAP];
};
void args_text(struct sql_args *a, const char *text); /* NULL: SQL's null */
void args_int(struct sql_args *a, int64_t value);
void args_id(struct sql_args *a, int64_t id); /* 0: SQL's null */
void args_bool(struct sql_args *a, bool value);
void args_decimal(struct sql_args *a, int64_t value, unsigned places); /* value × 10^-places, exactly */

/* Asks a question, or for a change whose outcome matters: fn is called once, on a later turn, with the rows; ERR_IO:
 * PostgreSQL went away or refused, and whether the change was made is unknown. One that was undone to end a deadlock is
 * asked again. Not OK: refused at once, fn is not called. ERR_IO: PostgreSQL is away; ERR_FULL: too many wait;
 * ERR_NOMEM. args may be NULL. */
MUST_CHECK enum err store_ask(struct store *s, enum sql_id id, const struct sql_args *args, rows_fn *fn, void *arg);

/* Queues a change that needs no answer; it is retried until it is stored, so it must be idempotent. All is copied.
 * ERR_FULL, ERR_NOMEM, ERR_STATE (inside store_free()): refused and logged. */
MUST_CHECK enum err store_write(struct store *s, enum wqueue_class class, enum sql_id id, const struct sql_args *args);

/* Calls fn(arg, OK) on a later turn when everything that is queued now has been stored, or fn(arg, ERR_IO) when
 * PostgreSQL goes away before, or is slow (3 s; the writes stay queued). ERR_IO: it is away now; ERR_NOMEM. fn is not
 * called then. */
MUST_CHECK enum err store_when_written(struct store *s, void (*fn)(void *arg, enum err e), void *arg);
