#include "shares/shares.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW (1000 * SEC)

static struct shares *made(struct shares_config cfg)
{
    struct shares *s = NULL;
    cfg.people_per_address = cfg.people_per_address ? cfg.people_per_address : 1;
    cfg.seed[0] = 7;
    assert_int_equal(shares_new(&cfg, &s), OK);
    return s;
}

static enum err take(struct shares *s, enum share what, const char *ip)
{
    struct holder h = holder_of_address(ip);
    return shares_take(s, NOW, what, &h, 1);
}

static uint64_t held(const struct shares *s, enum share what, const char *ip)
{
    struct holder h = holder_of_address(ip);
    return shares_held(s, what, &h);
}

static void an_address_gets_its_share_and_no_more(void **state)
{
    (void)state;
    struct shares *s = made((struct shares_config){.people_per_address = 2});
    unsigned n = 0;
    while (take(s, SHARE_CONNECTIONS, "192.0.2.1") == OK)
        n++;
    assert_int_equal(n, 8); /* four a person */
    assert_int_equal(take(s, SHARE_CONNECTIONS, "192.0.2.2"), OK);
    assert_int_equal(take(s, SHARE_SESSIONS, "192.0.2.1"), OK);
    assert_int_equal(shares_total(s, SHARE_CONNECTIONS), 9);
    struct holder h = holder_of_address("192.0.2.1");
    shares_give(s, SHARE_CONNECTIONS, &h, 1);
    assert_int_equal(take(s, SHARE_CONNECTIONS, "192.0.2.1"), OK);
    assert_int_equal(take(s, SHARE_CONNECTIONS, "192.0.2.1"), ERR_FULL);
    assert_int_equal(shares_counters(s, SHARE_CONNECTIONS).refused, 2);
    shares_free(s);
}

static void a_site_with_many_networks_has_the_share_of_a_few(void **state)
{
    (void)state;
    struct shares *s = made((struct shares_config){.people_per_address = 1});
    unsigned n = 0;
    for (unsigned net = 0; net < 64; net++) {
        char ip[64];
        snprintf(ip, sizeof ip, "2001:db8:7:%x::1", net);
        while (take(s, SHARE_CONNECTIONS, ip) == OK)
            n++;
    }
    assert_int_equal(n, 4 * SHARES_NETWORK_FACTOR);
    assert_int_equal(take(s, SHARE_CONNECTIONS, "2001:db8:8::1"), OK);
    assert_int_equal(shares_total(s, SHARE_CONNECTIONS), n + 1);
    shares_free(s);
}

static void addresses_of_a_64_are_one_and_a_mapped_one_is_its_ipv4(void **state)
{
    (void)state;
    struct shares *s = made((struct shares_config){0});
    assert_int_equal(take(s, SHARE_SESSIONS, "2001:db8::1"), OK);
    assert_int_equal(held(s, SHARE_SESSIONS, "2001:db8::ffff:1"), 1);
    assert_int_equal(take(s, SHARE_SESSIONS, "::ffff:192.0.2.9"), OK);
    assert_int_equal(held(s, SHARE_SESSIONS, "192.0.2.9"), 1);
    assert_int_equal(held(s, SHARE_SESSIONS, "192.0.2.8"), 0);
    shares_free(s);
}

static void half_of_what_there_is_is_the_most_that_one_gets(void **state)
{
    (void)state;
    struct shares *s = made((struct shares_config){.people_per_address = 500, .total = {[SHARE_CONNECTIONS] = 10}});
    unsigned n = 0;
    while (take(s, SHARE_CONNECTIONS, "192.0.2.1") == OK)
        n++;
    assert_int_equal(n, 5);
    shares_free(s);
}

struct owner {
    struct shares *shares;
    struct holder last, busy;
    unsigned n, willing;
};

static bool give_one(void *arg, enum share what, const struct holder *whose)
{
    struct owner *o = arg;
    if (!o->willing || holder_eq(whose, &o->busy))
        return false;
    o->willing--;
    o->last = *whose;
    o->n++;
    shares_give(o->shares, what, whose, 1);
    return true;
}

