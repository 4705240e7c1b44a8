#include "http/h1.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static enum err parse(const char *text, struct h1_head *head)
{
    return h1_parse(bytes_str(text), head);
}

static void a_head_gives_method_target_and_trimmed_headers(void **state)
{
    (void)state;
    struct h1_head h;
    assert_int_equal(parse("GET /a?b=c HTTP/1.1\r\nHost:  h \r\nX-Api-Key:k\r\n\r\n", &h), OK);
    assert_true(bytes_eq(h.method, BYTES_LIT("GET")));
    assert_true(bytes_eq(h.target, BYTES_LIT("/a?b=c")));
    assert_true(bytes_eq(h1_header(&h, "host"), BYTES_LIT("h")));
    assert_true(bytes_eq(h1_header(&h, "x-api-key"), BYTES_LIT("k")));
    assert_null(h1_header(&h, "cookie").p);
    assert_true(h.keep_alive);
    assert_false(h.websocket);
}

static void keep_alive_follows_version_and_connection(void **state)
{
    (void)state;
    struct h1_head h;
    assert_int_equal(parse("GET / HTTP/1.0\r\n\r\n", &h), OK);
    assert_false(h.keep_alive);
    assert_int_equal(parse("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", &h), OK);
    assert_true(h.keep_alive);
    assert_int_equal(parse("GET / HTTP/1.1\r\nHost: h\r\nConnection: foo, close\r\n\r\n", &h), OK);
    assert_false(h.keep_alive);
}

static void a_websocket_needs_both_headers(void **state)
{
    (void)state;
    struct h1_head h;
    assert_int_equal(
        parse("GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\r\n", &h), OK);
    assert_true(h.websocket);
    assert_int_equal(parse("GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n", &h), OK);
    assert_false(h.websocket);
    assert_int_equal(parse("POST / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", &h), OK);
    assert_false(h.websocket);
}

static void a_list_may_stand_in_several_lines(void **state)
{
    (void)state;
    struct h1_head h;
    assert_int_equal(
        parse("GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\nUpgrade: foo\r\nConnection: Upgrade\r\n"
              "upgrade: websocket\r\n\r\n",
              &h),
        OK);
    assert_true(h.websocket);
    assert_int_equal(parse("GET / HTTP/1.1\r\nHost: h\r\nConnection: foo\r\nConnection: close\r\n\r\n", &h), OK);
    assert_false(h.keep_alive);
}

static void ambiguous_framing_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *headers;
        enum err e;
    } rows[] = {
        {"Content-Length: 5\r\n", OK},
        {"Content-Length: 5\r\nContent-Length: 5\r\n", ERR_SYNTAX},
        {"Content-Length: 5, 5\r\n", ERR_SYNTAX},
        {"Content-Length: +5\r\n", ERR_SYNTAX},
        {"Content-Length: 0x5\r\n", ERR_SYNTAX},
        {"Content-Length:\r\n", ERR_SYNTAX},
        {"Content-Length: 9999999999999999\r\n", ERR_SYNTAX},
        {"Transfer-Encoding: chunked\r\n", OK},
        {"Transfer-Encoding: chunked, chunked\r\n", ERR_UNSUPPORTED},
        {"Transfer-Encoding: gzip, chunked\r\n", ERR_UNSUPPORTED},
        {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", ERR_SYNTAX},
        {"Transfer-Encoding : chunked\r\n", ERR_SYNTAX},
        {"Host: again\r\n", ERR_SYNTAX},
        {"X: a\rb\r\n", ERR_SYNTAX},
        {"X: a\x01\r\n", ERR_SYNTAX},
        {": empty\r\n", ERR_SYNTAX},
        {" X: folded\r\n", ERR_SYNTAX},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[256] = "POST / HTTP/1.1\r\nHost: h\r\n";
        struct h1_head h;
        size_t len = strlen(text);
        snprintf(text + len, sizeof text - len, "%s\r\n", rows[i].headers);
        assert_int_equal(parse(text, &h), rows[i].e);
    }
}

