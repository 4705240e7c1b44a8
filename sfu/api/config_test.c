#include "api/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static int forget(void **state)
{
    (void)state;
    static const char *const names[] = {"SFU_SOCKET",   "SFU_PORT",  "SFU_WORKERS", "SFU_MAX_SESSIONS",
                                        "SFU_ANNOUNCE", "LOG_LEVEL", "LOG_FORMAT"};
    for (unsigned i = 0; i < ARRAY_LEN(names); i++)
        unsetenv(names[i]);
    return 0;
}

static void without_settings_there_are_defaults(void **state)
{
    (void)state;
    struct config c;
    char why[200];
    assert_int_equal(config_read(&c, why), OK);
    assert_string_equal(c.socket_path, "data/sfu.sock");
    assert_int_equal(c.port, 40000);
    assert_true(c.n_workers >= 1);
    assert_int_equal(c.max_sessions, 10000);
    assert_true(c.n_announce >= 1);
}

static void settings_are_taken(void **state)
{
    (void)state;
    struct config c;
    char why[200], text[ADDR_TEXT_CAP];
    setenv("SFU_SOCKET", "/run/x.sock", 1);
    setenv("SFU_PORT", "5000", 1);
    setenv("SFU_WORKERS", "3", 1);
    setenv("SFU_MAX_SESSIONS", "7", 1);
    setenv("SFU_ANNOUNCE", "192.0.2.1, 2001:db8::1", 1);
    assert_int_equal(config_read(&c, why), OK);
    assert_string_equal(c.socket_path, "/run/x.sock");
    assert_int_equal(c.port, 5000);
    assert_int_equal(c.n_workers, 3);
    assert_int_equal(c.max_sessions, 7);
    assert_int_equal(c.n_announce, 2);
    assert_string_equal(addr_ip_text(&c.announce[0], text), "192.0.2.1");
    assert_string_equal(addr_ip_text(&c.announce[1], text), "2001:db8::1");
}

static void what_is_wrong_is_named(void **state)
{
    static const char *const rows[][2] = {
        {"SFU_PORT", "0"},
        {"SFU_PORT", "65535"},
        {"SFU_PORT", "-1"},
        {"SFU_PORT", "http"},
        {"SFU_PORT", "80x"},
        {"SFU_PORT", "99999999999999"},
        {"SFU_WORKERS", "0"},
        {"SFU_WORKERS", "65"},
        {"SFU_MAX_SESSIONS", "0"},
        {"SFU_MAX_SESSIONS", "70000"},
        {"SFU_ANNOUNCE", "example.org"},
        {"SFU_ANNOUNCE", "192.0.2.1,nobody"},
        {"SFU_ANNOUNCE", ","},
        {"LOG_LEVEL", "loud"},
    };
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        struct config c;
        char why[200] = "";
        forget(state);
        setenv(rows[i][0], rows[i][1], 1);
        assert_int_equal(config_read(&c, why), ERR_SYNTAX);
        assert_non_null(strstr(why, rows[i][0]));
    }
}

static void too_many_announced_addresses_are_refused(void **state)
{
    (void)state;
    struct config c;
    char why[200] = "", list[4000] = "";
    for (unsigned i = 0; i < CONFIG_ANNOUNCE; i++)
        strcat(list, "192.0.2.1,");
    setenv("SFU_ANNOUNCE", list, 1);
    assert_int_equal(config_read(&c, why), OK);
    assert_int_equal(c.n_announce, CONFIG_ANNOUNCE);
    for (unsigned i = 0; i < 200; i++)
        strcat(list, " ");
    strcat(list, "192.0.2.1");
    setenv("SFU_ANNOUNCE", list, 1);
    assert_int_equal(config_read(&c, why), ERR_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_settings_there_are_defaults, forget, forget),
        cmocka_unit_test_setup_teardown(settings_are_taken, forget, forget),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_named, forget, forget),
        cmocka_unit_test_setup_teardown(too_many_announced_addresses_are_refused, forget, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
