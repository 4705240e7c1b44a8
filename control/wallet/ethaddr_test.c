/* EIP-55: its test cases. */
#include "wallet/ethaddr.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const char *const addresses[] = {
    /* all caps, all lower, normal */
    "0x52908400098527886E0F7030069857D2E4169EE7", "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77", "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
};

static void the_test_cases_of_the_standard_are_read_and_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
        struct ethaddr a, b;
        char text[ETHADDR_TEXT_CAP];
        assert_int_equal(ethaddr_read(addresses[i], &a), OK);
        assert_string_equal(ethaddr_text(&a, text), addresses[i]);
        assert_int_equal(ethaddr_read(ethaddr_lower(&a, text), &b), OK);
        assert_memory_equal(&a, &b, sizeof a);
    }
}

static void one_letter_in_the_wrong_case_breaks_the_checksum(void **state)
{
    (void)state;
    char text[ETHADDR_TEXT_CAP];
    struct ethaddr a;
    for (unsigned i = 2; i < ETHADDR_TEXT_CAP - 1; i++) {
        strcpy(text, addresses[4]);
        if (!isalpha((unsigned char)text[i]))
            continue;
        text[i] = (char)(text[i] ^ 0x20);
        assert_int_equal(ethaddr_read(text, &a), ERR_AUTH);
    }
}

static void what_is_no_address_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "0x",
        "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed00",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAedd",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeA\xc3\xa4",
        "0X5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    };
    struct ethaddr a = {{7}};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(ethaddr_read(bad[i], &a), ERR_SYNTAX);
    assert_int_equal(a.bytes[0], 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_test_cases_of_the_standard_are_read_and_written),
        cmocka_unit_test(one_letter_in_the_wrong_case_breaks_the_checksum),
        cmocka_unit_test(what_is_no_address_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
