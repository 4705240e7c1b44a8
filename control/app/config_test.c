#include "app/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/* One small environment a case: names and values in turn; NULL ends it. */
static const char *get(void *arg, const char *name)
{
    for (const char *const *env = arg; *env; env += 2)
        if (strcmp(env[0], name) == 0)
            return env[1];
    return NULL;
}

#define GOOD                                                                                                           \
    "DATABASE_PUBLIC_URL", "postgres://localhost/x", "SESSION_SECRET", "0123456789abcdef0123456789abcdef",             \
        "ADMIN_EMAIL", "root@example.org", "ADMIN_PASSWORD", "correct horse"

static enum err read_env(const char *const *env, struct config *cfg, char why[CONFIG_WHY_CAP])
{
    return config_read(get, (void *)env, cfg, why);
}

static void four_variables_are_enough(void **state)
{
    (void)state;
    const char *const env[] = {GOOD, NULL};
    struct config cfg;
    char why[CONFIG_WHY_CAP];
    assert_int_equal(read_env(env, &cfg, why), OK);
    assert_int_equal(cfg.port, 3000);
    assert_string_equal(cfg.app_url, "http://localhost:3000");
    assert_string_equal(cfg.allowed_origins, "http://localhost:3000");
    assert_int_equal(cfg.mesh_max, 4);
    assert_int_equal(cfg.empty_grace_ms, 30000);
    assert_int_equal(cfg.max_debt_usd, 10);
    assert_true(cfg.rate_limits);
    assert_null(cfg.turn_urls);
    assert_false(config_is_https(&cfg));
}

static void an_empty_variable_is_an_unset_one(void **state)
{
    (void)state;
    const char *const env[] = {GOOD, "PORT", "", "TURN_URLS", "", NULL};
    struct config cfg;
    char why[CONFIG_WHY_CAP];
    assert_int_equal(read_env(env, &cfg, why), OK);
    assert_int_equal(cfg.port, 3000);
    assert_null(cfg.turn_urls);
}

static void what_is_missing_or_wrong_is_named_in_one_line(void **state)
{
    (void)state;
    static const struct {
        const char *const env[16];
        const char *named;
    } cases[] = {
        {{"SESSION_SECRET", "x", NULL}, "DATABASE_PUBLIC_URL"},
        {{"DATABASE_PUBLIC_URL", "x", "SESSION_SECRET", "only-thirty-one-characters-here", NULL}, "SESSION_SECRET"},
        {{GOOD, "PORT", "65536", NULL}, "PORT"},
        {{GOOD, "PORT", "30x", NULL}, "PORT"},
        {{GOOD, "MESH_MAX_PARTICIPANTS", "0", NULL}, "MESH_MAX_PARTICIPANTS"},
        {{GOOD, "RATE_LIMITS", "maybe", NULL}, "RATE_LIMITS"},
        {{GOOD, "APP_URL", "localhost:3000", NULL}, "APP_URL"},
        {{GOOD, "TLS_CERT_FILE", "cert.pem", NULL}, "TLS_KEY_FILE"},
        {{GOOD, "TURN_URLS", "turn:example.org", NULL}, "TURN_SECRET"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct config cfg = {.port = -7};
        char why[CONFIG_WHY_CAP] = "";
        assert_int_equal(read_env(cases[i].env, &cfg, why), ERR_SYNTAX);
        assert_non_null(strstr(why, cases[i].named));
        assert_null(strchr(why, '\n'));
        assert_int_equal(cfg.port, -7);
    }
}

static void a_wrong_secret_is_not_repeated(void **state)
{
    (void)state;
    const char *const env[] = {"DATABASE_PUBLIC_URL", "x", "SESSION_SECRET", "hunter2", NULL};
    struct config cfg;
    char why[CONFIG_WHY_CAP] = "";
    assert_int_equal(read_env(env, &cfg, why), ERR_SYNTAX);
    assert_null(strstr(why, "hunter2"));
}

static void a_wrong_mnemonic_is_refused_and_no_word_of_it_repeated(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "zebra zebra zebra",
        "zebra zebra zebra zebra zebra zebra zebra zebra zebra zebra zebra zebra",
        "zebra zebra zebra zebra zebra zebra zebra zebra zebra zebra zebra zebrafish",
    };
    struct config cfg;
    char why[CONFIG_WHY_CAP];
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        const char *const env[] = {GOOD, "CRYPTO_MNEMONIC", wrong[i], NULL};
        assert_int_equal(read_env(env, &cfg, why), ERR_SYNTAX);
        assert_non_null(strstr(why, "CRYPTO_MNEMONIC"));
        assert_null(strstr(why, "zebra"));
    }
    const char *const good[] = {GOOD, "CRYPTO_MNEMONIC", "test test test test test test test test test test test junk",
                                NULL};
    assert_int_equal(read_env(good, &cfg, why), OK);
}

static void https_is_told_by_the_url_or_the_certificate(void **state)
{
    (void)state;
    const char *const by_url[] = {GOOD, "APP_URL", "https://meet.example.org", NULL};
    const char *const by_cert[] = {GOOD, "TLS_CERT_FILE", "c", "TLS_KEY_FILE", "k", NULL};
    struct config cfg;
    char why[CONFIG_WHY_CAP];
    assert_int_equal(read_env(by_url, &cfg, why), OK);
    assert_true(config_is_https(&cfg));
    assert_int_equal(read_env(by_cert, &cfg, why), OK);
    assert_true(config_is_https(&cfg));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_variables_are_enough),
        cmocka_unit_test(an_empty_variable_is_an_unset_one),
        cmocka_unit_test(what_is_missing_or_wrong_is_named_in_one_line),
        cmocka_unit_test(a_wrong_secret_is_not_repeated),
        cmocka_unit_test(a_wrong_mnemonic_is_refused_and_no_word_of_it_repeated),
        cmocka_unit_test(https_is_told_by_the_url_or_the_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
