/* The small parts: rates (dispatch.c), effects.c. */
#include "meeting/dispatch.h"
#include "meeting/testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void a_bucket_gives_its_burst_and_then_one_at_a_time(void **state)
{
    (void)state;
    struct rates r = {0};
    unsigned n = 0;
    while (rate_take(&r, RATE_TALK, 1000 * SEC, 1))
        n++;
    assert_int_equal(n, 20);
    assert_false(rate_take(&r, RATE_TALK, 1000 * SEC + 199 * MSEC, 1));
    assert_true(rate_take(&r, RATE_TALK, 1000 * SEC + 200 * MSEC, 1));
    assert_false(rate_take(&r, RATE_TALK, 1000 * SEC + 200 * MSEC, 1));
    assert_true(rate_take(&r, RATE_SIGNAL, 1000 * SEC, 1)); /* another bucket */
    for (n = 0; rate_take(&r, RATE_TALK, 2000 * SEC, 1); n++)
        ;
    assert_int_equal(n, 20);
}

static void an_event_for_nobody_is_no_effect(void **state)
{
    (void)state;
    struct effects fx;
    effects_init(&fx);
    struct effect *e = effects_begin(&fx, "m", "x", json_object());
    effects_finish(&fx, e);
    assert_int_equal(fx.n, 0);
    effects_emit(&fx, "m", 7, "x", NULL); /* memory ran out */
    assert_int_equal(fx.n, 0);
    assert_int_equal(fx.n_lost, 1);
    effects_emit(&fx, "m", 7, "x", json_object());
    assert_int_equal(effects_sockets(&fx, &fx.list[0])[0], 7);
    effects_reset(&fx);
}

static unsigned allocations_left;

static void *failing_malloc(size_t size)
{
    if (!allocations_left)
        return NULL;
    allocations_left--;
    return malloc(size);
}

/* JSON's allocations fail one after the other: effects are lost and counted, state and memory stay whole. */
static void without_memory_for_json_nothing_breaks(void **state)
{
    (void)state;
    static const char *const events[][2] = {
        {"join-meeting", "{'meetingId':'" WORLD_ID "','topology':'auto'}"},
        {"chat:message", "{'text':'hello'}"},
        {"admin:settings", "{'title':'x','waitingRoom':true}"},
        {"admin:mute-all", "{}"},
        {"sfu:tracks", "{'tracks':[]}"},
        {"signal:offer", "{'to':'sfu','offer':{'type':'offer','sdp':''}}"},
        {"media:screen-share", "{'isScreenSharing':true}"},
        {"admin:kick", "{'participantId':'000000000002'}"},
        {"admin:end", "{}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(events); i++)
        for (unsigned n = 0, lost = 1; lost; n++) {
            struct world w;
            world_open(&w);
            struct meeting *m = world_meeting(&w, (struct meeting_config){.settings.topology = TOPOLOGY_SFU});
            enter(&w, 1, HOST "," AUTO, NULL);
            enter(&w, 2, AUTO, NULL);
            json_t *payload = json_quoted(events[i][1]);
            w.next_ack = 1;
            allocations_left = n;
            json_set_alloc_funcs(failing_malloc, free);
            send_json(&w, i ? 1 : 3, events[i][0], payload);
            json_set_alloc_funcs(malloc, free);
            lost = w.fx.n_lost;
            assert_true(n < 500);
            assert_true(!meetings_find(w.ms, WORLD_ID) || meeting_n_participants(m) <= 3);
            send(&w, 2, "react", "{'emoji':'x'}");
            world_close(&w);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_gives_its_burst_and_then_one_at_a_time),
        cmocka_unit_test(an_event_for_nobody_is_no_effect),
        cmocka_unit_test(without_memory_for_json_nothing_breaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
