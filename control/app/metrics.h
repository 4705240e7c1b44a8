/* metrics.h: GET /metrics and GET /healthz: what operators see. Loop thread only. */
#pragma once
#include "http/call.h"
#include "live/live.h"

struct app;

/* Prometheus' text format 0.0.4: this process, its sockets, meetings and queues, and the SFU's counters when it is up.
 */
enum err metrics_get(struct call *c);
/* {"ok", "database", "sfu", "version"}: 200 while we serve, 503 while we shut down. */
enum err health_get(struct call *c);

/* sfu_tag.kind of `stats` */
enum { METRICS_SFU_STATS = LIVE_SFU_KINDS };
/* The SFU's answer to it came, or didn't (NULL). request: what metrics_get() put into the tag. */
void metrics_answer(struct app *app, uint64_t request, json_t *stats);
