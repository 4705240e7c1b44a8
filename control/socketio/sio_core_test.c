#include "socketio/sio_core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define T0 (1000 * SEC)
#define WS 7

/* A server with one client on a WebSocket; what was sent to it and what the owner heard, a line each. */
struct world {
    struct eio *eio;
    struct sio_core *core;
    struct eio_id session;
    struct sio_id socket; /* of the last CONNECTED */
    uint64_t ack;         /* of the last RECEIVED */
    char said[4096];
    size_t len;
};

static const char *const namespaces[] = {"/", "/custom", NULL};

static void not_random(void *p, size_t len)
{
    memset(p, 1, len);
}

static void note(struct world *w, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void note(struct world *w, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(w->said + w->len, sizeof w->said - w->len, fmt,
                      args); /* NOLINT(clang-analyzer-valist.Uninitialized) */
    va_end(args);
    w->len += (size_t)n < sizeof w->said - w->len ? (size_t)n : 0;
}

static void note_event(struct world *w, const struct sio_event *ev)
{
    char *args = ev->args ? json_dumps(ev->args, JSON_COMPACT) : NULL;
    const char *text = args ? args : "nothing";
    if (ev->type == SIO_CONNECTED)
        note(w, "connected %s %s\n", namespaces[ev->nsp], text);
    else if (ev->type == SIO_RECEIVED)
        note(w, "received %s %s%s", ev->name, text, ev->wants_ack ? " ack\n" : "\n");
    else if (ev->type == SIO_ANSWERED)
        note(w, "answered %u %s\n", (unsigned)ev->ack, text);
    else
        note(w, "disconnected %s %s\n", namespaces[ev->nsp], sio_reason_name(ev->reason));
    for (unsigned i = 0; i < ev->n_attachments; i++)
        note(w, "attachment %.*s\n", (int)ev->attachments[i]->len, (const char *)ev->attachments[i]->data);
    if (ev->type == SIO_CONNECTED)
        w->socket = ev->socket;
    w->ack = ev->ack;
    free(args);
}

static const char *said_at(struct world *w, usec_t now)
{
    struct eio_out out;
    struct sio_event ev;
    w->len = 0;
    w->said[0] = '\0';
    while (eio_next(w->eio, &out)) {
        if (out.type == EIO_WS_SEND || out.type == EIO_WS_CLOSE) {
            if (out.frame)
                note(w, "send %.*s\n", (int)out.frame->len, (const char *)out.frame->data);
            else
                note(w, "close\n");
            eio_frame_unref(out.frame);
            continue;
        }
        sio_core_feed(w->core, now, &out);
    }
    while (sio_core_next(w->core, &ev)) {
        note_event(w, &ev);
        sio_event_reset(&ev);
    }
    return w->said;
}

static const char *tick(struct world *w, usec_t now)
{
    eio_tick(w->eio, now);
    return said_at(w, now);
}

static const char *client(struct world *w, const char *text)
{
    eio_ws_message(w->eio, T0, w->session, WS, bytes_str(text), false);
    return said_at(w, T0);
}

static const char *client_binary(struct world *w, const char *bytes)
{
    eio_ws_message(w->eio, T0, w->session, WS, bytes_str(bytes), true);
    return said_at(w, T0);
}

static void open_session(struct world *w)
{
    w->session = eio_ws_open(w->eio, T0, WS, (struct eio_id){0}, "192.0.2.1");
    said_at(w, T0);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    const struct eio_config eio = {
        .ping_interval = 1000 * SEC,
        .ping_timeout = 20 * SEC,
        .upgrade_timeout = 1 * SEC,
        .max_payload = 1000,
        .queue_max = 2000,
        .max_sessions = 3,
        .random = not_random,
    };
    const struct sio_config cfg = {
        .namespaces = namespaces,
        .connect_timeout = 45 * SEC,
        .max_payload = 1000,
        .max_sessions = 3,
        .max_acks = 2,
        .limits = {4, 8, 100},
        .random = not_random,
    };
    *state = w;
    if (!w || eio_new(&eio, &w->eio) || sio_core_new(&cfg, w->eio, &w->core))
        return -1;
    open_session(w);
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    sio_core_free(w->core);
    eio_free(w->eio);
    free(w);
    return 0;
}

static void join(struct world *w)
{
    client(w, "40");
    assert_int_not_equal(w->socket.generation, 0);
}

static void a_client_joins_a_namespace_with_its_auth(void **state)
{
    struct world *w = *state;
    assert_string_equal(client(w, "40{\"token\":\"123\"}"),
                        "send 40{\"sid\":\"AQEBAQEBAQEBAQEBAQEB\"}\nconnected / {\"token\":\"123\"}\n");
    assert_string_equal(sio_core_sid(w->core, w->socket), "AQEBAQEBAQEBAQEBAQEB");
    assert_string_equal(sio_core_ip(w->core, w->socket), "192.0.2.1");
    assert_string_equal(client(w, "40/custom,"),
                        "send 40/custom,{\"sid\":\"AQEBAQEBAQEBAQEBAQEB\"}\nconnected /custom {}\n");
}

static void asking_twice_is_answered_once(void **state)
{
    struct world *w = *state;
    join(w);
    assert_string_equal(client(w, "40{\"again\":1}"), "");
    assert_string_equal(client(w, "42[\"m\"]"), "received m []\n");
}

static void an_unknown_namespace_is_refused_and_the_connection_stays(void **state)
{
    struct world *w = *state;
    assert_string_equal(client(w, "40/random"), "send 44/random,{\"message\":\"Invalid namespace\"}\n");
    join(w);
}

static void what_breaks_the_protocol_ends_the_connection(void **state)
{
    static const char *const bad[] = {
        "4abc", "42{}", "42abc[\"a\"]", "42/custom,[\"a\"]", "41/custom,", "42/random,[\"a\"]", "44{\"message\":\"x\"}",
        "43[1]"};
    struct world *w = *state;
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        join(w);
        if (strcmp(client(w, bad[i]), "close\ndisconnected / parse error\n") != 0)
            fail_msg("'%s' gave: %s", bad[i], w->said);
        open_session(w);
    }
}

