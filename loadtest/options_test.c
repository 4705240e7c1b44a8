#include "loadtest/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <getopt.h>
#include <stdio.h>

#define MAX_ARGS 16

/* Words separated by single spaces. */
static enum err read_line(const char *line, struct options *o)
{
    static char text[512];
    char *argv[MAX_ARGS + 1] = {(char *)"onepizza-load"};
    int argc = 1;
    snprintf(text, sizeof text, "%s", line);
    for (char *p = text, *next = text; next && argc < MAX_ARGS; p = next) {
        next = NULL;
        for (char *q = p; *q && !next; q++)
            if (*q == ' ')
                next = q + 1;
        if (next)
            next[-1] = '\0';
        if (*p)
            argv[argc++] = p;
    }
    optind = 0; /* getopt begins anew */
    return options_read(argc, argv, o);
}

static void a_broadcast_is_the_usual_case(void **state)
{
    (void)state;
    struct options o;
    assert_int_equal(read_line("", &o), OK);
    assert_int_equal(o.publishers, 1);
    assert_int_equal(o.subscribers, 10);
    assert_int_equal(o.rooms, 0);
    assert_false(o.real);
    assert_true(o.audio && o.video);
    assert_int_equal(o.pin, -1);
}

static void options_go_where_they_belong(void **state)
{
    (void)state;
    struct options o;
    assert_int_equal(read_line("--rooms 20 --size=4 --churn 2.5 --verify all --no-audio --sfu-socket /s --pin 1", &o),
                     OK);
    assert_int_equal(o.rooms, 20);
    assert_int_equal(o.size, 4);
    assert_true(o.churn > 2.49 && o.churn < 2.51);
    assert_int_equal(o.verify, OPTIONS_VERIFY_ALL);
    assert_false(o.audio);
    assert_string_equal(o.sfu_socket, "/s");
    assert_int_equal(o.pin, 1);
}

static void people_who_look_on_see_real_pictures(void **state)
{
    (void)state;
    struct options o;
    assert_int_equal(read_line("--meeting abc", &o), OK);
    assert_true(o.real);
    assert_int_equal(read_line("--meeting=abc --media synthetic", &o), OK);
    assert_false(o.real);
    assert_int_equal(read_line("--media real", &o), OK);
    assert_true(o.real);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    struct options o;
    static const char *const bad[] = {
        "--subscribers -1",
        "--subscribers 20001",
        "--subscribers 1.5",
        "--subscribers",
        "--subscribers x",
        "--rooms 1000 --size 1000",
        "--media both",
        "--no-audio --no-video",
        "--what",
        "stray",
        "--meeting a --rooms 2",
        "--churn nan",
        "--meeting a --sfu-socket b",
        "--publishers 0 --subscribers 0",
    };
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(read_line(bad[i], &o), ERR_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_broadcast_is_the_usual_case),
        cmocka_unit_test(options_go_where_they_belong),
        cmocka_unit_test(people_who_look_on_see_real_pictures),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
