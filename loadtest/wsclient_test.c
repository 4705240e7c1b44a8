#include "loadtest/wsclient.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const char key[] = "dGhlIHNhbXBsZSBub25jZQ=="; /* of RFC 6455 1.3 */

static void the_handshake_of_rfc_6455_1_3(void **state)
{
    (void)state;
    static const char ok[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             "sec-websocket-accept:  s3pPLMBiTxaQ9kYGzzhZRbK+xOo= \r\n\r\n";
    uint8_t request[512];
    size_t len = 0;
    struct wr w = wr_of(request, sizeof request);
    assert_int_equal(wsclient_request("example.com", "/socket.io/?EIO=4", key, &w), OK);
    static const char expected[] = "GET /socket.io/?EIO=4 HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n"
                                   "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    assert_true(bytes_eq(bytes_of(request, wr_len(&w)), BYTES_LIT(expected)));
    assert_int_equal(wsclient_response(BYTES_LIT(ok), key, &len), OK);
    assert_int_equal(len, sizeof ok - 1);
    for (size_t n = 0; n < sizeof ok - 1; n++)
        assert_int_equal(wsclient_response(bytes_of(ok, n), key, &len), ERR_SHORT);
    assert_int_equal(wsclient_response(BYTES_LIT(ok), "AGhlIHNhbXBsZSBub25jZQ==", &len), ERR_DENIED);
    assert_int_equal(wsclient_response(BYTES_LIT("HTTP/1.1 403 Forbidden\r\n\r\n"), key, &len), ERR_DENIED);
    struct wr small = wr_of(request, 20);
    assert_int_equal(wsclient_request("example.com", "/", key, &small), ERR_FULL);
}

static void a_message_in_parts_is_put_together_around_a_ping(void **state)
{
    (void)state;
    static const uint8_t in[] = {0x01, 2, 'H', 'e', 0x89, 1, 'p', 0x00, 2, 'l', 'l', 0x80, 1, 'o', 0x82, 1, 7};
    struct wsclient c = {0};
    struct wsclient_event e;
    size_t at = 0, used;
    bool got;
    assert_int_equal(wsclient_read(&c, bytes_of(in, sizeof in), &used, &e, &got), OK);
    assert_true(got && e.opcode == WSCLIENT_PING && e.payload.len == 1);
    at += used;
    assert_int_equal(wsclient_read(&c, bytes_of(in + at, sizeof in - at), &used, &e, &got), OK);
    assert_true(got && e.opcode == WSCLIENT_TEXT);
    assert_true(bytes_eq(e.payload, BYTES_LIT("Hello")));
    at += used;
    assert_int_equal(wsclient_read(&c, bytes_of(in + at, sizeof in - at), &used, &e, &got), OK);
    assert_true(got && e.opcode == WSCLIENT_BINARY && e.payload.p[0] == 7);
    assert_int_equal(at + used, sizeof in);
    wsclient_reset(&c);
}

static void half_a_frame_waits(void **state)
{
    (void)state;
    uint8_t in[4 + 300] = {0x81, 126, 1, 44};
    struct wsclient c = {0};
    struct wsclient_event e;
    size_t used;
    bool got;
    for (size_t n = 0; n < sizeof in; n++) {
        assert_int_equal(wsclient_read(&c, bytes_of(in, n), &used, &e, &got), OK);
        assert_true(!got && used == 0);
    }
    assert_int_equal(wsclient_read(&c, bytes_of(in, sizeof in), &used, &e, &got), OK);
    assert_true(got && e.payload.len == 300);
    wsclient_reset(&c);
}

static enum err read_one(const uint8_t *p, size_t len)
{
    struct wsclient c = {0};
    struct wsclient_event e;
    size_t used;
    bool got;
    enum err result = wsclient_read(&c, bytes_of(p, len), &used, &e, &got);
    wsclient_reset(&c);
    return result;
}

static void what_breaks_the_rules_is_refused(void **state)
{
    (void)state;
    assert_int_equal(read_one((const uint8_t[]){0x81, 0x81, 1, 2, 3, 4, 5}, 7), ERR_SYNTAX); /* masked */
    assert_int_equal(read_one((const uint8_t[]){0xc1, 0}, 2), ERR_SYNTAX);                   /* RSV1 */
    assert_int_equal(read_one((const uint8_t[]){0x80, 0}, 2), ERR_SYNTAX);                   /* a part of nothing */
    assert_int_equal(read_one((const uint8_t[]){0x01, 0, 0x81, 0}, 4), ERR_SYNTAX);          /* inside another */
    assert_int_equal(read_one((const uint8_t[]){0x09, 0}, 2), ERR_SYNTAX);                   /* half a ping */
    assert_int_equal(read_one((const uint8_t[]){0x89, 126, 0, 126}, 4), ERR_SYNTAX);         /* a long one */
    assert_int_equal(read_one((const uint8_t[]){0x83, 0}, 2), ERR_SYNTAX);                   /* unknown */
    assert_int_equal(read_one((const uint8_t[]){0x81, 127, 0, 0, 0, 1, 0, 0, 0, 0}, 10), ERR_FULL);
}

static void what_we_write_is_masked(void **state)
{
    (void)state;
    uint8_t header[WSCLIENT_HEADER_CAP], hello[] = {'H', 'e', 'l', 'l', 'o'};
    static const uint8_t masked[] = {0x7f, 0x9f, 0x4d, 0x51, 0x58}; /* RFC 6455 5.7 */
    assert_int_equal(wsclient_header(header, WSCLIENT_TEXT, 5, 0x37fa213d), 6);
    assert_memory_equal(header, ((const uint8_t[]){0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d}), 6);
    wsclient_mask(hello, sizeof hello, 0x37fa213d);
    assert_memory_equal(hello, masked, sizeof masked);
    assert_int_equal(wsclient_header(header, WSCLIENT_TEXT, 126, 0), 8);
    assert_int_equal(wsclient_header(header, WSCLIENT_TEXT, 65536, 0), 14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_handshake_of_rfc_6455_1_3),
        cmocka_unit_test(a_message_in_parts_is_put_together_around_a_ping),
        cmocka_unit_test(half_a_frame_waits),
        cmocka_unit_test(what_breaks_the_rules_is_refused),
        cmocka_unit_test(what_we_write_is_masked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
