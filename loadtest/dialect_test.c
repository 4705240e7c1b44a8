#include "loadtest/dialect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

static struct dialect_result recv_text(struct dialect *d, const char *text)
{
    struct dialect_result r;
    assert_int_equal(dialect_recv(d, bytes_str(text), &r), OK);
    return r;
}

static void expect_reply(struct dialect *d, const char *text, const char *reply)
{
    struct dialect_result r = recv_text(d, text);
    assert_false(r.has_signal);
    assert_string_equal(r.reply, reply);
    free(r.reply);
}

static void expect_signal(struct dialect *d, const char *text, enum signal_type type, const char *why)
{
    struct dialect_result r = recv_text(d, text);
    assert_null(r.reply);
    assert_true(r.has_signal);
    assert_int_equal(r.signal.type, type);
    assert_true(bytes_eq(r.signal.text, bytes_str(why)));
    signal_reset(&r.signal);
}

static void expect_nothing(struct dialect *d, const char *text)
{
    struct dialect_result r = recv_text(d, text);
    assert_null(r.reply);
    assert_false(r.has_signal);
}

static void join(struct dialect *d)
{
    dialect_init(d, "abc-defg", "load-1");
    expect_reply(d, "0{\"sid\":\"x\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000}", "40");
    expect_reply(d, "40{\"sid\":\"y\"}",
                 "420[\"join-meeting\",{\"meetingId\":\"abc-defg\",\"name\":\"load-1\",\"topology\":\"sfu\"}]");
    expect_signal(d, "42[\"joined\",{\"participantId\":\"p\"}]", SIGNAL_READY, "");
}

static void it_joins_and_gets_its_answer(void **state)
{
    (void)state;
    struct dialect d;
    join(&d);
    expect_nothing(&d, "430[{\"ok\":true}]");
    expect_nothing(&d, "42[\"participant:joined\",{}]");
    expect_signal(&d, "42[\"signal:answer\",{\"from\":\"sfu\",\"answer\":{\"type\":\"answer\",\"sdp\":\"v=0\"}}]",
                  SIGNAL_ANSWER, "v=0");
    expect_nothing(&d, "42[\"signal:answer\",{\"from\":\"other\",\"answer\":{\"type\":\"answer\",\"sdp\":\"v=0\"}}]");
    expect_nothing(&d, "42[\"signal:answer\",{\"from\":\"sfu\",\"answer\":{\"sdp\":7}}]");
    expect_reply(&d, "2", "3");
    expect_signal(&d, "42[\"sfu:restart\",{\"reason\":\"draining\"}]", SIGNAL_RESTART, "draining");
}

static void what_it_says_is_what_the_document_says(void **state)
{
    (void)state;
    struct dialect d;
    join(&d);
    char *tracks = dialect_tracks(&d, true, true), *offer = dialect_offer(&d, BYTES_LIT("v=0\r\n"));
    assert_string_equal(tracks, "421[\"sfu:tracks\",{\"tracks\":[{\"mid\":\"0\",\"source\":\"microphone\"},"
                                "{\"mid\":\"1\",\"source\":\"camera\"}]}]");
    assert_string_equal(offer,
                        "422[\"signal:offer\",{\"to\":\"sfu\",\"offer\":{\"type\":\"offer\",\"sdp\":\"v=0\\r\\n\"}}]");
    char *leave = dialect_leave(&d);
    assert_string_equal(leave, "423[\"leave-meeting\",{}]");
    free(leave);
    free(tracks);
    free(offer);
}

static void a_host_makes_room(void **state)
{
    (void)state;
    struct dialect d;
    dialect_init(&d, "m", "n");
    d.admin_token = "t";
    d.max_participants = 300;
    expect_reply(&d, "0{}", "40");
    expect_reply(&d, "40{\"sid\":\"y\"}",
                 "420[\"join-meeting\",{\"meetingId\":\"m\",\"name\":\"n\",\"topology\":\"sfu\",\"isAdmin\":true,"
                 "\"adminToken\":\"t\"}]");
    struct dialect_result r = recv_text(&d, "42[\"joined\",{}]");
    assert_string_equal(r.reply, "421[\"admin:settings\",{\"maxParticipants\":300}]");
    assert_int_equal(r.signal.type, SIGNAL_READY);
    free(r.reply);
    signal_reset(&r.signal);
}

static void a_refusal_is_said_with_its_reason(void **state)
{
    (void)state;
    struct dialect d;
    dialect_init(&d, "m", "n");
    expect_reply(&d, "0{}", "40");
    struct dialect_result r = recv_text(&d, "40{\"sid\":\"y\"}");
    free(r.reply);
    expect_signal(&d, "430[{\"ok\":false,\"error\":{\"code\":\"x\",\"message\":\"locked\"}}]", SIGNAL_REFUSED,
                  "locked");
    expect_signal(&d, "42[\"error\",{\"message\":\"full\"}]", SIGNAL_REFUSED, "full");
    expect_signal(&d, "42[\"meeting:ended\",{}]", SIGNAL_CLOSED, "meeting:ended");
    expect_signal(&d, "41", SIGNAL_CLOSED, "disconnect");
    expect_signal(&d, "1", SIGNAL_CLOSED, "engine.io close");
}

static void what_is_no_message_is_refused(void **state)
{
    (void)state;
    struct dialect d;
    struct dialect_result r;
    dialect_init(&d, "m", "n");
    static const char *const bad[] = {"", "9", "4", "42", "42{}", "42[", "49[]", "40{\"sid\":\"y\""};
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(dialect_recv(&d, bytes_str(bad[i]), &r), ERR_SYNTAX);
    expect_nothing(&d, "42[\"joined\",{}]"); /* before it asked */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_joins_and_gets_its_answer),
        cmocka_unit_test(what_it_says_is_what_the_document_says),
        cmocka_unit_test(a_host_makes_room),
        cmocka_unit_test(a_refusal_is_said_with_its_reason),
        cmocka_unit_test(what_is_no_message_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
