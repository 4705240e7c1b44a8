/* analytics.h: what administrators ask about (API documentation §18): analytics.c answers from the sums that the
 * database keeps (sql/migrations/0006), analytics_live.c from memory; and what goes wrong, which is stored as events
 * like everything else (analytics_errors.c; docs/analytics.md). Loop thread only. */
#pragma once
#include "http/call.h"
#include "socketio/sio.h"

struct app;

#define ANALYTICS_DAYS_MAX 3650

/* The value of ?days=; absent (NULL): the default. ERR_SYNTAX: not a whole number of 1…3650. */
MUST_CHECK enum err analytics_days(const char *text, int absent, int *days);

enum err analytics_realtime(struct call *c);
enum err analytics_health(struct call *c);

/* http_config.failed: a 5xx answer of ours becomes an event error.api. */
void analytics_answer_failed(struct call *c, unsigned status);

/* A client's `client:error {type, route, message}` becomes an event error.<type>; acknowledged like any other event,
 * but never answered with `error`. */
void analytics_client_error(struct app *app, const struct sio_event *ev);
