#include "socketio/eio_test_world.h"

static void a_polling_handshake_answers_with_the_open_packet(void **state)
{
    struct world *w = *state;
    random_byte = 0;
    const char *text = ask(w, T0, request(1, "GET", NULL, ""));
    assert_string_equal(text, "answer 1 200 0{\"sid\":\"AAAAAQEBAQEBAQEBAQEB\",\"upgrades\":[\"websocket\"],"
                              "\"pingInterval\":300,\"pingTimeout\":200,\"maxPayload\":1000}\nopened 0\n");
    assert_string_equal(eio_ip(w->e, w->session), "192.0.2.1");
}

static void a_websocket_handshake_offers_no_upgrades(void **state)
{
    struct world *w = *state;
    random_byte = 0;
    eio_ws_open(w->e, T0, WS1, (struct eio_id){0}, NULL);
    assert_said(w, "send 101 0{\"sid\":\"AAAAAQEBAQEBAQEBAQEB\",\"upgrades\":[],"
                   "\"pingInterval\":300,\"pingTimeout\":200,\"maxPayload\":1000}\nopened 0\n");
}

static void bad_requests_are_refused_in_the_reference_servers_words(void **state)
{
    struct world *w = *state;
    struct eio_request rq = request(1, "GET", NULL, "");
    rq.transport = NULL;
    assert_string_equal(ask(w, T0, rq), "answer 1 400 {\"code\":0,\"message\":\"Transport unknown\"}\n");
    rq.transport = "abc";
    assert_string_equal(ask(w, T0, rq), "answer 1 400 {\"code\":0,\"message\":\"Transport unknown\"}\n");
    rq.transport = "websocket"; /* without an upgrade */
    assert_string_equal(ask(w, T0, rq), "answer 1 400 " BAD "\n");
    rq = request(1, "POST", NULL, "");
    assert_string_equal(ask(w, T0, rq), "answer 1 400 {\"code\":2,\"message\":\"Bad handshake method\"}\n");
    rq = request(1, "GET", NULL, "");
    rq.version = "3";
    assert_string_equal(ask(w, T0, rq), "answer 1 400 {\"code\":5,\"message\":\"Unsupported protocol version\"}\n");
    rq = request(1, "GET", "AAAAAQEBAQEBAQEBAQEB", "");
    assert_unknown_sid(ask(w, T0, rq), "1");
    rq.sid = "x";
    assert_unknown_sid(ask(w, T0, rq), "1");
}

static void a_guessed_key_or_a_foreign_slot_is_an_unknown_session(void **state)
{
    struct world *w = *state;
    open_polling(w);
    w->sid[EIO_SID_LEN - 1] ^= 1;
    assert_unknown_sid(get(w, T0, 2), "2");
    strcpy(w->sid, "____AQEBAQEBAQEBAQEB");
    assert_unknown_sid(get(w, T0, 2), "2");
}

static void a_method_that_is_no_transports_is_refused(void **state)
{
    struct world *w = *state;
    open_polling(w);
    assert_string_equal(ask(w, T0, request(5, "PUT", w->sid, "")), "answer 5 400 " BAD "\n");
}

static void sessions_have_a_bound_and_slots_come_back(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 3; i++)
        open_polling(w);
    assert_string_equal(ask(w, T0, request(1, "GET", NULL, "")),
                        "answer 1 503 {\"code\":4,\"message\":\"Forbidden\"}\n");
    assert_int_equal(eio_counters(w->e)->refused, 1);
    struct eio_id old = w->session;
    post(w, T0, "1");
    open_polling(w);
    assert_int_equal(w->session.slot, old.slot);
    assert_int_not_equal(w->session.generation, old.generation);
}

static void a_post_delivers_its_messages_in_order(void **state)
{
    struct world *w = *state;
    open_polling(w);
    assert_string_equal(post(w, T0,
                             "4a\x1e"
                             "bAQID\x1e"
                             "4"),
                        "received 4a\nreceived binary \x01\x02\x03\nreceived 4\nanswer 9 200 ok\n");
}

