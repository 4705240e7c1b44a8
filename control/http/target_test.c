#include "http/target.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static char buf[20000];
static struct target t;

static enum err parse(const char *raw)
{
    return target_parse(bytes_str(raw), buf, sizeof buf, &t);
}

static void segments_are_decoded_one_by_one(void **state)
{
    (void)state;
    assert_int_equal(parse("/api/a%2Fb/caf%C3%A9"), OK);
    assert_int_equal(t.n_segments, 3);
    assert_string_equal(t.segments[1], "a/b");
    assert_string_equal(t.segments[2], "caf\xc3\xa9");
    assert_string_equal(t.path, "/api/a/b/caf\xc3\xa9");
}

static void queries_are_decoded(void **state)
{
    (void)state;
    assert_int_equal(parse("/?a=1&b=x+y%26z&&c&a=2&=v"), OK);
    assert_string_equal(target_query(&t, "a"), "1");
    assert_string_equal(target_query(&t, "b"), "x y&z");
    assert_string_equal(target_query(&t, "c"), "");
    assert_null(target_query(&t, "d"));
}

static void what_could_leave_the_tree_or_end_a_string_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",       "a",  "/..", "/a/../b", "/%2e%2E/x", "/.",      "/a%00",   "/a%0ab",           "/a\\b",
        "/a%5cb", "/%", "/%4", "/%zz",    "/%c3%28",   "/?a=%00", "/?a=%ff", "/%c0%ae%c0%ae/etc"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(parse(bad[i]), ERR_SYNTAX);
    assert_int_equal(parse("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17"), ERR_FULL);
}

static void absolute_form_loses_its_authority(void **state)
{
    (void)state;
    assert_int_equal(parse("http://host:3000/a?b=c"), OK);
    assert_string_equal(t.path, "/a");
    assert_string_equal(target_query(&t, "b"), "c");
    assert_int_equal(parse("http://host"), OK);
    assert_string_equal(t.path, "/");
}

static void patterns_match_whole_segments(void **state)
{
    (void)state;
    static const struct {
        const char *path, *pattern;
        bool fits;
        const char *param;
    } rows[] = {
        {"/api/meetings/abc/lock", "/api/meetings/:id/lock", true, "abc"},
        {"/api/meetings/abc/lock/", "/api/meetings/:id/lock", true, "abc"},
        {"/api/meetings/abc", "/api/meetings/:id/lock", false, NULL},
        {"/api/meetings/abc/lock/x", "/api/meetings/:id/lock", false, NULL},
        {"/api/meetingsabc", "/api/meetings", false, NULL},
        {"/api//lock", "/api/:id/lock", false, NULL},
        {"/", "/", true, NULL},
        {"/x", "/", false, NULL},
        {"/join/a%2Fb", "/join/:id", true, "a/b"},
        {"/join%2Fthem/x", "/join/them/:id", false, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *params[TARGET_MAX_SEGMENTS];
        unsigned n = 0;
        assert_int_equal(parse(rows[i].path), OK);
        assert_int_equal(target_match(&t, rows[i].pattern, params, &n), rows[i].fits);
        if (rows[i].param)
            assert_string_equal(params[0], rows[i].param);
    }
}

static void too_many_parameters_are_ignored(void **state)
{
    (void)state;
    char raw[1000] = "/?";
    for (size_t i = 0; i < 100; i++)
        snprintf(raw + 2 + i * 4, 5, "a=b&");
    assert_int_equal(parse(raw), OK);
    assert_int_equal(t.n_query, TARGET_MAX_QUERY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_are_decoded_one_by_one),
        cmocka_unit_test(queries_are_decoded),
        cmocka_unit_test(what_could_leave_the_tree_or_end_a_string_is_refused),
        cmocka_unit_test(absolute_form_loses_its_authority),
        cmocka_unit_test(patterns_match_whole_segments),
        cmocka_unit_test(too_many_parameters_are_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
