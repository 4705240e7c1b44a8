/* Addresses of accounts against those that other wallets show for the same words. */
#include "wallet/wallet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define JUNK "test test test test test test test test test test test junk"

static void assert_user(const struct wallet *w, int64_t id, const char *want)
{
    struct ethaddr a;
    char text[ETHADDR_TEXT_CAP];
    assert_int_equal(wallet_user(w, id, &a), OK);
    assert_string_equal(ethaddr_text(&a, text), want);
}

static void assert_company(const struct wallet *w, int64_t id, const char *want)
{
    struct ethaddr a;
    char text[ETHADDR_TEXT_CAP];
    assert_int_equal(wallet_company(w, id, &a), OK);
    assert_string_equal(ethaddr_text(&a, text), want);
}

static const uint8_t blind[WALLET_BLIND_LEN] = {1, 2, 3};

static void accounts_get_the_addresses_that_other_wallets_derive(void **state)
{
    (void)state;
    struct wallet w;
    char why[WALLET_WHY_CAP];
    assert_int_equal(wallet_init(&w, JUNK, blind, why), OK);
    assert_user(&w, 1, "0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
    assert_user(&w, 2, "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC");
    assert_user(&w, 42, "0xe141C82D99D85098e03E1a1cC1CdE676556fDdE0");
    assert_user(&w, (1 << 30) - 1, "0x1C1D07De9C7dEe19693f71d2D92Ad04c4A00cAE1");
    assert_company(&w, 1, "0x6810E10864B9225cabE3E52A0606EaBB917a5fe4");
    assert_company(&w, 7, "0x72939bfdF6Bb7B5233d39D0F66Df3df52ac589f4");

    struct bip32_public child; /* index 0 is nobody's, but the best known */
    uint8_t xy[64];
    char text[ETHADDR_TEXT_CAP];
    assert_int_equal(bip32_public_child(&w.node, 0, &child), OK);
    assert_int_equal(bip32_point(&child, xy), OK);
    struct ethaddr a = ethaddr_of_key(xy);
    assert_string_equal(ethaddr_text(&a, text), "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
}

static void ids_beyond_the_range_of_their_kind_have_no_address(void **state)
{
    (void)state;
    struct wallet w;
    char why[WALLET_WHY_CAP];
    struct ethaddr a;
    assert_int_equal(wallet_init(&w, JUNK, blind, why), OK);
    static const int64_t bad[] = {0, -1, (int64_t)1 << 30, (int64_t)1 << 31, (int64_t)1 << 32, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(wallet_user(&w, bad[i], &a), ERR_FULL);
        assert_int_equal(wallet_company(&w, bad[i], &a), ERR_FULL);
    }
    assert_int_equal(wallet_company(&w, ((int64_t)1 << 30) - 1, &a), OK);
}

static void a_bad_mnemonic_is_refused_by_a_sentence_that_tells_no_word(void **state)
{
    (void)state;
    static const struct {
        const char *mnemonic, *why;
        enum err e;
    } rows[] = {
        {"test junk", "12 words", ERR_SYNTAX},
        {"test test secretword test test test test test test test test junk", "word 3 ", ERR_NOT_FOUND},
        {"test test test test test test test test test test test test", "checksum", ERR_AUTH},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct wallet w;
        char why[WALLET_WHY_CAP] = "";
        assert_int_equal(wallet_init(&w, rows[i].mnemonic, blind, why), rows[i].e);
        assert_non_null(strstr(why, rows[i].why));
        assert_null(strstr(why, "secretword"));
        assert_null(strstr(why, "test"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accounts_get_the_addresses_that_other_wallets_derive),
        cmocka_unit_test(ids_beyond_the_range_of_their_kind_have_no_address),
        cmocka_unit_test(a_bad_mnemonic_is_refused_by_a_sentence_that_tells_no_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