static void the_greediest_gives_way_when_there_is_no_more(void **state)
{
    (void)state;
    struct shares *s = made((struct shares_config){.people_per_address = 500, .total = {[SHARE_SESSIONS] = 10}});
    struct owner unwilling = {.shares = s}, owner = {.shares = s, .willing = 100};
    shares_register(s, give_one, &unwilling);
    shares_register(s, give_one, &owner);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(take(s, SHARE_SESSIONS, "192.0.2.1"), OK);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(take(s, SHARE_SESSIONS, "192.0.2.2"), OK);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(take(s, SHARE_SESSIONS, "192.0.2.3"), OK);
    assert_int_equal(owner.n, 0);
    struct holder most = holder_of_address("192.0.2.1");
    assert_int_equal(take(s, SHARE_SESSIONS, "192.0.2.99"), OK);
    assert_true(holder_eq(&owner.last, &most));
    assert_int_equal(shares_counters(s, SHARE_SESSIONS).displaced, 1);
    assert_int_equal(take(s, SHARE_SESSIONS, "192.0.2.98"), OK);
    assert_int_equal(held(s, SHARE_SESSIONS, "192.0.2.1"), 3);
    assert_int_equal(take(s, SHARE_SESSIONS, "192.0.2.2"), ERR_FULL); /* it would have most itself */
    assert_int_equal(owner.n, 2);
    owner.busy = most; /* all that it has is in use: the next gives way */
    struct holder second = holder_of_address("192.0.2.2");
    assert_int_equal(take(s, SHARE_SESSIONS, "192.0.2.96"), OK);
    assert_true(holder_eq(&owner.last, &second));
    assert_int_equal(held(s, SHARE_SESSIONS, "192.0.2.1"), 3);
    owner.willing = 0;
    assert_int_equal(take(s, SHARE_SESSIONS, "192.0.2.97"), ERR_FULL);
    assert_int_equal(shares_total(s, SHARE_SESSIONS), 10);
    shares_free(s);
}

static void who_uses_everything_is_not_asked_again_at_once(void **state)
{
    (void)state;
    struct shares *s = made((struct shares_config){.people_per_address = 500, .total = {[SHARE_SESSIONS] = 10}});
    struct holder most = holder_of_address("192.0.2.1"), other = holder_of_address("192.0.2.2");
    struct owner owner = {.shares = s, .willing = 100};
    shares_register(s, give_one, &owner);
    assert_int_equal(shares_take(s, NOW, SHARE_SESSIONS, &most, 5), OK);
    assert_int_equal(shares_take(s, NOW, SHARE_SESSIONS, &other, 5), OK);
    owner.willing = 0;
    assert_int_equal(take(s, SHARE_SESSIONS, "192.0.2.3"), ERR_FULL); /* both were asked */
    owner.willing = 100;
    assert_int_equal(take(s, SHARE_SESSIONS, "192.0.2.3"), ERR_FULL);
    struct holder later = holder_of_address("192.0.2.3");
    assert_int_equal(shares_take(s, NOW + 2 * SEC, SHARE_SESSIONS, &later, 1), OK);
    assert_int_equal(owner.n, 1);
    shares_free(s);
}

static void bytes_are_counted_in_steps(void **state)
{
    (void)state;
    struct shares *s = made((struct shares_config){0}); /* 64 KiB */
    struct holder h = holder_of_address("192.0.2.1");
    size_t held = 0;
    assert_int_equal(shares_keep(s, NOW, &h, &held, SHARES_STEP - 1), OK);
    assert_int_equal(shares_total(s, SHARE_BYTES), 0);
    assert_int_equal(shares_keep(s, NOW, &h, &held, 3 * SHARES_STEP + 5), OK);
    assert_int_equal(shares_total(s, SHARE_BYTES), 3 * SHARES_STEP);
    assert_int_equal(shares_keep(s, NOW, &h, &held, 64 * 1024 + SHARES_STEP), ERR_FULL);
    assert_int_equal(held, 3 * SHARES_STEP);
    assert_int_equal(shares_keep(s, NOW, &h, &held, 0), OK);
    assert_int_equal(shares_total(s, SHARE_BYTES), 0);
    shares_free(s);
}

static void a_bucket_empties_and_fills_with_time(void **state)
{
    (void)state;
    struct shares *s = made((struct shares_config){0});
    struct holder h = holder_of_account(5), other = holder_of_account(6);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(shares_spend(s, NOW, SHARE_GUESSES, &h, 1), OK);
    assert_int_equal(shares_spend(s, NOW, SHARE_GUESSES, &h, 1), ERR_FULL);
    assert_int_equal(shares_spend(s, NOW, SHARE_GUESSES, &other, 1), OK);
    assert_int_equal(shares_spend(s, NOW + 59 * SEC, SHARE_GUESSES, &h, 1), ERR_FULL);
    assert_int_equal(shares_spend(s, NOW + 60 * SEC, SHARE_GUESSES, &h, 1), OK);
    assert_int_equal(shares_spend(s, NOW + 60 * SEC, SHARE_GUESSES, &h, 1), ERR_FULL);
    shares_free(s);
}

