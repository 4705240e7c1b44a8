#include "live/ice_servers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static void assert_servers(const struct ice_config *cfg, const char *expected)
{
    json_t *servers = ice_servers_json(cfg, 1000 * SEC, "alice");
    assert_non_null(servers);
    char *text = json_dumps(servers, JSON_COMPACT);
    assert_string_equal(text, expected);
    free(text);
    json_decref(servers);
}

static void without_turn_it_is_the_documented_default(void **state)
{
    (void)state;
    assert_servers(&(struct ice_config){0}, "[{\"urls\":\"stun:stun.l.google.com:19302\"},"
                                            "{\"urls\":\"stun:stun1.l.google.com:19302\"}]");
}

static void with_turn_it_is_the_documented_form(void **state)
{
    (void)state;
    assert_servers(
        &(struct ice_config){.turn_urls = "turn:t.example:3478", .turn_username = "u", .turn_credential = "c"},
        "[{\"urls\":\"stun:stun.l.google.com:19302\"},"
        "{\"urls\":\"turn:t.example:3478\",\"username\":\"u\",\"credential\":\"c\"}]");
}

static void several_turn_urls_are_a_list(void **state)
{
    (void)state;
    assert_servers(&(struct ice_config){.turn_urls = "turn:a, turns:b,", .turn_username = "u", .turn_credential = "c"},
                   "[{\"urls\":\"stun:stun.l.google.com:19302\"},"
                   "{\"urls\":[\"turn:a\",\"turns:b\"],\"username\":\"u\",\"credential\":\"c\"}]");
}

/* printf %s 87400:alice | openssl dgst -sha1 -hmac north -binary | base64 */
static void a_turn_secret_makes_credentials_that_end_after_a_day(void **state)
{
    (void)state;
    assert_servers(
        &(struct ice_config){.turn_urls = "turn:a", .turn_secret = "north"},
        "[{\"urls\":\"stun:stun.l.google.com:19302\"},"
        "{\"urls\":\"turn:a\",\"username\":\"87400:alice\",\"credential\":\"Zwdxk2HCh/rwZv1ktOGIwbin5l4=\"}]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_turn_it_is_the_documented_default),
        cmocka_unit_test(with_turn_it_is_the_documented_form),
        cmocka_unit_test(several_turn_urls_are_a_list),
        cmocka_unit_test(a_turn_secret_makes_credentials_that_end_after_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
