#include "access/who_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define T0 (1000 * SEC)

static int set_up(void **state)
{
    struct who_memory *m = NULL;
    assert_int_equal(who_memory_new(&m), OK);
    *state = m;
    return 0;
}

static int tear_down(void **state)
{
    who_memory_free(*state);
    return 0;
}

static struct who who_of(int64_t user_id, int64_t company_id, const char *secret)
{
    struct who w = {.user_id = user_id, .company_id = company_id};
    sha256_hex_of(w.secret_hash, secret);
    return w;
}

static struct who put(struct who_memory *m, int64_t user_id, int64_t company_id, const char *secret)
{
    struct who w = who_of(user_id, company_id, secret);
    who_memory_put(m, T0, who_memory_forgets(m), &w);
    return w;
}

static void what_was_put_is_known_for_thirty_seconds(void **state)
{
    struct who_memory *m = *state;
    struct who w = put(m, 7, 0, "a");
    const struct who *found = who_memory_find(m, T0 + 30 * SEC - 1, w.secret_hash);
    assert_non_null(found);
    assert_int_equal(found->user_id, 7);
    assert_null(who_memory_find(m, T0 + 30 * SEC, w.secret_hash));
}

static void an_unknown_secret_is_not_known_even_in_the_place_of_another(void **state)
{
    struct who_memory *m = *state;
    struct who w = put(m, 7, 0, "a");
    char same_place[DIGEST_HEX_CAP];
    memcpy(same_place, w.secret_hash, sizeof same_place);
    same_place[63] = same_place[63] == '0' ? '1' : '0';
    assert_null(who_memory_find(m, T0, same_place));
    who_memory_forget_secret(m, same_place);
    assert_non_null(who_memory_find(m, T0, w.secret_hash));
}

static void a_forgotten_secret_is_forgotten_alone(void **state)
{
    struct who_memory *m = *state;
    struct who a = put(m, 7, 0, "a"), b = put(m, 7, 0, "b");
    who_memory_forget_secret(m, a.secret_hash);
    assert_null(who_memory_find(m, T0, a.secret_hash));
    assert_non_null(who_memory_find(m, T0, b.secret_hash));
}

static void a_forgotten_user_is_forgotten_with_all_secrets(void **state)
{
    struct who_memory *m = *state;
    struct who a = put(m, 7, 1, "a"), b = put(m, 7, 1, "b"), other = put(m, 8, 1, "c");
    who_memory_forget_user(m, 7);
    assert_null(who_memory_find(m, T0, a.secret_hash));
    assert_null(who_memory_find(m, T0, b.secret_hash));
    assert_non_null(who_memory_find(m, T0, other.secret_hash));
}

static void everybody_can_be_forgotten_at_once(void **state)
{
    struct who_memory *m = *state;
    struct who a = put(m, 7, 1, "a"), b = put(m, 8, 0, "b");
    who_memory_forget_everybody(m);
    assert_null(who_memory_find(m, T0, a.secret_hash));
    assert_null(who_memory_find(m, T0, b.secret_hash));
    put(m, 7, 1, "a");
    assert_non_null(who_memory_find(m, T0, a.secret_hash));
}

/* The database was asked, the key was deleted and forgotten, and only then the answer came. */
static void an_answer_from_before_something_was_forgotten_is_not_kept(void **state)
{
    struct who_memory *m = *state;
    struct who w = who_of(7, 0, "a");
    uint64_t asked_at = who_memory_forgets(m);
    who_memory_forget_secret(m, w.secret_hash);
    who_memory_put(m, T0, asked_at, &w);
    assert_null(who_memory_find(m, T0, w.secret_hash));
    asked_at = who_memory_forgets(m);
    who_memory_forget_user(m, 8);
    who_memory_put(m, T0, asked_at, &w);
    assert_null(who_memory_find(m, T0, w.secret_hash));
    asked_at = who_memory_forgets(m);
    who_memory_forget_everybody(m);
    who_memory_put(m, T0, asked_at, &w);
    assert_null(who_memory_find(m, T0, w.secret_hash));
    who_memory_put(m, T0, who_memory_forgets(m), &w);
    assert_non_null(who_memory_find(m, T0, w.secret_hash));
}

static void when_a_key_was_seen_is_kept_with_it(void **state)
{
    struct who_memory *m = *state;
    struct who a = put(m, 7, 0, "a"), unknown = who_of(7, 0, "b");
    who_memory_seen(m, a.secret_hash, 5 * SEC);
    who_memory_seen(m, unknown.secret_hash, 5 * SEC);
    assert_true(who_memory_find(m, T0, a.secret_hash)->seen_at == 5 * SEC);
    assert_null(who_memory_find(m, T0, unknown.secret_hash));
}

static void it_is_bounded_and_ten_thousand_secrets_are_no_trouble(void **state)
{
    struct who_memory *m = *state;
    unsigned known = 0;
    for (int i = 1; i <= 10000; i++) {
        char secret[16];
        snprintf(secret, sizeof secret, "%d", i);
        struct who w = put(m, i, 0, secret);
        assert_non_null(who_memory_find(m, T0, w.secret_hash));
    }
    for (int i = 1; i <= 10000; i++) {
        char secret[16];
        snprintf(secret, sizeof secret, "%d", i);
        struct who w = who_of(i, 0, secret);
        const struct who *found = who_memory_find(m, T0, w.secret_hash);
        assert_true(!found || found->user_id == i);
        known += found != NULL;
    }
    assert_in_range(known, WHO_MEMORY_PLACES * 8 / 10, WHO_MEMORY_PLACES);
}

#define WITH_MEMORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_MEMORY(what_was_put_is_known_for_thirty_seconds),
        WITH_MEMORY(an_unknown_secret_is_not_known_even_in_the_place_of_another),
        WITH_MEMORY(a_forgotten_secret_is_forgotten_alone),
        WITH_MEMORY(a_forgotten_user_is_forgotten_with_all_secrets),
        WITH_MEMORY(everybody_can_be_forgotten_at_once),
        WITH_MEMORY(an_answer_from_before_something_was_forgotten_is_not_kept),
        WITH_MEMORY(when_a_key_was_seen_is_kept_with_it),
        WITH_MEMORY(it_is_bounded_and_ten_thousand_secrets_are_no_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
