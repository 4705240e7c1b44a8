#include "socketio/eio_test_world.h"

static struct eio_request ws_request(const char *sid)
{
    struct eio_request rq = request(0, "GET", sid, "");
    rq.transport = "websocket";
    return rq;
}

static void check_ws_refused(struct world *w, struct eio_request rq, const char *body)
{
    struct eio_id session;
    unsigned status = 0;
    struct eio_frame *why = NULL;
    assert_int_equal(eio_ws_check(w->e, T0, &rq, &session, &status, &why), ERR_DENIED);
    assert_int_equal(status, 400);
    assert_non_null(why);
    assert_true(bytes_eq(eio_frame_bytes(why), bytes_str(body)));
    eio_frame_unref(why);
}

static void a_websocket_is_checked_before_it_is_one(void **state)
{
    struct world *w = *state;
    struct eio_request rq = ws_request(NULL);
    struct eio_id session;
    unsigned status;
    struct eio_frame *why;
    assert_int_equal(eio_ws_check(w->e, T0, &rq, &session, &status, &why), OK);
    assert_int_equal(session.generation, 0);
    rq.version = "abc";
    check_ws_refused(w, rq, "{\"code\":5,\"message\":\"Unsupported protocol version\"}");
    rq.transport = "polling";
    check_ws_refused(w, rq, "{\"code\":0,\"message\":\"Transport unknown\"}");
    check_ws_refused(w, ws_request("nosuchsid"), "{\"code\":1,\"message\":\"Session ID unknown\"}");
}

static void probe(struct world *w, uint64_t ws)
{
    struct eio_request rq = ws_request(w->sid);
    struct eio_id session;
    unsigned status;
    struct eio_frame *why;
    assert_int_equal(eio_ws_check(w->e, T0, &rq, &session, &status, &why), OK);
    assert_int_equal(session.generation, w->session.generation);
    eio_ws_open(w->e, T0, ws, session, NULL);
}

static void an_upgrade_lets_the_poll_go_and_moves_everything_over(void **state)
{
    struct world *w = *state;
    open_polling(w);
    get(w, T0, 2);
    probe(w, WS1);
    assert_said(w, "");
    assert_string_equal(ws_says(w, T0, WS1, "2probe"), "send 101 3probe\nanswer 2 200 6\n");
    send_text(w, "between", OK); /* the client polls no more: this waits */
    assert_said(w, "");
    assert_string_equal(ws_says(w, T0, WS1, "5"), "send 101 4between\n");
    assert_string_equal(ws_says(w, T0, WS1, "4x"), "received 4x\n");
    assert_string_equal(get(w, T0, 3), "answer 3 400 " BAD "\n");
    assert_string_equal(post(w, T0, "4x"), "answer 9 400 " BAD "\n");
    assert_int_equal(eio_counters(w->e)->upgrades, 1);
    assert_string_equal(tick(w, T0 + 300 * MSEC), "send 101 2\n");
}

static void last_words_reach_a_client_in_the_middle_of_its_upgrade(void **state)
{
    struct world *w = *state;
    open_polling(w);
    get(w, T0, 2);
    probe(w, WS1);
    ws_says(w, T0, WS1, "2probe"); /* its poll was let go, and it won't poll again */
    send_text(w, "bye", OK);
    eio_close(w->e, T0, w->session, EIO_END_SERVER);
    assert_said(w, "closed 5\n");
    assert_string_equal(ws_says(w, T0, WS1, "5"), "send 101 4bye\nclose 101\n");
    assert_int_equal(eio_counters(w->e)->open, 0);
    assert_int_equal(eio_deadline(w->e), USEC_NEVER);
}

