/* sfuclient.h: control's connection to the SFU (docs/sfu-socket.md) on the loop: says hello, matches answers to
 * requests, hands on notifications, and comes back with backoff when it was lost. Owns its socket; loop thread only.
 * Bounds: SFU_PENDING_MAX unanswered requests (more are refused), SFUCLIENT_OUT_MAX unsent bytes (an SFU that doesn't
 * read that much is taken for lost: then nothing is silently missing, because what comes up again is synchronised
 * anew). While it is up it is asked every second for what all its threads must answer; one that doesn't in three is
 * taken for lost too. */
#pragma once
#include "common/log.h"
#include "loop/loop.h"
#include "sfuclient/sfu_pending.h"
#include <jansson.h>

#define SFUCLIENT_PULSE_EVERY  (1 * SEC)
#define SFUCLIENT_SILENT_AFTER (3 * SEC)
#define SFUCLIENT_OUT_MAX      ((size_t)16 * 1024 * 1024)

enum sfuclient_event_type {
    SFUCLIENT_UP,           /* hello was answered; restarted: by another process than before, which knows nothing */
    SFUCLIENT_DOWN,         /* after UP; every open request was answered "unavailable" before */
    SFUCLIENT_ANSWER,       /* to a request of ours: tag, ok, code, message, json */
    SFUCLIENT_NOTIFICATION, /* name, json */
};

/* All borrowed for the call. */
struct sfuclient_event {
    enum sfuclient_event_type type;
    bool first, restarted; /* UP; first: there was no UP before */
    const char *name;      /* NOTIFICATION: "session.state" */
    const struct sfu_tag *tag;
    bool ok;
    const char *code, *message; /* with ok false; the SFU's, or "unavailable" */
    json_t *json;               /* ANSWER: NULL if unavailable */
};

struct sfuclient_config {
    struct loop *loop;
    const struct log *log;
    const char *path;                 /* of the Unix socket; borrowed for life */
    usec_t pulse_every, silent_after; /* 0: SFUCLIENT_PULSE_EVERY, SFUCLIENT_SILENT_AFTER */
    void *arg;
    void (*on_event)(void *arg, const struct sfuclient_event *ev); /* may make requests; may not free the client */
};

struct sfuclient_counters {
    bool is_up;
    uint64_t requests, answers, refusals, timeouts, notifications, lost_notifications, connects, refused_unavailable;
    unsigned pending;
    size_t out_len;
};

struct sfuclient;
/* Connects on the loop's next turn. ERR_NOMEM; ERR_SYNTAX: the path is too long for a socket. */
MUST_CHECK enum err sfuclient_new(const struct sfuclient_config *cfg, struct sfuclient **c);
void sfuclient_free(struct sfuclient *c); /* no more events */
bool sfuclient_is_up(const struct sfuclient *c);

/* fields (borrowed, may be NULL) are the request's. OK: one SFUCLIENT_ANSWER with the tag will come, on a later turn.
 * ERR_IO: the SFU is away; ERR_FULL: too much is under way; ERR_NOMEM. */
MUST_CHECK enum err sfuclient_request(struct sfuclient *c, const char *op, json_t *fields, const struct sfu_tag *tag);
void sfuclient_counters(const struct sfuclient *c, struct sfuclient_counters *out);