static void a_poll_waits_for_what_is_sent_and_takes_all_of_a_turn(void **state)
{
    struct world *w = *state;
    open_polling(w);
    assert_string_equal(get(w, T0, 2), "");
    send_text(w, "a", OK);
    send_text(w, "b", OK);
    assert_said(w, "answer 2 200 4a\x1e"
                   "4b\n");
    send_text(w, "c", OK);
    assert_said(w, "");
    assert_string_equal(get(w, T0, 3), "answer 3 200 4c\n");
    assert_string_equal(get(w, T0, 4), "");
}

static void two_polls_at_once_end_the_session(void **state)
{
    struct world *w = *state;
    open_polling(w);
    get(w, T0, 2);
    assert_string_equal(get(w, T0, 3), "answer 2 200 1\nclosed 1\nanswer 3 400 " BAD "\n");
    assert_unknown_sid(get(w, T0, 4), "4");
}

static void a_poll_given_up_ends_the_session(void **state)
{
    struct world *w = *state;
    open_polling(w);
    get(w, T0, 2);
    struct eio_id waits = eio_polling(w->e, w->sid, 2);
    assert_int_equal(waits.generation, w->session.generation);
    assert_int_equal(eio_polling(w->e, w->sid, 3).generation, 0);
    eio_poll_gone(w->e, T0, waits, 2);
    assert_said(w, "closed 1\n");
}

static void garbage_in_a_post_ends_the_session(void **state)
{
    static const char *const bad[] = {"", "abc", "8", "bA", "4\xff", "4ok\x1e", "0", "2"};
    struct world *w = *state;
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        open_polling(w);
        const char *text = post(w, T0, bad[i]);
        if (!strstr(text, "closed 3\nanswer 9 400 " BAD "\n"))
            fail_msg("'%s' gave: %s", bad[i], text);
        assert_unknown_sid(get(w, T0, 2), "2");
    }
    open_polling(w);
    struct eio_request rq = request(9, "POST", w->sid, "4a");
    rq.octets = true;
    assert_string_equal(ask(w, T0, rq), "closed 3\nanswer 9 400 " BAD "\n");
}

static void a_post_that_is_too_long_is_413_and_the_end(void **state)
{
    struct world *w = *state;
    static char body[1002];
    memset(body, '4', 1001);
    open_polling(w);
    assert_string_equal(post(w, T0, body), "closed 3\nanswer 9 413 \n");
    open_polling(w);
    body[1000] = '\0';
    assert_non_null(strstr(post(w, T0, body), "answer 9 200 ok\n"));
}

static void a_client_that_closes_gets_a_noop_for_its_poll(void **state)
{
    struct world *w = *state;
    open_polling(w);
    get(w, T0, 2);
    assert_string_equal(post(w, T0, "1"), "answer 2 200 6\nclosed 0\nanswer 9 200 ok\n");
    assert_unknown_sid(get(w, T0, 3), "3");
}

static void pings_come_at_their_interval_and_an_answer_keeps_the_session(void **state)
{
    struct world *w = *state;
    open_ws(w);
    usec_t now = T0;
    for (int i = 0; i < 5; i++) {
        assert_string_equal(tick(w, now + 299 * MSEC), "");
        now += 300 * MSEC;
        assert_string_equal(tick(w, now), "send 101 2\n");
        assert_string_equal(ws_says(w, now, WS1, "3"), "");
    }
}

static void silence_after_a_ping_ends_the_session(void **state)
{
    struct world *w = *state;
    open_ws(w);
    assert_string_equal(tick(w, T0 + 300 * MSEC), "send 101 2\n");
    assert_int_equal(eio_deadline(w->e), T0 + 500 * MSEC);
    assert_string_equal(ws_says(w, T0 + 400 * MSEC, WS1, "4x"), "received 4x\n"); /* talking is not answering */
    assert_string_equal(tick(w, T0 + 499 * MSEC), "");
    assert_string_equal(tick(w, T0 + 500 * MSEC), "close 101\nclosed 2\n");
    assert_int_equal(eio_deadline(w->e), USEC_NEVER);
}

