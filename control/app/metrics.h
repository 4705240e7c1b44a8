/* metrics.h: GET /metrics and GET /healthz: what operators see. Loop thread only. */
#pragma once
#include "http/call.h"
#include "live/live.h"

struct app;

#define METRICS_WAITING_MAX 16

/* The SFU is asked at most once a second, however many ask us: who asks meanwhile waits for the same answer (more than
 * METRICS_WAITING_MAX don't wait), or gets the last one. Zeroed is new. */
struct metrics {
    usec_t asked_at; /* monotonic */
    bool is_asking;
    json_t *stats; /* the SFU's last answer; NULL: none */
    struct call_id waiting[METRICS_WAITING_MAX];
    unsigned n_waiting;
};
void metrics_reset(struct metrics *m);

/* Prometheus' text format 0.0.4: this process, its sockets, meetings and queues, and the SFU's counters when it is up.
 */
enum err metrics_get(struct call *c);
/* {"ok", "database", "sfu", "version"}: 200 while we serve, 503 while we shut down. */
enum err health_get(struct call *c);

/* sfu_tag.kind of `stats` */
enum { METRICS_SFU_STATS = LIVE_SFU_KINDS };
void metrics_answer(struct app *app, json_t *stats); /* the SFU's answer to it came, or didn't (NULL) */
