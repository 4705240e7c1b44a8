/* query.h: asking PostgreSQL and writing to it. What can be said is a file of sql/queries/: sql_meetings_seen(…) names
 * it, and its arguments (statement.h). Each statement is one transaction: a change of several steps is one statement (a
 * CTE, or a function of a migration). Loop thread only. */
#pragma once
#include "sql_embedded.h"
#include "store/store.h"

/* Asks a question, or for a change whose outcome matters: fn is called once, on a later turn, with the rows; ERR_IO:
 * PostgreSQL went away or refused, and whether the change was made is unknown. One that was undone to end a deadlock is
 * asked again. Not OK: refused at once, fn is not called. ERR_IO: PostgreSQL is away; ERR_FULL: too many wait;
 * ERR_NOMEM. */
MUST_CHECK enum err store_ask(struct store *s, struct sql_query q, rows_fn *fn, void *arg);

/* Queues a change that needs no answer; it is retried until it is stored, so it must be idempotent. All is copied.
 * ERR_FULL, ERR_NOMEM, ERR_STATE (inside store_free()): refused and logged. */
MUST_CHECK enum err store_write(struct store *s, enum wqueue_class class, struct sql_query q);

/* Calls fn(arg, OK) on a later turn when everything that is queued now has been stored, or fn(arg, ERR_IO) when
 * PostgreSQL goes away before, or is slow (3 s; the writes stay queued). ERR_IO: it is away now; ERR_NOMEM. fn is not
 * called then. */
MUST_CHECK enum err store_when_written(struct store *s, void (*fn)(void *arg, enum err e), void *arg);