static void what_is_charged_afterwards_has_to_be_waited_for(void **state)
{
    (void)state;
    struct shares *s = made((struct shares_config){.people_per_address = 10}); /* 20 ms, and 5 ms a second */
    struct holder h = holder_of_address("192.0.2.1");
    assert_int_equal(shares_wait(s, NOW, SHARE_LOOP, &h), 0);
    shares_charge(s, NOW, SHARE_LOOP, &h, 15000);
    assert_int_equal(shares_wait(s, NOW, SHARE_LOOP, &h), 0);
    shares_charge(s, NOW, SHARE_LOOP, &h, 10000);
    assert_in_range(shares_wait(s, NOW, SHARE_LOOP, &h), SEC - MSEC, SEC + MSEC); /* 5 ms too many */
    assert_int_equal(shares_wait(s, NOW + 2 * SEC, SHARE_LOOP, &h), 0);
    shares_free(s);
}

static void holders_that_hold_nothing_are_forgotten(void **state)
{
    (void)state;
    struct shares *s = made((struct shares_config){0});
    char ip[64];
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(ip, sizeof ip, "10.0.%u.%u", i / 256, i % 256);
        struct holder h = holder_of_address(ip);
        assert_int_equal(shares_take(s, NOW + i * SEC, SHARE_CONNECTIONS, &h, 1), OK);
        shares_give(s, SHARE_CONNECTIONS, &h, 1);
    }
    assert_in_range(shares_holders(s), 1, 64);
    shares_free(s);
}

static void a_table_full_of_buckets_still_takes_a_newcomer(void **state)
{
    (void)state;
    struct shares *s = made((struct shares_config){0});
    char ip[64];
    struct holder keeps = holder_of_address("192.0.2.1");
    assert_int_equal(shares_take(s, NOW, SHARE_CONNECTIONS, &keeps, 1), OK);
    for (unsigned i = 0; i < SHARES_HOLDERS_MAX + 1000; i++) {
        snprintf(ip, sizeof ip, "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
        struct holder h = holder_of_address(ip);
        assert_int_equal(shares_spend(s, NOW, SHARE_JOINS, &h, 1), OK);
    }
    assert_true(shares_holders(s) <= SHARES_HOLDERS_MAX);
    assert_int_equal(shares_held(s, SHARE_CONNECTIONS, &keeps), 1);
    struct holder h = holder_of_address("192.0.2.200");
    assert_int_equal(shares_take(s, NOW, SHARE_CONNECTIONS, &h, 1), OK);
    shares_free(s);
}

static void what_was_refused_is_reported_once(void **state)
{
    (void)state;
    struct shares *s = made((struct shares_config){0});
    struct share_report r;
    for (unsigned i = 0; i < 1000; i++)
        (void)take(s, SHARE_CONNECTIONS, "192.0.2.7");
    assert_true(shares_report(s, &r));
    char text[HOLDER_TEXT_CAP];
    holder_text(&r.last, text);
    assert_string_equal(share_name(r.what), "connections");
    assert_string_equal(text, "192.0.2.7");
    assert_int_equal(r.refused, 996);
    assert_false(shares_report(s, &r));
    shares_free(s);
}

static void a_test_server_can_be_without_limits(void **state)
{
    (void)state;
    struct shares *s = made((struct shares_config){.unlimited = true, .total = {[SHARE_CONNECTIONS] = 100}});
    struct holder h = holder_of_address("192.0.2.1");
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(take(s, SHARE_CONNECTIONS, "192.0.2.1"), OK);
        assert_int_equal(shares_spend(s, NOW, SHARE_JOINS, &h, 1), OK);
    }
    assert_int_equal(take(s, SHARE_CONNECTIONS, "192.0.2.2"), ERR_FULL); /* but for the process's */
    shares_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_gets_its_share_and_no_more),
        cmocka_unit_test(a_site_with_many_networks_has_the_share_of_a_few),
        cmocka_unit_test(addresses_of_a_64_are_one_and_a_mapped_one_is_its_ipv4),
        cmocka_unit_test(half_of_what_there_is_is_the_most_that_one_gets),
        cmocka_unit_test(the_greediest_gives_way_when_there_is_no_more),
        cmocka_unit_test(who_uses_everything_is_not_asked_again_at_once),
        cmocka_unit_test(bytes_are_counted_in_steps),
        cmocka_unit_test(a_bucket_empties_and_fills_with_time),
        cmocka_unit_test(what_is_charged_afterwards_has_to_be_waited_for),
        cmocka_unit_test(holders_that_hold_nothing_are_forgotten),
        cmocka_unit_test(a_table_full_of_buckets_still_takes_a_newcomer),
        cmocka_unit_test(what_was_refused_is_reported_once),
        cmocka_unit_test(a_test_server_can_be_without_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