static void a_late_ping_takes_from_the_clients_time_but_half_at_most(void **state)
{
    struct world *w = *state;
    open_ws(w);
    assert_string_equal(tick(w, T0 + 310 * MSEC), "send 101 2\n");
    assert_int_equal(eio_deadline(w->e), T0 + 500 * MSEC);
    assert_string_equal(ws_says(w, T0 + 400 * MSEC, WS1, "3"), "");
    assert_string_equal(tick(w, T0 + 700 * MSEC), "send 101 2\n");
    assert_string_equal(tick(w, T0 + 899 * MSEC), "");
    assert_string_equal(ws_says(w, T0 + 899 * MSEC, WS1, "3"), "");
    assert_string_equal(tick(w, T0 + 5 * SEC), "send 101 2\n");
    assert_int_equal(eio_deadline(w->e), T0 + 5100 * MSEC);
}

static void a_request_after_the_timeout_finds_no_session_though_no_tick_came(void **state)
{
    struct world *w = *state;
    open_polling(w);
    tick(w, T0 + 305 * MSEC);
    assert_int_equal(eio_http(w->e, T0 + 500 * MSEC, &(struct eio_request){0}), OK);
    assert_said(w, "closed 2\nanswer 0 400 {\"code\":0,\"message\":\"Transport unknown\"}\n");
    assert_unknown_sid(get(w, T0 + 500 * MSEC, 2), "2");
}

static void a_polling_client_without_pongs_is_closed_through_its_poll(void **state)
{
    struct world *w = *state;
    open_polling(w);
    assert_string_equal(tick(w, T0 + 300 * MSEC), "");
    assert_string_equal(get(w, T0 + 300 * MSEC, 2), "answer 2 200 2\n");
    get(w, T0 + 300 * MSEC, 3);
    assert_string_equal(tick(w, T0 + 500 * MSEC), "answer 3 200 1\nclosed 2\n");
}

static void a_pong_nobody_asked_for_changes_nothing(void **state)
{
    struct world *w = *state;
    open_ws(w);
    ws_says(w, T0 + 200 * MSEC, WS1, "3");
    assert_string_equal(tick(w, T0 + 300 * MSEC), "send 101 2\n");
}

static void on_a_websocket_garbage_pings_and_length_end_the_session(void **state)
{
    static char big[1002];
    memset(big, '4', 1001);
    const char *const bad[] = {"", "abc", "2", "0", "7", big};
    struct world *w = *state;
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        open_ws(w);
        assert_string_equal(ws_says(w, T0, WS1, bad[i]), "close 101\nclosed 3\n");
    }
}

static void messages_cross_a_websocket_as_they_are(void **state)
{
    struct world *w = *state;
    open_ws(w);
    eio_ws_message(w->e, T0, w->session, WS1, BYTES_LIT("\x01\x02"), true);
    assert_said(w, "received binary \x01\x02\n");
    send_text(w, "hello", OK);
    assert_said(w, "send 101 4hello\n");
    assert_string_equal(ws_says(w, T0, WS1, "1"), "close 101\nclosed 0\n");
    send_text(w, "late", ERR_NOT_FOUND);
}

static void a_websocket_that_goes_takes_its_session_with_it(void **state)
{
    struct world *w = *state;
    open_ws(w);
    eio_ws_closed(w->e, T0, w->session, WS1, true);
    assert_said(w, "closed 0\n");
}

static void the_servers_close_reaches_a_polling_client_with_its_next_poll(void **state)
{
    struct world *w = *state;
    open_polling(w);
    send_text(w, "bye", OK);
    eio_close(w->e, T0, w->session, EIO_END_SERVER);
    assert_said(w, "closed 5\n");
    send_text(w, "late", ERR_NOT_FOUND);
    assert_string_equal(post(w, T0, "4ignored"), "answer 9 200 ok\n");
    assert_string_equal(get(w, T0 + 10 * SEC, 2), "answer 2 200 4bye\n");
    assert_string_equal(get(w, T0 + 10 * SEC, 3), "answer 3 200 1\n");
    assert_unknown_sid(get(w, T0 + 10 * SEC, 4), "4");
    assert_int_equal(eio_counters(w->e)->open, 0);
}

static void last_words_that_nobody_fetches_are_dropped(void **state)
{
    struct world *w = *state;
    open_polling(w);
    eio_close_all(w->e, T0);
    said(w);
    assert_string_equal(tick(w, T0 + 30 * SEC), "");
    assert_unknown_sid(get(w, T0 + 30 * SEC, 2), "2");
    assert_int_equal(eio_deadline(w->e), USEC_NEVER);
}