static void nothing_is_heard_after_what_broke_the_protocol(void **state)
{
    struct world *w = *state;
    const char *texts[] = {"40", "42[\"before\"]", "42{}", "42[\"after\"]"};
    for (unsigned i = 0; i < ARRAY_LEN(texts); i++) /* all before the server looks, as in one POST */
        eio_ws_message(w->eio, T0, w->session, WS, bytes_str(texts[i]), false);
    const char *text = said_at(w, T0);
    assert_non_null(strstr(text, "received before []"));
    assert_null(strstr(text, "after"));
    assert_non_null(strstr(text, "disconnected / parse error"));
}

static void an_event_comes_with_its_arguments(void **state)
{
    struct world *w = *state;
    join(w);
    assert_string_equal(client(w, "42[\"message\",1,\"2\",{\"3\":[true]}]"),
                        "received message [1,\"2\",{\"3\":[true]}]\n");
    assert_string_equal(client(w, "42[\"nul\",\"a\\u0000b\"]"), "received nul [\"a\\u0000b\"]\n");
}

static void an_event_goes_out_with_its_arguments(void **state)
{
    struct world *w = *state;
    join(w);
    json_t *list = json_pack("[i,s]", 1, "two");
    assert_int_equal(sio_core_emit(w->core, w->socket, "hello", (struct sio_args){.list = list}), OK);
    assert_string_equal(said_at(w, T0), "send 42[\"hello\",1,\"two\"]\n");
    assert_int_equal(sio_core_emit(w->core, w->socket, "bare", (struct sio_args){0}), OK);
    assert_string_equal(said_at(w, T0), "send 42[\"bare\"]\n");
    assert_int_equal(sio_core_emit(w->core, w->socket, "\xff", (struct sio_args){0}), ERR_SYNTAX);
    json_decref(list);
}

static void the_client_is_acknowledged_when_it_asks(void **state)
{
    struct world *w = *state;
    join(w);
    assert_string_equal(client(w, "42456[\"ask\",1]"), "received ask [1] ack\n");
    json_t *list = json_pack("[s]", "ok");
    assert_int_equal(sio_core_ack(w->core, w->socket, w->ack, (struct sio_args){.list = list}), OK);
    assert_string_equal(said_at(w, T0), "send 43456[\"ok\"]\n");
    json_decref(list);
}

static void call(struct world *w, usec_t deadline, uint64_t tag, enum err expected)
{
    assert_int_equal(sio_core_call(w->core, w->socket, "q", (struct sio_args){0}, deadline, tag), expected);
}

