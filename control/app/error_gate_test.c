/* error_gate_test.c: how much of what goes wrong is stored. */
#include "app/error_gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define T0 (5 * SEC)

static void a_second_has_room_for_ten_of_each_source(void **state)
{
    struct error_gate g = {0};
    (void)state;
    for (unsigned i = 0; i < ERRORS_A_SECOND; i++)
        assert_true(error_gate_second(&g, ERRORS_OF_API, T0 + i));
    assert_false(error_gate_second(&g, ERRORS_OF_API, T0 + SEC - 1));
    assert_true(error_gate_second(&g, ERRORS_OF_CLIENTS, T0 + SEC - 1));
    assert_true(error_gate_second(&g, ERRORS_OF_API, T0 + SEC));
}

static void a_socket_has_a_minutes_budget_of_its_own(void **state)
{
    static struct error_gate g;
    uint64_t one = (uint64_t)7 << 32 | 3, other = (uint64_t)9 << 32 | 4;
    (void)state;
    for (unsigned i = 0; i < ERRORS_OF_A_SOCKET; i++)
        assert_true(error_gate_socket(&g, one, T0));
    assert_false(error_gate_socket(&g, one, T0 + 60 * SEC - 1));
    assert_true(error_gate_socket(&g, other, T0));
    assert_true(error_gate_socket(&g, one, T0 + 60 * SEC));
}

static void a_socket_that_takes_anothers_place_begins_anew(void **state)
{
    static struct error_gate g;
    uint64_t before = (uint64_t)1 << 32 | 3, after = (uint64_t)2 << 32 | 3;
    (void)state;
    for (unsigned i = 0; i <= ERRORS_OF_A_SOCKET; i++)
        (void)error_gate_socket(&g, before, T0);
    assert_true(error_gate_socket(&g, after, T0));
}

static void an_hour_has_room_for_so_many_different_texts(void **state)
{
    static struct error_gate g;
    char message[32];
    (void)state;
    for (unsigned i = 0; i < ERROR_TEXTS; i++) {
        snprintf(message, sizeof message, "text %u", i);
        assert_true(error_gate_text(&g, "error.app", "/join", message, T0));
    }
    assert_false(error_gate_text(&g, "error.app", "/join", "one more", T0));
    assert_true(error_gate_text(&g, "error.app", "/join", "text 5", T0));
    assert_false(error_gate_text(&g, "error.media", "/join", "text 5", T0)); /* the type is part of it */
    assert_false(error_gate_text(&g, "error.app", "/", "text 5", T0));       /* the route too */
    assert_true(error_gate_text(&g, "error.app", "/join", "one more", T0 + 3600 * SEC));
}

static void a_text_is_trimmed_and_cut_between_characters(void **state)
{
    char out[4 * 3 + 1];
    (void)state;
    error_text(out, "  \t\xE2\x82\xAC\xE2\x82\xAC\xF0\x9F\x98\x80z", 3);
    assert_string_equal(out, "\xE2\x82\xAC\xE2\x82\xAC\xF0\x9F\x98\x80");
    error_text(out, " \n ", 3);
    assert_string_equal(out, "");
}

static void the_longest_texts_are_told_apart_to_their_ends(void **state)
{
    static struct error_gate g;
    char route[ERROR_ROUTE_CAP], message[ERROR_MESSAGE_CAP];
    (void)state;
    memset(route, 'r', sizeof route - 1);
    memset(message, 'm', sizeof message - 1);
    route[sizeof route - 1] = message[sizeof message - 1] = '\0';
    for (unsigned i = 0; i < ERROR_TEXTS; i++) {
        message[sizeof message - 2] = (char)('!' + i);
        assert_true(error_gate_text(&g, "error.signaling", route, message, T0));
    }
    message[sizeof message - 2] = ' ';
    assert_false(error_gate_text(&g, "error.signaling", route, message, T0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_has_room_for_ten_of_each_source),
        cmocka_unit_test(a_socket_has_a_minutes_budget_of_its_own),
        cmocka_unit_test(a_socket_that_takes_anothers_place_begins_anew),
        cmocka_unit_test(an_hour_has_room_for_so_many_different_texts),
        cmocka_unit_test(a_text_is_trimmed_and_cut_between_characters),
        cmocka_unit_test(the_longest_texts_are_told_apart_to_their_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
