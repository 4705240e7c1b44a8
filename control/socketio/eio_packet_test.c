#include "socketio/base64.h"
#include "socketio/eio_packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void check_base64(const char *plain, const char *text)
{
    char out[64];
    struct wr w = wr_of(out, sizeof out);
    base64_write(&w, bytes_str(plain));
    assert_true(bytes_eq(bytes_of(out, wr_len(&w)), bytes_str(text)));
    w = wr_of(out, sizeof out);
    assert_int_equal(base64_read(bytes_str(text), &w), OK);
    assert_true(bytes_eq(bytes_of(out, wr_len(&w)), bytes_str(plain)));
}

static void base64_gives_the_vectors_of_rfc4648_10(void **state)
{
    (void)state;
    check_base64("", "");
    check_base64("f", "Zg==");
    check_base64("fo", "Zm8=");
    check_base64("foo", "Zm9v");
    check_base64("foob", "Zm9vYg==");
    check_base64("fooba", "Zm9vYmE=");
    check_base64("foobar", "Zm9vYmFy");
}

static enum err read_base64(const char *text)
{
    uint8_t out[64];
    struct wr w = wr_of(out, sizeof out);
    return base64_read(bytes_str(text), &w);
}

static void base64_has_one_spelling_for_each_value(void **state)
{
    (void)state;
    assert_int_equal(read_base64("Zg"), OK); /* padding may be left out */
    assert_int_equal(read_base64("Zm8"), OK);
    assert_int_equal(read_base64("Zh=="), ERR_SYNTAX); /* unused bits are set */
    assert_int_equal(read_base64("Zg="), ERR_SYNTAX);
    assert_int_equal(read_base64("Zg==="), ERR_SYNTAX);
    assert_int_equal(read_base64("===="), ERR_SYNTAX);
    assert_int_equal(read_base64("Z"), ERR_SYNTAX);
    assert_int_equal(read_base64("Zm9v\n"), ERR_SYNTAX);
    assert_int_equal(read_base64("-_8="), ERR_SYNTAX);
}

static void base64_does_not_write_past_its_room(void **state)
{
    (void)state;
    uint8_t out[4] = {0};
    struct wr w = wr_of(out, 2);
    assert_int_equal(base64_read(bytes_str("Zm9v"), &w), ERR_FULL);
    assert_int_equal(out[2], 0);
}

static void base64url_uses_the_alphabet_for_urls(void **state)
{
    (void)state;
    char out[8];
    struct wr w = wr_of(out, sizeof out);
    base64url_write(&w, BYTES_LIT("\xfb\xff"));
    assert_true(bytes_eq(bytes_of(out, wr_len(&w)), BYTES_LIT("-_8")));
}

static void a_payload_gives_its_packets_in_order(void **state)
{
    (void)state;
    struct rd r = rd_of(BYTES_LIT("4hello\x1e"
                                  "2\x1e"
                                  "bAQID"));
    struct eio_packet p;
    assert_int_equal(eio_payload_next(&r, &p), OK);
    assert_int_equal(p.type, EIO_MESSAGE);
    assert_true(bytes_eq(p.data, BYTES_LIT("hello")));
    assert_int_equal(eio_payload_next(&r, &p), OK);
    assert_int_equal(p.type, EIO_PING);
    assert_int_equal(p.data.len, 0);
    assert_int_equal(eio_payload_next(&r, &p), OK);
    assert_true(p.binary);
    struct eio_frame *f = NULL;
    assert_int_equal(eio_payload_frame(&p, &f), OK);
    assert_true(f->binary);
    assert_true(bytes_eq(eio_frame_bytes(f), BYTES_LIT("\x01\x02\x03")));
    eio_frame_unref(f);
    assert_int_equal(eio_payload_next(&r, &p), ERR_NOT_FOUND);
    assert_int_equal(eio_payload_next(&r, &p), ERR_NOT_FOUND);
}

static enum err first_of(struct bytes payload)
{
    struct rd r = rd_of(payload);
    struct eio_packet p;
    return eio_payload_next(&r, &p);
}

static void packets_without_a_type_are_refused(void **state)
{
    (void)state;
    struct eio_packet p;
    assert_int_equal(first_of(BYTES_LIT("")), ERR_SYNTAX);
    assert_int_equal(first_of(BYTES_LIT("\x1e"
                                        "4x")),
                     ERR_SYNTAX);
    assert_int_equal(first_of(BYTES_LIT("abc")), ERR_SYNTAX);
    assert_int_equal(first_of(BYTES_LIT("7")), ERR_SYNTAX);
    assert_int_equal(eio_packet_read(BYTES_LIT(""), false, &p), ERR_SYNTAX);
    assert_int_equal(eio_packet_read(BYTES_LIT("bAQID"), false, &p), ERR_SYNTAX); /* base64 is for payloads only */
    assert_int_equal(eio_packet_read(BYTES_LIT(""), true, &p), OK);
}

static void frames_become_one_payload(void **state)
{
    (void)state;
    struct eio_frame *text = eio_frame_of('4', BYTES_LIT("hello"), false);
    struct eio_frame *binary = eio_frame_of(0, BYTES_LIT("\x01\x02\x03\x04"), true);
    assert_true(text && binary);
    const struct eio_frame *frames[] = {text, binary, text};
    char out[64];
    size_t len = eio_payload_len(frames, 3);
    struct wr w = wr_of(out, len);
    eio_payload_write(&w, frames, 3);
    assert_false(w.bad);
    assert_int_equal(wr_len(&w), len);
    assert_true(bytes_eq(bytes_of(out, len), BYTES_LIT("4hello\x1e"
                                                       "bAQIDBA==\x1e"
                                                       "4hello")));
    eio_frame_unref(text);
    eio_frame_unref(binary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_gives_the_vectors_of_rfc4648_10),
        cmocka_unit_test(base64_has_one_spelling_for_each_value),
        cmocka_unit_test(base64_does_not_write_past_its_room),
        cmocka_unit_test(base64url_uses_the_alphabet_for_urls),
        cmocka_unit_test(a_payload_gives_its_packets_in_order),
        cmocka_unit_test(packets_without_a_type_are_refused),
        cmocka_unit_test(frames_become_one_payload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