static void the_owner_gets_its_answers_by_tag_once(void **state)
{
    struct world *w = *state;
    join(w);
    call(w, T0 + SEC, 11, OK);
    call(w, T0 + SEC, 22, OK);
    call(w, T0 + SEC, 33, ERR_FULL);
    assert_string_equal(said_at(w, T0), "send 420[\"q\"]\nsend 421[\"q\"]\n");
    assert_string_equal(client(w, "431[\"b\"]"), "answered 22 [\"b\"]\n");
    assert_string_equal(client(w, "431[\"b\"]"), ""); /* late or invented: ignored */
    assert_string_equal(client(w, "430[]"), "answered 11 []\n");
    assert_string_equal(tick(w, T0 + SEC), "");
}

static void an_answer_that_does_not_come_is_told_at_its_deadline(void **state)
{
    struct world *w = *state;
    join(w);
    call(w, T0 + 2 * SEC, 11, OK);
    call(w, T0 + 1 * SEC, 22, OK);
    said_at(w, T0);
    assert_string_equal(tick(w, T0 + 1 * SEC - 1), "");
    assert_string_equal(tick(w, T0 + 1 * SEC), "answered 22 nothing\n");
    assert_string_equal(tick(w, T0 + 2 * SEC), "answered 11 nothing\n");
    assert_string_equal(client(w, "430[]"), "");
}

static void binary_is_put_together_and_taken_apart(void **state)
{
    struct world *w = *state;
    join(w);
    assert_string_equal(client(w, "452-[\"m\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]"),
                        "");
    assert_string_equal(client_binary(w, "one"), "");
    assert_string_equal(client_binary(w, "two"),
                        "received m [{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]\n"
                        "attachment one\nattachment two\n");
    struct eio_frame *bytes = eio_frame_of(0, BYTES_LIT("xyz"), true);
    json_t *list = json_pack("[{s:b,s:i}]", "_placeholder", 1, "num", 0);
    assert_true(bytes && list);
    struct sio_args args = {list, &bytes, 1};
    assert_int_equal(sio_core_emit(w->core, w->socket, "b", args), OK);
    assert_string_equal(said_at(w, T0), "send 451-[\"b\",{\"_placeholder\":true,\"num\":0}]\nsend xyz\n");
    assert_int_equal(sio_core_ack(w->core, w->socket, 5, args), OK);
    assert_string_equal(said_at(w, T0), "send 461-5[{\"_placeholder\":true,\"num\":0}]\nsend xyz\n");
    call(w, T0 + SEC, 11, OK);
    said_at(w, T0);
    client(w, "461-0[{\"_placeholder\":true,\"num\":0}]");
    assert_string_equal(client_binary(w, "ack"), "answered 11 [{\"_placeholder\":true,\"num\":0}]\nattachment ack\n");
    eio_frame_unref(bytes);
    json_decref(list);
}

static void attachments_out_of_place_end_the_connection(void **state)
{
    struct world *w = *state;
    join(w);
    assert_string_equal(client_binary(w, "one"), "close\ndisconnected / parse error\n");
    open_session(w);
    join(w);
    client(w, "451-[\"m\",{\"_placeholder\":true,\"num\":0}]");
    assert_string_equal(client(w, "42[\"m\"]"), "close\ndisconnected / parse error\n");
}

static void attachments_are_bounded_in_bytes_and_time(void **state)
{
    struct world *w = *state;
    char big[601];
    memset(big, 'x', 600);
    big[600] = '\0';
    join(w);
    client(w, "452-[\"m\"]");
    assert_string_equal(client_binary(w, big), "");
    assert_string_equal(client_binary(w, big), "close\ndisconnected / parse error\n");
    open_session(w);
    join(w);
    client(w, "451-[\"m\"]");
    assert_string_equal(tick(w, T0 + 45 * SEC - 1), "");
    assert_string_equal(tick(w, T0 + 45 * SEC), "close\ndisconnected / parse error\n");
}

static void attachments_of_a_closed_socket_are_swallowed(void **state)
{
    struct world *w = *state;
    join(w);
    client(w, "40/custom,");
    client(w, "451-/custom,[\"m\"]");
    sio_core_disconnect(w->core, T0, w->socket, false);
    assert_string_equal(said_at(w, T0), "send 41/custom,\ndisconnected /custom server namespace disconnect\n");
    assert_string_equal(client_binary(w, "one"), "");
    assert_string_equal(client(w, "42[\"still\"]"), "received still []\n");
}