static void the_end_of_a_head_is_found_across_reads(void **state)
{
    (void)state;
    const char *text = "GET / HTTP/1.1\r\nHost: h\r\n\r\nrest";
    size_t head = strlen(text) - 4, scanned = 0;
    for (size_t len = 0; len < head; len++)
        assert_int_equal(h1_head_len(bytes_of(text, len), &scanned), 0);
    assert_int_equal(h1_head_len(bytes_of(text, head), &scanned), head);
}

/* Feeds text in pieces of `piece` bytes; the body, or "bad". */
static const char *body_of(const char *text, bool chunked, uint64_t length, size_t piece, size_t *used)
{
    static char out[256];
    struct h1_head head = {.chunked = chunked, .content_length = length};
    struct h1_body b;
    size_t n = 0, at = 0, len = strlen(text);
    h1_body_init(&b, &head);
    while (at < len && !h1_body_done(&b)) {
        struct rd in = rd_of(bytes_of(text + at, piece < len - at ? piece : len - at));
        size_t before = rd_left(&in);
        while (rd_left(&in) && !h1_body_done(&b)) {
            struct bytes data;
            if (h1_body_read(&b, &in, &data))
                return "bad";
            memcpy(out + n, data.p, data.len);
            n += data.len;
        }
        at += before - rd_left(&in);
    }
    out[n] = '\0';
    *used = at;
    return h1_body_done(&b) ? out : "unfinished";
}

static void bodies_end_where_their_framing_says(void **state)
{
    (void)state;
    size_t used = 0;
    for (size_t piece = 1; piece < 40; piece++) {
        assert_string_equal(body_of("hellorest", false, 5, piece, &used), "hello");
        assert_int_equal(used, 5);
        assert_string_equal(body_of("5;a=\"b\"\r\nhello\r\n1\r\n!\r\n0\r\nT: x\r\n\r\nrest", true, 0, piece, &used),
                            "hello!");
        assert_int_equal(used, 33);
        assert_string_equal(body_of("5\r\nhelloX", true, 0, piece, &used), "bad");
        assert_string_equal(body_of("\r\n", true, 0, piece, &used), "bad");
        assert_string_equal(body_of("123456789\r\n", true, 0, piece, &used), "bad");
        assert_string_equal(body_of("5\nhello", true, 0, piece, &used), "bad");
        assert_string_equal(body_of("0\r\n\n", true, 0, piece, &used), "bad");
        assert_string_equal(body_of("0\r\nT: x\n\r\n", true, 0, piece, &used), "bad");
        assert_string_equal(body_of("0\r\nT: \rx\r\n\r\n", true, 0, piece, &used), "bad");
        assert_string_equal(body_of("5\r\nhel", true, 0, piece, &used), "unfinished");
    }
}

static void endless_trailers_are_refused(void **state)
{
    (void)state;
    struct h1_head head = {.chunked = true};
    struct h1_body b;
    struct bytes data;
    enum err e = OK;
    h1_body_init(&b, &head);
    struct rd in = rd_of(BYTES_LIT("0\r\n"));
    while (rd_left(&in))
        assert_int_equal(h1_body_read(&b, &in, &data), OK);
    for (int i = 0; i < 5000 && !e; i++) {
        in = rd_of(BYTES_LIT("T: x\r\n"));
        while (rd_left(&in) && !e)
            e = h1_body_read(&b, &in, &data);
    }
    assert_int_equal(e, ERR_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_gives_method_target_and_trimmed_headers),
        cmocka_unit_test(keep_alive_follows_version_and_connection),
        cmocka_unit_test(a_websocket_needs_both_headers),
        cmocka_unit_test(a_list_may_stand_in_several_lines),
        cmocka_unit_test(ambiguous_framing_is_refused),
        cmocka_unit_test(the_end_of_a_head_is_found_across_reads),
        cmocka_unit_test(bodies_end_where_their_framing_says),
        cmocka_unit_test(endless_trailers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
