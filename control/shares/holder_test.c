#include "shares/holder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void texts_say_whom(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"192.0.2.7", "192.0.2.7"},
        {"::ffff:192.0.2.7", "192.0.2.7"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
        {"", "::/64"},
        {"not an address", "::/64"},
    };
    char text[HOLDER_TEXT_CAP];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct holder h = holder_of_address(cases[i][0]);
        holder_text(&h, text);
        assert_string_equal(text, cases[i][1]);
    }
    struct holder address = holder_of_address("2001:db8:1:2::9"), network = holder_of_network(&address);
    holder_text(&network, text);
    assert_string_equal(text, "2001:db8:1::/48");
    struct holder account = holder_of_account(42);
    holder_text(&account, text);
    assert_string_equal(text, "account 42");
}

static void ipv4_has_no_network(void **state)
{
    (void)state;
    struct holder address = holder_of_address("192.0.2.7");
    assert_int_equal(holder_of_network(&address).kind, HOLDER_NOBODY);
}

static void one_text_is_one_holder_for_each_kind_and_seed(void **state)
{
    (void)state;
    const uint64_t seed[2] = {1, 2}, other_seed[2] = {3, 2};
    struct holder a = holder_of_text(HOLDER_MEETING, "abc-def", seed),
                  b = holder_of_text(HOLDER_MEETING, "abc-def", seed),
                  c = holder_of_text(HOLDER_MEETING, "abc-deg", seed),
                  d = holder_of_text(HOLDER_MAILBOX, "abc-def", seed),
                  e = holder_of_text(HOLDER_MEETING, "abc-def", other_seed);
    assert_true(holder_eq(&a, &b));
    assert_false(holder_eq(&a, &c));
    assert_false(holder_eq(&a, &d));
    assert_false(holder_eq(&a, &e));
    assert_int_not_equal(holder_hash(&a, 5), holder_hash(&c, 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_say_whom),
        cmocka_unit_test(ipv4_has_no_network),
        cmocka_unit_test(one_text_is_one_holder_for_each_kind_and_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
