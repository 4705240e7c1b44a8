/* msg_test.c: messages, and what they own. */
#include "room/msg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

static void names_are_cut_to_what_fits(void **state)
{
    (void)state;
    char longer[200];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    struct msg *m = msg_new(MSG_JOIN, longer, NULL);
    assert_int_equal(strlen(m->room), ROOM_NAME_CAP - 1);
    assert_string_equal(m->participant, "");
    msg_free(m);
    msg_free(NULL);
}

/* Under LeakSanitizer: all that a message may own goes with it. */
static void a_message_frees_what_it_owns(void **state)
{
    (void)state;
    for (unsigned type = MSG_NONE; type < MSG_TYPES; type++) {
        struct msg *m = msg_new((enum msg_type)type, "r", "p");
        if (type == MSG_OFFER)
            m->offer.sdp = strdup("v=0");
        if (type == MSG_REPLY)
            m->reply.text = strdup("text");
        if (type == MSG_VIEW)
            m->view.list = malloc(8);
        if (type == MSG_SLOTS)
            m->slots.list = malloc(8);
        if (type == MSG_STATS_REPLY)
            m->stats = malloc(sizeof *m->stats);
        if (type == MSG_SESSION_STATS_REPLY)
            m->session = malloc(sizeof *m->session);
        msg_free(m);
    }
}

static void every_kind_has_a_name_and_a_way(void **state)
{
    (void)state;
    for (unsigned i = MSG_NONE; i < MSG_TYPES; i++) {
        assert_int_equal(msg_way((enum msg_type)i) == MSG_IS_NOTHING, i == MSG_NONE);
        for (unsigned k = MSG_NONE; k < i; k++)
            assert_string_not_equal(msg_type_name((enum msg_type)i), msg_type_name((enum msg_type)k));
    }
    assert_int_equal(msg_way(MSG_TYPES), MSG_IS_NOTHING);
    assert_string_equal(msg_type_name(MSG_TYPES), "unknown");
}

static void a_list_is_first_in_first_out(void **state)
{
    (void)state;
    struct msg_list l;
    msg_list_init(&l);
    assert_null(msg_list_take(&l));
    msg_list_put(&l, NULL);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 4; i++) {
            struct msg *m = msg_new(MSG_JOIN, "r", "p");
            m->request = i;
            msg_list_put(&l, m);
        }
        for (unsigned i = 0; i < 4; i++) {
            struct msg *m = msg_list_take(&l);
            assert_int_equal(m->request, i);
            msg_free(m);
        }
        assert_null(msg_list_take(&l));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_cut_to_what_fits),
        cmocka_unit_test(a_message_frees_what_it_owns),
        cmocka_unit_test(every_kind_has_a_name_and_a_way),
        cmocka_unit_test(a_list_is_first_in_first_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
