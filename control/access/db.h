/* db.h: a call that has a question to PostgreSQL, or a change to make in it, and answers when it knows. The
 * call is always answered, whatever comes of it; handlers return what these return. Loop thread only. */
#pragma once
#include "http/call.h"
#include "store/query.h"

/* Goes on with the call. rows are borrowed until it returns; it answers, or asks again. */
typedef void db_then(struct call *c, const struct rows *rows);

/* Defers the call, asks, and calls then(); not at all when the client has gone meanwhile. When PostgreSQL is away or
 * fails, the call is answered 503. Always OK, so that a handler can return it. */
enum err db_ask(struct call *c, struct sql_query sql, db_then *then);

/* The same for a change that takes rights away. When nobody is told what came of it (the client has gone, or PostgreSQL
 * doesn't say), everybody's rights are read anew. */
enum err db_revoke(struct call *c, struct sql_query sql, db_then *then);

/* The same for one who must hear what came of it in any case: c is NULL when the client has gone; e: PostgreSQL doesn't
 * say. False: outcome() won't be called, and 503 is answered. */
typedef void db_outcome(void *arg, struct call *c, enum err e, const struct rows *rows);
bool db_attempt(struct call *c, struct sql_query sql, db_outcome *outcome, void *arg);

/* Asks, and answers with the first row's only column, which is JSON: "the row is the answer". No row: 404. */
enum err db_reply(struct call *c, unsigned status, struct sql_query sql);
void db_reply_row(struct call *c, unsigned status, const struct rows *rows); /* the same, with rows at hand */

/* Calls then(c, NULL) when all that is queued now has been stored, or when PostgreSQL is away (it will be stored
 * later): what an answer that must survive a crash waits for. */
enum err db_when_written(struct call *c, db_then *then);

void db_unavailable(struct call *c); /* answers 503 */
/* Until all meetings of the database are here a list would be wrong, and what isn't found may exist. True: answered. */
bool db_is_loading(struct call *c);
