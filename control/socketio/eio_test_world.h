/* eio_test_world.h: an Engine.IO server under test, and what it said, a line each. Shared by the tests of eio.h. */
#pragma once
#include "socketio/eio.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define T0  (1000 * SEC)
#define WS1 101
#define WS2 102

/* A server, and what it said since it was last asked, a line each. */
struct world {
    struct eio *e;
    uint8_t next_random;
    struct eio_id session; /* of the last EIO_OPENED */
    char sid[EIO_SID_LEN + 1];
    char said[8192];
    size_t len;
};

static uint8_t random_byte; /* what the next "random" bytes are: tests see the same ids each time */

static inline void not_random(void *p, size_t len)
{
    memset(p, ++random_byte, len);
}

static inline int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    const struct eio_config cfg = {
        .ping_interval = 300 * MSEC,
        .ping_timeout = 200 * MSEC,
        .upgrade_timeout = 1 * SEC,
        .max_payload = 1000,
        .queue_max = 2000,
        .max_sessions = 3,
        .random = not_random,
    };
    *state = w;
    return w && !eio_new(&cfg, &w->e) ? 0 : -1;
}

static inline int teardown(void **state)
{
    struct world *w = *state;
    eio_free(w->e);
    free(w);
    return 0;
}

static inline void say(struct world *w, const struct eio_out *out)
{
    static const char *const names[] = {"answer", "send", "close", "abort", "opened", "received", "alarm", "closed"};
    char *at = w->said + w->len;
    size_t cap = sizeof w->said - w->len;
    int n = 0;
    struct bytes b = out->frame ? eio_frame_bytes(out->frame) : (struct bytes){0};
    const char *body = (const char *)b.p;
    if (out->type == EIO_ANSWER)
        n = snprintf(at, cap, "answer %u %u %.*s\n", (unsigned)out->to, out->status, (int)b.len, body);
    else if (out->type == EIO_CLOSED)
        n = snprintf(at, cap, "closed %d\n", (int)out->end);
    else if (out->type == EIO_RECEIVED)
        n = snprintf(at, cap, "received%s %.*s\n", out->frame && out->frame->binary ? " binary" : "", (int)b.len, body);
    else if (out->type == EIO_WS_SEND)
        n = snprintf(at, cap, "send %u %.*s\n", (unsigned)out->to, (int)b.len, body);
    else
        n = snprintf(at, cap, "%s %u\n", names[out->type], (unsigned)out->to);
    w->len += (size_t)n < cap ? (size_t)n : cap - 1;
    eio_frame_unref(out->frame);
}

/* All that it said since the last time. */
static inline const char *said(struct world *w)
{
    struct eio_out out;
    w->len = 0;
    w->said[0] = '\0';
    while (eio_next(w->e, &out)) {
        if (out.type == EIO_OPENED) {
            w->session = out.session;
            eio_sid(w->e, out.session, w->sid);
        }
        say(w, &out);
    }
    return w->said;
}

static inline struct eio_request request(uint64_t call, const char *method, const char *sid, const char *body)
{
    return (struct eio_request){.call = call,
                                .method = method,
                                .transport = "polling",
                                .version = "4",
                                .sid = sid,
                                .ip = "192.0.2.1",
                                .body = bytes_str(body)};
}

static inline const char *ask(struct world *w, usec_t now, struct eio_request rq)
{
    assert_int_equal(eio_http(w->e, now, &rq), OK);
    return said(w);
}

static inline const char *get(struct world *w, usec_t now, uint64_t call)
{
    return ask(w, now, request(call, "GET", w->sid, ""));
}

static inline const char *post(struct world *w, usec_t now, const char *body)
{
    return ask(w, now, request(9, "POST", w->sid, body));
}

static inline const char *tick(struct world *w, usec_t now)
{
    eio_tick(w->e, now);
    return said(w);
}

static inline void send_text(struct world *w, const char *text, enum err expected)
{
    struct eio_frame *f = eio_frame_of('4', bytes_str(text), false);
    assert_non_null(f);
    assert_int_equal(eio_send(w->e, w->session, f), expected);
    eio_frame_unref(f);
}

static inline void open_polling(struct world *w)
{
    ask(w, T0, request(1, "GET", NULL, ""));
    assert_int_not_equal(w->session.generation, 0);
}

static inline void open_ws(struct world *w)
{
    w->session = eio_ws_open(w->e, T0, WS1, (struct eio_id){0}, "192.0.2.1");
    assert_int_not_equal(w->session.generation, 0);
    said(w);
}

static inline const char *ws_says(struct world *w, usec_t now, uint64_t ws, const char *text)
{
    eio_ws_message(w->e, now, w->session, ws, bytes_str(text), false);
    return said(w);
}

#define assert_said(w, text) assert_string_equal(said(w), text)
#define BAD                  "{\"code\":3,\"message\":\"Bad request\"}"
#define assert_unknown_sid(text, call)                                                                                 \
    assert_string_equal(text, "answer " call " 400 {\"code\":1,\"message\":\"Session ID unknown\"}\n")
