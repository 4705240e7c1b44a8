#include "http/negotiate.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define GZIP   (1u << ENC_GZIP)
#define BROTLI (1u << ENC_BROTLI)

static void the_best_encoding_that_both_have_is_chosen(void **state)
{
    (void)state;
    static const struct {
        const char *accept;
        unsigned have;
        enum encoding chosen;
    } rows[] = {
        {NULL, GZIP | BROTLI, ENC_IDENTITY},
        {"", GZIP | BROTLI, ENC_IDENTITY},
        {"gzip, deflate, br", GZIP | BROTLI, ENC_BROTLI},
        {"gzip, deflate, br", GZIP, ENC_GZIP},
        {"gzip, deflate, br", 0, ENC_IDENTITY},
        {"br;q=0.5, gzip;q=0.8", GZIP | BROTLI, ENC_GZIP},
        {"br;q=0, gzip;q=0.001", GZIP | BROTLI, ENC_GZIP},
        {"br;q=0", BROTLI, ENC_IDENTITY},
        {"*", GZIP | BROTLI, ENC_BROTLI},
        {"*;q=0", GZIP | BROTLI, ENC_IDENTITY},
        {"*, br;q=0", GZIP | BROTLI, ENC_GZIP},
        {"identity, gzip;q=0.5", GZIP, ENC_IDENTITY},
        {"GZIP", GZIP, ENC_GZIP},
        {"gzipped, xbr", GZIP | BROTLI, ENC_IDENTITY},
        {",, ;q=1, gzip ; q=1.000", GZIP, ENC_GZIP},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(encoding_choose(rows[i].accept, rows[i].have), rows[i].chosen);
}

static void etags_are_compared_weakly(void **state)
{
    (void)state;
    assert_true(etag_matches("\"a\"", "\"a\""));
    assert_true(etag_matches("\"b\", W/\"a\"", "\"a\""));
    assert_true(etag_matches("*", "\"a\""));
    assert_false(etag_matches("\"b\"", "\"a\""));
    assert_false(etag_matches("\"a", "\"a\""));
    assert_false(etag_matches("", "\"a\""));
    assert_false(etag_matches(NULL, "\"a\""));
}

static void json_is_known_by_its_type(void **state)
{
    (void)state;
    assert_true(content_type_is_json("application/json"));
    assert_true(content_type_is_json("Application/JSON; charset=utf-8"));
    assert_false(content_type_is_json("application/jsonp"));
    assert_false(content_type_is_json("text/plain"));
    assert_false(content_type_is_json(NULL));
    assert_string_equal(content_type_of("/a/b.min.js"), "text/javascript; charset=utf-8");
    assert_string_equal(content_type_of("/x.unknown"), "application/octet-stream");
}

static const char *client(const char *trusted, const char *peer, const char *forwarded)
{
    static char out[IP_TEXT_MAX];
    struct cidr_list list;
    assert_int_equal(cidr_list_parse(trusted, &list), OK);
    client_ip(&list, peer, forwarded, out);
    return out;
}

static void forwarded_for_is_believed_hop_by_hop(void **state)
{
    (void)state;
    assert_string_equal(client("", "1.1.1.1", "6.6.6.6"), "1.1.1.1");
    assert_string_equal(client("10.0.0.0/8", "1.1.1.1", "6.6.6.6"), "1.1.1.1");
    assert_string_equal(client("10.0.0.0/8", "10.1.2.3", "6.6.6.6, 7.7.7.7"), "7.7.7.7");
    assert_string_equal(client("10.0.0.0/8", "10.1.2.3", "6.6.6.6, 7.7.7.7 , 10.9.9.9"), "7.7.7.7");
    assert_string_equal(client("10.0.0.0/8", "10.1.2.3", "10.5.5.5"), "10.5.5.5");
    assert_string_equal(client("10.0.0.0/8", "10.1.2.3", "nonsense"), "10.1.2.3");
    assert_string_equal(client("10.0.0.0/8", "10.1.2.3", "6.6.6.6,"), "10.1.2.3");
    assert_string_equal(client("10.0.0.0/8", "10.1.2.3", NULL), "10.1.2.3");
    assert_string_equal(client("::1, fd00::/8", "::1", "[2001:DB8::1]:80"), "2001:db8::1");
    assert_string_equal(client("::1", "::1", "7.7.7.7:1234"), "7.7.7.7");
}

static void cidr_lists_are_checked(void **state)
{
    (void)state;
    struct cidr_list list;
    assert_int_equal(cidr_list_parse("127.0.0.1, 10.0.0.0/9,fd00::/7", &list), OK);
    assert_int_equal(list.n, 3);
    assert_true(cidr_list_has(&list, "10.127.0.1"));
    assert_false(cidr_list_has(&list, "10.128.0.1"));
    assert_true(cidr_list_has(&list, "fc00::1"));
    assert_false(cidr_list_has(&list, "::ffff:0:1"));
    assert_int_equal(cidr_list_parse("10.0.0.0/33", &list), ERR_SYNTAX);
    assert_int_equal(cidr_list_parse("10.0.0.0/", &list), ERR_SYNTAX);
    assert_int_equal(cidr_list_parse("10.0.0.0/-1", &list), ERR_SYNTAX);
    assert_int_equal(cidr_list_parse("proxy", &list), ERR_SYNTAX);
}

static void origins_are_whole_and_without_case(void **state)
{
    (void)state;
    assert_true(origin_listed("https://a.example, http://b:3000/", "HTTPS://A.example"));
    assert_true(origin_listed("https://a.example,http://b:3000/", "http://b:3000"));
    assert_false(origin_listed("https://a.example", "https://a.example.evil"));
    assert_false(origin_listed("https://a.example", "https://a"));
    assert_true(origin_listed("*", "null"));
    assert_true(origin_listed("https://a.example, *", "https://b.example"));
    assert_false(origin_named("https://a.example, *", "https://b.example"));
    assert_true(origin_named("https://a.example, *", "https://a.example"));
    assert_false(origin_listed("https://*.example", "https://b.example"));
    assert_false(origin_listed("", "null"));
    assert_false(origin_listed(NULL, "null"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_encoding_that_both_have_is_chosen),
        cmocka_unit_test(etags_are_compared_weakly),
        cmocka_unit_test(json_is_known_by_its_type),
        cmocka_unit_test(forwarded_for_is_believed_hop_by_hop),
        cmocka_unit_test(cidr_lists_are_checked),
        cmocka_unit_test(origins_are_whole_and_without_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
