/* store_priv.h: how one aggregate's file (history.c, analytics.c) reaches the connections. Only for store/. */
#pragma once
#include "sql_embedded.h"
#include "store/rows.h"
#include "store/store.h"

/* Queues a write. ERR_FULL, ERR_NOMEM: refused, counted and logged. */
MUST_CHECK enum err store_write(struct store *s, enum wqueue_class class, enum sql_id id, unsigned n_params,
                                const char *const *params);

/* Asks. OK: rows_fn is called on a later turn. ERR_IO: PostgreSQL is away; ERR_FULL: too many wait; ERR_NOMEM. */
MUST_CHECK enum err store_ask(struct store *s, enum sql_id id, unsigned n_params, const char *const *params,
                              rows_fn *fn, void *arg);
