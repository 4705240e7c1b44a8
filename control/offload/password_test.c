#include "offload/password.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

static const uint8_t salt[PASSWORD_SALT_LEN] = "0123456789abcdef";

static void a_hash_is_argon2id_with_the_parameters_of_owasp(void **state)
{
    (void)state;
    char hash[PASSWORD_HASH_CAP];
    assert_int_equal(password_hash(BYTES_LIT("correct horse"), salt, hash), OK);
    assert_memory_equal(hash, "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$", 54);
    assert_int_equal(strlen(hash), 54 + 43);
    assert_false(password_needs_rehash(hash));
}

static void only_the_same_password_is_right(void **state)
{
    (void)state;
    char hash[PASSWORD_HASH_CAP];
    assert_int_equal(password_hash(BYTES_LIT("p\xc3\xa4sswort"), salt, hash), OK);
    assert_int_equal(password_verify(hash, BYTES_LIT("p\xc3\xa4sswort")), OK);
    assert_int_equal(password_verify(hash, BYTES_LIT("p\xc3\xa4sswort ")), ERR_AUTH);
    assert_int_equal(password_verify(hash, BYTES_LIT("P\xc3\xa4sswort")), ERR_AUTH);
    assert_int_equal(password_verify(hash, bytes_of(NULL, 0)), ERR_AUTH);
}

static void another_salt_gives_another_hash(void **state)
{
    (void)state;
    static const uint8_t other[PASSWORD_SALT_LEN] = "0123456789abcdeF";
    char a[PASSWORD_HASH_CAP], b[PASSWORD_HASH_CAP];
    assert_int_equal(password_hash(BYTES_LIT("correct horse"), salt, a), OK);
    assert_int_equal(password_hash(BYTES_LIT("correct horse"), other, b), OK);
    assert_string_not_equal(strrchr(a, '$'), strrchr(b, '$'));
}

/* From the tests of the reference implementation: version 19, 64 MiB, two passes. */
static void the_reference_vector_is_verified_and_wants_todays_parameters(void **state)
{
    (void)state;
    static const char vector[] =
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    assert_int_equal(password_verify(vector, BYTES_LIT("password")), OK);
    assert_int_equal(password_verify(vector, BYTES_LIT("passwore")), ERR_AUTH);
    assert_true(password_needs_rehash(vector));
}

static void the_longest_password_counts_to_its_last_byte_and_a_longer_one_is_refused(void **state)
{
    (void)state;
    uint8_t p[PASSWORD_MAX_BYTES + 1];
    char hash[PASSWORD_HASH_CAP];
    memset(p, 'x', sizeof p);
    assert_int_equal(password_hash(bytes_of(p, sizeof p), salt, hash), ERR_FULL);
    assert_int_equal(password_hash(bytes_of(p, PASSWORD_MAX_BYTES), salt, hash), OK);
    assert_int_equal(password_verify(hash, bytes_of(p, PASSWORD_MAX_BYTES)), OK);
    assert_int_equal(password_verify(hash, bytes_of(p, sizeof p)), ERR_AUTH);
    p[PASSWORD_MAX_BYTES - 1] = 'y';
    assert_int_equal(password_verify(hash, bytes_of(p, PASSWORD_MAX_BYTES)), ERR_AUTH);
}

static void what_is_no_hash_or_asks_for_too_much_is_refused_at_once(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "plain",
        "$argon2i$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=4194304,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=19456,t=999,p=1$MDEyMzQ1Njc4OWFiY2RlZg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=19456,t=2,p=64$MDEyMzQ1Njc4OWFiY2RlZg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=19456,t=2,p=1$",
        "$argon2id$v=19$m=19456,t=2,p=1$!!!$AAAA",
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_int_equal(password_verify(wrong[i], BYTES_LIT("correct horse")), ERR_SYNTAX);
    }
    char longest[400];
    snprintf(longest, sizeof longest, "$argon2id$v=19$m=19456,t=2,p=1$%0300d", 1);
    assert_int_equal(password_verify(longest, BYTES_LIT("correct horse")), ERR_SYNTAX);
}

static void nobodys_hash_costs_what_a_hash_costs_and_is_never_right(void **state)
{
    (void)state;
    assert_false(password_needs_rehash(password_of_nobody));
    assert_int_equal(password_verify(password_of_nobody, BYTES_LIT("correct horse")), ERR_AUTH);
    assert_int_equal(password_verify(password_of_nobody, bytes_of(NULL, 0)), ERR_AUTH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hash_is_argon2id_with_the_parameters_of_owasp),
        cmocka_unit_test(only_the_same_password_is_right),
        cmocka_unit_test(another_salt_gives_another_hash),
        cmocka_unit_test(the_reference_vector_is_verified_and_wants_todays_parameters),
        cmocka_unit_test(the_longest_password_counts_to_its_last_byte_and_a_longer_one_is_refused),
        cmocka_unit_test(what_is_no_hash_or_asks_for_too_much_is_refused_at_once),
        cmocka_unit_test(nobodys_hash_costs_what_a_hash_costs_and_is_never_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
