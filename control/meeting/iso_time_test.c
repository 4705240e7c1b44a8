#include "meeting/iso_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* 2026-04-01T14:00:00Z */
#define APRIL (1775052000 * SEC)

static void same_instants_are_read_alike_however_they_are_written(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "2026-04-01T14:00:00Z",      "2026-04-01T14:00:00.000Z",
        "2026-04-01T14:00Z",         "2026-04-01T14Z",
        "2026-04-01t14:00:00z",      "2026-04-01 14:00:00Z",
        "20260401T140000Z",          "20260401T1400Z",
        "2026-04-01T16:00:00+02:00", "2026-04-01T16:00+0200",
        "2026-04-01T16:00+02",       "2026-04-01T08:30-05:30",
        "2026-W14-3T14:00Z",         "2026W143T14Z",
        "2026-091T14:00:00Z",        "2026091T14Z",
        "2026-04-01T13:59:60Z",      "2026-04-02T00:00+10:00",
        "2026-04-01T24:00:00+10:00", "2026-04-01T14:00:00,0Z",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        usec_t at = 0;
        if (iso_time_read(texts[i], &at) || at != APRIL)
            fail_msg("%s is %lld", texts[i], (long long)at);
    }
}

static void the_last_part_may_have_a_fraction(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        usec_t more;
    } rows[] = {
        {"2026-04-01T14:00:00.007Z", 7 * MSEC},
        {"2026-04-01T14:00:00,5Z", 500 * MSEC},
        {"2026-04-01T14:00:00.123456789123456789Z", 123456},
        {"2026-04-01T14:30.5Z", 1830 * SEC},
        {"2026-04-01T14.25Z", 900 * SEC},
        {"20260401T140000.25Z", 250 * MSEC},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        usec_t at = 0;
        if (iso_time_read(rows[i].text, &at) || at != APRIL + rows[i].more)
            fail_msg("%s is %lld", rows[i].text, (long long)(at - APRIL));
    }
}

static void what_is_no_time_with_a_zone_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "tomorrow",
        "2026-04-01",
        "2026-04-01T14:00:00", /* no zone */
        "2026-04-01T14:00:00Zulu",
        "2026-04-01T14:00:00Z ",
        " 2026-04-01T14:00:00Z",
        "2026-04-31T14:00:00Z",
        "2026-02-29T14:00:00Z",
        "2100-02-29T14:00:00Z",
        "2026-00-01T14:00:00Z",
        "2026-13-01T14:00:00Z",
        "2026-04-00T14:00:00Z",
        "2026-366T14:00Z",
        "2026-000T14:00Z",
        "2026-W54-1T14:00Z",
        "2025-W53-1T14:00Z",
        "2026-W14-8T14:00Z",
        "2026-W143T14:00Z",
        "2026-0401T14:00Z",
        "202604-01T14:00Z",
        "2026-04-01T25:00Z",
        "2026-04-01T24:00:01Z",
        "2026-04-01T14:60Z",
        "2026-04-01T14:00:61Z",
        "2026-04-01T14:00:00.Z",
        "2026-04-01T1400Z", /* half with separators */
        "2026-04-01T14:00+24:00",
        "2026-04-01T14:00+02:60",
        "2026-04-01T14:00+2",
        "2026-04-01T14:00+02:",
        "1775052000000",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00+01:00",
        "+002026-04-01T14:00Z",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        usec_t at = 42;
        if (iso_time_read(texts[i], &at) != ERR_SYNTAX || at != 42)
            fail_msg("\"%s\" was read", texts[i]);
    }
}

static void leap_days_and_long_years_exist_where_they_do(void **state)
{
    (void)state;
    usec_t a = 0, b = 0;
    assert_int_equal(iso_time_read("2028-02-29T00:00Z", &a), OK);
    assert_int_equal(iso_time_read("2028-060T00:00Z", &b), OK);
    assert_int_equal(a, b);
    assert_int_equal(iso_time_read("2000-02-29T00:00Z", &a), OK);
    assert_int_equal(a, 951782400 * SEC);
    assert_int_equal(iso_time_read("2026-W53-7T00:00Z", &a), OK); /* 2026 has 53 weeks */
    assert_int_equal(iso_time_read("2027-01-03T00:00Z", &b), OK);
    assert_int_equal(a, b);
    assert_int_equal(iso_time_read("9999-12-31T23:59:59.999Z", &a), OK);
    assert_int_equal(a, 253402300799999 * MSEC);
}

static void times_are_written_with_milliseconds(void **state)
{
    (void)state;
    char text[ISO_TIME_CAP];
    iso_time_write(text, APRIL + 7 * MSEC + 999);
    assert_string_equal(text, "2026-04-01T14:00:00.007Z");
    iso_time_write(text, 0);
    assert_string_equal(text, "1970-01-01T00:00:00.000Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_instants_are_read_alike_however_they_are_written),
        cmocka_unit_test(the_last_part_may_have_a_fraction),
        cmocka_unit_test(what_is_no_time_with_a_zone_is_refused),
        cmocka_unit_test(leap_days_and_long_years_exist_where_they_do),
        cmocka_unit_test(times_are_written_with_milliseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