static void a_lingering_upgrade_that_comes_to_nothing_is_cleaned_up(void **state)
{
    struct world *w = *state;
    open_polling(w);
    probe(w, WS1);
    ws_says(w, T0, WS1, "2probe");
    eio_close(w->e, T0, w->session, EIO_END_SERVER);
    assert_said(w, "closed 5\n");
    eio_ws_closed(w->e, T0, w->session, WS1, true);
    assert_string_equal(tick(w, T0 + 30 * SEC), "");
    assert_int_equal(eio_counters(w->e)->open, 0);
    assert_int_equal(eio_deadline(w->e), USEC_NEVER);
}

static void a_poll_during_an_upgrade_is_let_go_after_a_moment(void **state)
{
    struct world *w = *state;
    open_polling(w);
    probe(w, WS1);
    ws_says(w, T0, WS1, "2probe");
    assert_string_equal(get(w, T0, 2), "");
    assert_string_equal(tick(w, T0 + 49 * MSEC), "");
    assert_string_equal(tick(w, T0 + 50 * MSEC), "answer 2 200 6\n");
}

static void writes_during_an_upgrade_still_go_through_the_poll(void **state)
{
    struct world *w = *state;
    open_polling(w);
    probe(w, WS1);
    ws_says(w, T0, WS1, "2probe");
    get(w, T0, 2);
    send_text(w, "a", OK);
    assert_said(w, "answer 2 200 4a\n");
    send_text(w, "b", OK);
    assert_string_equal(get(w, T0, 3), "answer 3 200 4b\n");
    assert_string_equal(post(w, T0, "4c"), "received 4c\nanswer 9 200 ok\n");
    assert_string_equal(ws_says(w, T0, WS1, "5"), "");
}

static void a_bad_probe_is_closed_and_polling_goes_on(void **state)
{
    static const char *const bad[] = {"2", "2probes", "5", "4hello", "x", "", "1"};
    struct world *w = *state;
    open_polling(w);
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        probe(w, WS1);
        assert_string_equal(ws_says(w, T0, WS1, bad[i]), "close 101\n");
        assert_string_equal(ws_says(w, T0, WS1, "2probe"), "");
    }
    assert_string_equal(post(w, T0, "4a"), "received 4a\nanswer 9 200 ok\n");
}

static void a_probe_that_stalls_or_goes_leaves_polling_as_it_was(void **state)
{
    struct world *w = *state;
    open_polling(w);
    probe(w, WS1);
    eio_ws_closed(w->e, T0, w->session, WS1, true);
    assert_said(w, "");
    probe(w, WS2);
    ws_says(w, T0, WS2, "2probe");
    for (usec_t t = 300; t < 1000; t += 300) {
        tick(w, T0 + t * MSEC);
        get(w, T0 + t * MSEC, 2);
        post(w, T0 + t * MSEC, "3");
    }
    assert_string_equal(tick(w, T0 + 1 * SEC), "close 102\n");
    assert_string_equal(ws_says(w, T0 + 1 * SEC, WS2, "5"), "");
}

static void a_second_websocket_for_a_session_is_closed(void **state)
{
    struct world *w = *state;
    open_polling(w);
    probe(w, WS1);
    probe(w, WS2);
    assert_said(w, "close 102\n");
    ws_says(w, T0, WS1, "2probe");
    ws_says(w, T0, WS1, "5");
    probe(w, WS2);
    assert_said(w, "close 102\n");
    eio_ws_closed(w->e, T0, w->session, WS2, true); /* not this session's business */
    assert_said(w, "");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_websocket_is_checked_before_it_is_one),
        T(an_upgrade_lets_the_poll_go_and_moves_everything_over),
        T(last_words_reach_a_client_in_the_middle_of_its_upgrade),
        T(a_lingering_upgrade_that_comes_to_nothing_is_cleaned_up),
        T(a_poll_during_an_upgrade_is_let_go_after_a_moment),
        T(writes_during_an_upgrade_still_go_through_the_poll),
        T(a_bad_probe_is_closed_and_polling_goes_on),
        T(a_probe_that_stalls_or_goes_leaves_polling_as_it_was),
        T(a_second_websocket_for_a_session_is_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