static void a_client_that_joins_nothing_is_closed(void **state)
{
    struct world *w = *state;
    assert_string_equal(tick(w, T0 + 45 * SEC - 1), "");
    assert_string_equal(tick(w, T0 + 45 * SEC), "close\n");
    open_session(w);
    join(w);
    assert_string_equal(tick(w, T0 + 100 * SEC), "");
}

static void a_client_may_leave_one_namespace_and_stay_in_another(void **state)
{
    struct world *w = *state;
    join(w);
    client(w, "40/custom,");
    assert_string_equal(client(w, "41/custom,"), "disconnected /custom client namespace disconnect\n");
    assert_string_equal(client(w, "42[\"m\"]"), "received m []\n");
    assert_string_equal(client(w, "41"), "disconnected / client namespace disconnect\n");
    assert_string_equal(tick(w, T0 + 45 * SEC), "close\n"); /* and nobody needs it any more */
}

static void a_kicked_client_is_told_so_that_it_does_not_come_back(void **state)
{
    struct world *w = *state;
    join(w);
    client(w, "40/custom,");
    sio_core_disconnect(w->core, T0, w->socket, true);
    assert_string_equal(said_at(w, T0), "send 41\nsend 41/custom,\nclose\n"
                                        "disconnected / server namespace disconnect\n"
                                        "disconnected /custom server namespace disconnect\n");
    assert_int_equal(sio_core_emit(w->core, w->socket, "late", (struct sio_args){0}), ERR_NOT_FOUND);
    sio_core_disconnect(w->core, T0, w->socket, true);
}

static void an_id_dies_with_its_socket(void **state)
{
    struct world *w = *state;
    join(w);
    struct sio_id old = w->socket;
    client(w, "41");
    join(w);
    assert_int_equal(w->socket.slot, old.slot);
    assert_int_equal(sio_core_emit(w->core, old, "m", (struct sio_args){0}), ERR_NOT_FOUND);
    assert_string_equal(sio_core_ip(w->core, old), "");
}

static void a_broadcast_is_encoded_once_and_shared(void **state)
{
    struct world *w = *state;
    struct sio_msg *msg = NULL;
    struct eio_out out;
    struct eio_frame *frames[2] = {0};
    join(w);
    struct sio_id first = w->socket;
    open_session(w);
    join(w);
    assert_int_equal(sio_msg_new(w->core, 0, "all", (struct sio_args){0}, &msg), OK);
    assert_int_equal(sio_core_send(w->core, first, msg), OK);
    assert_int_equal(sio_core_send(w->core, w->socket, msg), OK);
    for (unsigned i = 0; i < 2; i++) {
        assert_true(eio_next(w->eio, &out));
        frames[i] = out.frame;
    }
    assert_ptr_equal(frames[0], frames[1]);
    eio_frame_unref(frames[0]);
    eio_frame_unref(frames[1]);
    sio_msg_unref(msg);
    assert_int_equal(sio_msg_new(w->core, 1, "all", (struct sio_args){0}, &msg), OK);
    assert_int_equal(sio_core_send(w->core, w->socket, msg), ERR_NOT_FOUND); /* of another namespace */
    sio_msg_unref(msg);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_client_joins_a_namespace_with_its_auth),
        T(asking_twice_is_answered_once),
        T(an_unknown_namespace_is_refused_and_the_connection_stays),
        T(what_breaks_the_protocol_ends_the_connection),
        T(nothing_is_heard_after_what_broke_the_protocol),
        T(an_event_comes_with_its_arguments),
        T(an_event_goes_out_with_its_arguments),
        T(the_client_is_acknowledged_when_it_asks),
        T(the_owner_gets_its_answers_by_tag_once),
        T(an_answer_that_does_not_come_is_told_at_its_deadline),
        T(binary_is_put_together_and_taken_apart),
        T(attachments_out_of_place_end_the_connection),
        T(attachments_are_bounded_in_bytes_and_time),
        T(attachments_of_a_closed_socket_are_swallowed),
        T(a_client_that_joins_nothing_is_closed),
        T(a_client_may_leave_one_namespace_and_stay_in_another),
        T(a_kicked_client_is_told_so_that_it_does_not_come_back),
        T(an_id_dies_with_its_socket),
        T(a_broadcast_is_encoded_once_and_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