static void a_close_while_a_poll_waits_says_what_was_sent_first(void **state)
{
    struct world *w = *state;
    open_polling(w);
    get(w, T0, 2);
    send_text(w, "bye", OK);
    eio_close(w->e, T0, w->session, EIO_END_SERVER);
    assert_said(w, "answer 2 200 4bye\nclosed 5\n");
    assert_string_equal(get(w, T0, 3), "answer 3 200 1\n");
}

static void a_client_that_does_not_poll_is_closed_when_its_queue_is_full(void **state)
{
    struct world *w = *state;
    char text[901];
    memset(text, 'x', 900);
    text[900] = '\0';
    open_polling(w);
    send_text(w, text, OK);
    send_text(w, text, OK);
    send_text(w, text, ERR_FULL);
    send_text(w, text, ERR_NOT_FOUND); /* it is over already */
    assert_true(eio_deadline(w->e) <= T0);
    assert_string_equal(tick(w, T0), "closed 4\n");
    assert_int_equal(eio_counters(w->e)->closed[EIO_END_SLOW], 1);
}

static void answers_are_cut_at_the_payload_size(void **state)
{
    struct world *w = *state;
    char text[601];
    memset(text, 'x', 600);
    text[600] = '\0';
    open_polling(w);
    send_text(w, text, OK);
    send_text(w, text, OK);
    send_text(w, text, OK);
    for (uint64_t call = 2; call < 5; call++)
        assert_int_equal(strlen(get(w, T0, call)), strlen("answer 2 200 4\n") + 600);
    assert_string_equal(get(w, T0, 5), "");
}

static void a_websocket_that_is_too_slow_is_cut_off(void **state)
{
    struct world *w = *state;
    open_ws(w);
    eio_overflow(w->e, T0, w->session, WS1);
    assert_said(w, "abort 101\nclosed 4\n");
}

static void an_alarm_rings_once_at_its_time(void **state)
{
    struct world *w = *state;
    open_ws(w);
    eio_set_alarm(w->e, w->session, T0 + 100 * MSEC);
    assert_string_equal(tick(w, T0 + 99 * MSEC), "");
    assert_string_equal(tick(w, T0 + 100 * MSEC), "alarm 0\n");
    assert_string_equal(tick(w, T0 + 101 * MSEC), "");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_polling_handshake_answers_with_the_open_packet),
        T(a_websocket_handshake_offers_no_upgrades),
        T(bad_requests_are_refused_in_the_reference_servers_words),
        T(a_guessed_key_or_a_foreign_slot_is_an_unknown_session),
        T(a_method_that_is_no_transports_is_refused),
        T(sessions_have_a_bound_and_slots_come_back),
        T(a_post_delivers_its_messages_in_order),
        T(a_poll_waits_for_what_is_sent_and_takes_all_of_a_turn),
        T(two_polls_at_once_end_the_session),
        T(a_poll_given_up_ends_the_session),
        T(garbage_in_a_post_ends_the_session),
        T(a_post_that_is_too_long_is_413_and_the_end),
        T(a_client_that_closes_gets_a_noop_for_its_poll),
        T(pings_come_at_their_interval_and_an_answer_keeps_the_session),
        T(silence_after_a_ping_ends_the_session),
        T(a_late_ping_takes_from_the_clients_time_but_half_at_most),
        T(a_request_after_the_timeout_finds_no_session_though_no_tick_came),
        T(a_polling_client_without_pongs_is_closed_through_its_poll),
        T(a_pong_nobody_asked_for_changes_nothing),
        T(on_a_websocket_garbage_pings_and_length_end_the_session),
        T(messages_cross_a_websocket_as_they_are),
        T(a_websocket_that_goes_takes_its_session_with_it),
        T(the_servers_close_reaches_a_polling_client_with_its_next_poll),
        T(last_words_that_nobody_fetches_are_dropped),
        T(a_close_while_a_poll_waits_says_what_was_sent_first),
        T(a_client_that_does_not_poll_is_closed_when_its_queue_is_full),
        T(answers_are_cut_at_the_payload_size),
        T(a_websocket_that_is_too_slow_is_cut_off),
        T(an_alarm_rings_once_at_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
