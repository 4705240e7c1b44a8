#include "http/wsframe.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct wsframe_reader reader;
static struct wsframe_event event;

static enum err read_frames(const char *frames, size_t len, bool *got)
{
    struct rd in = rd_of(bytes_of(frames, len));
    wsframe_reader_reset(&reader);
    wsframe_reader_init(&reader, 1000);
    return wsframe_read(&reader, &in, &event, got);
}
#define READ(frames, got) read_frames(frames, sizeof(frames) - 1, got)

static void rfc6455_5_7_a_masked_hello_is_read(void **state)
{
    (void)state;
    bool got;
    assert_int_equal(READ("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", &got), OK);
    assert_true(got);
    assert_int_equal(event.opcode, WS_TEXT);
    assert_true(bytes_eq(event.payload, BYTES_LIT("Hello")));
    wsframe_reader_reset(&reader);
}

static void an_empty_message_is_a_message(void **state)
{
    (void)state;
    bool got;
    assert_int_equal(READ("\x82\x80\0\0\0\0", &got), OK);
    assert_true(got);
    assert_int_equal(event.opcode, WS_BINARY);
    assert_int_equal(event.payload.len, 0);
}

static void bad_frames_are_refused(void **state)
{
    (void)state;
    bool got;
    assert_int_equal(READ("\x81\x02hi", &got), ERR_SYNTAX);                           /* not masked */
    assert_int_equal(READ("\x91\x80\0\0\0\0", &got), ERR_SYNTAX);                     /* RSV */
    assert_int_equal(READ("\x80\x80\0\0\0\0", &got), ERR_SYNTAX);                     /* continues nothing */
    assert_int_equal(READ("\x09\x80\0\0\0\0", &got), ERR_SYNTAX);                     /* a fragmented ping */
    assert_int_equal(READ("\x89\xfe\0\x7e\0\0\0\0", &got), ERR_SYNTAX);               /* a ping of 126 bytes */
    assert_int_equal(READ("\x8b\x80\0\0\0\0", &got), ERR_SYNTAX);                     /* no such opcode */
    assert_int_equal(READ("\x82\xfe\0\x05\0\0\0\0", &got), ERR_SYNTAX);               /* not the shortest length */
    assert_int_equal(READ("\x82\xff\0\0\0\0\0\0\xff\xff\0\0\0\0", &got), ERR_SYNTAX); /* likewise */
    assert_int_equal(READ("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", &got), ERR_FULL); /* 2^64 - 1 bytes */
    assert_int_equal(READ("\x82\xfe\x03\xe9\0\0\0\0", &got), ERR_FULL);                         /* one over the bound */
    assert_int_equal(READ("\x01\x80\0\0\0\0\x01\x80\0\0\0\0", &got), ERR_SYNTAX);               /* text inside text */
    assert_int_equal(READ("\x81\x83\0\0\0\0\xed\xa0\x80", &got), ERR_UNSUPPORTED);              /* a surrogate */
    wsframe_reader_reset(&reader);
}

static void fragments_together_are_bounded(void **state)
{
    (void)state;
    static char frames[1300] = "\x02\xfe\x02\x58\0\0\0\0";
    static const char second[8] = "\x80\xfe\x02\x58";
    memcpy(frames + 608, second, sizeof second);
    struct rd in = rd_of(bytes_of(frames, 616));
    bool got;
    wsframe_reader_init(&reader, 1000);
    assert_int_equal(wsframe_read(&reader, &in, &event, &got), ERR_FULL);
    wsframe_reader_reset(&reader);
}

static void headers_use_the_shortest_length(void **state)
{
    (void)state;
    uint8_t h[WSFRAME_HEADER_MAX];
    assert_int_equal(wsframe_header(h, WS_TEXT, 125), 2);
    assert_memory_equal(h, "\x81\x7d", 2);
    assert_int_equal(wsframe_header(h, WS_BINARY, 126), 4);
    assert_memory_equal(h, "\x82\x7e\x00\x7e", 4);
    assert_int_equal(wsframe_header(h, WS_BINARY, 65536), 10);
    assert_memory_equal(h, "\x82\x7f\0\0\0\0\0\1\0\0", 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc6455_5_7_a_masked_hello_is_read),
        cmocka_unit_test(an_empty_message_is_a_message),
        cmocka_unit_test(bad_frames_are_refused),
        cmocka_unit_test(fragments_together_are_bounded),
        cmocka_unit_test(headers_use_the_shortest_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
