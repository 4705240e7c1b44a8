#include "socketio/sio_packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static const struct sio_limits limits = {.max_attachments = 3, .max_depth = 5, .max_values = 20};

static enum err read_text(const char *text)
{
    struct sio_packet p;
    enum err e = sio_packet_read(bytes_str(text), &limits, &p);
    if (!e)
        sio_packet_reset(&p);
    return e;
}

/* Read, then written: the same text, if it was spelled as we spell. */
static void check_same(const char *text)
{
    struct sio_packet p;
    struct eio_frame *f = NULL;
    assert_int_equal(sio_packet_read(bytes_str(text), &limits, &p), OK);
    assert_int_equal(sio_packet_write(&p, &f), OK);
    assert_int_equal(f->data[0], '4');
    assert_true(bytes_eq(bytes_of(f->data + 1, f->len - 1), bytes_str(text)));
    eio_frame_unref(f);
    sio_packet_reset(&p);
}

static void the_documents_examples_are_read_and_written_alike(void **state)
{
    (void)state;
    check_same("0");
    check_same("0{\"token\":\"123\"}");
    check_same("0/admin,{\"token\":\"123\"}");
    check_same("0/admin,{\"sid\":\"oSO0OpakMV_3jnilAAAA\"}");
    check_same("4{\"message\":\"Not authorized\"}");
    check_same("2[\"foo\"]");
    check_same("2/admin,[\"bar\"]");
    check_same("212[\"foo\"]");
    check_same("3/admin,13[\"bar\"]");
    check_same("1/admin,");
    check_same("51-[\"baz\",{\"_placeholder\":true,\"num\":0}]");
    check_same("52-/admin,[\"baz\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]");
    check_same("61-15[\"bar\",{\"_placeholder\":true,\"num\":0}]");
    check_same("50-[\"baz\"]");
}

static void the_fields_are_where_the_document_puts_them(void **state)
{
    (void)state;
    struct sio_packet p;
    assert_int_equal(sio_packet_read(BYTES_LIT("51-/n,7[\"e\",{\"_placeholder\":true,\"num\":0}]"), &limits, &p), OK);
    assert_int_equal(p.type, SIO_BINARY_EVENT);
    assert_int_equal(p.n_attachments, 1);
    assert_true(bytes_eq(p.nsp, BYTES_LIT("/n")));
    assert_true(p.has_id);
    assert_int_equal(p.id, 7);
    assert_int_equal(json_array_size(p.data), 2);
    sio_packet_reset(&p);
    assert_int_equal(sio_packet_read(BYTES_LIT("0/n"), &limits, &p), OK); /* the comma may be missing at the end */
    assert_true(bytes_eq(p.nsp, BYTES_LIT("/n")));
    assert_null(p.data);
}

static void what_breaks_the_grammar_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "7",
        "abc",
        "2",
        "2{}",
        "2[]",
        "2[null]",
        "2[[\"a\"]]",
        "2[\"a\"",
        "2[\"a\"]]",
        "2abc[\"a\"]",
        "2-1[\"a\"]",
        "0[]",
        "0\"x\"",
        "05",
        "1{}",
        "1[1]",
        "3[1]",
        "31",
        "31{}",
        "5[\"a\"]",
        "5-[\"a\"]",
        "5x-[\"a\"]",
        "51[\"a\"]",
        "4",
        "4[1]",
        "2[\"\\ud8\"]",
        "2[\"\\ud80x\"]",
        "2[\"a\",1e999]",
    };
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
        if (read_text(bad[i]) != ERR_SYNTAX)
            fail_msg("accepted: %s", bad[i]);
    assert_int_equal(read_text("2[\"\xff\"]"), ERR_SYNTAX);
}

static void reserved_event_names_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"connect",       "connect_error", "disconnect",
                                        "disconnecting", "newListener",   "removeListener"};
    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        char text[64];
        snprintf(text, sizeof text, "2[\"%s\"]", names[i]);
        assert_int_equal(read_text(text), ERR_SYNTAX);
    }
    assert_int_equal(read_text("2[\"connected\"]"), OK);
    assert_int_equal(read_text("2[\"a\\u0000b\"]"), ERR_SYNTAX); /* a name is a C string to its owner */
}

static void check_rewritten(const char *text, const char *rewritten)
{
    struct sio_packet p;
    struct eio_frame *f = NULL;
    assert_int_equal(sio_packet_read(bytes_str(text), &limits, &p), OK);
    assert_int_equal(sio_packet_write(&p, &f), OK);
    if (!bytes_eq(bytes_of(f->data + 1, f->len - 1), bytes_str(rewritten)))
        fail_msg("%s became %.*s", text, (int)f->len - 1, f->data + 1);
    eio_frame_unref(f);
    sio_packet_reset(&p);
}

static void halves_of_surrogate_pairs_become_replacement_characters(void **state)
{
    (void)state;
    check_rewritten("2[\"a\",\"\\ud83d\"]", "2[\"a\",\"\xef\xbf\xbd\"]");
    check_rewritten("2[\"a\",\"x\\uDE00y\"]", "2[\"a\",\"x\xef\xbf\xbdy\"]");
    check_rewritten("2[\"a\",\"\\uD83D\\ud83d\\ude00\"]", "2[\"a\",\"\xef\xbf\xbd\xf0\x9f\x98\x80\"]");
    check_rewritten("2[\"a\",\"\\ud83d\\u0041\"]", "2[\"a\",\"\xef\xbf\xbd\x41\"]");
    check_same("2[\"a\",\"\\\\ud83d\"]"); /* a backslash, and text */
    check_same("2[\"a\",\"\\u0000\"]");
}

static void integers_beyond_64_bits_are_the_doubles_they_were(void **state)
{
    (void)state;
    check_same("2[\"a\",9223372036854775807,-9223372036854775808]");
    check_rewritten("2[\"a\",9223372036854775808]", "2[\"a\",9.2233720368547758e18]");
    check_rewritten("2[\"a\",\"\\ud83d\",-100000000000000000000,1]", "2[\"a\",\"\xef\xbf\xbd\",-1e20,1.0]");
    check_same("2[\"a\",0.5,-2.25]");
}

static void placeholders_name_only_attachments_that_come(void **state)
{
    (void)state;
    assert_int_equal(read_text("51-[\"a\",{\"_placeholder\":true,\"num\":1}]"), ERR_SYNTAX);
    assert_int_equal(read_text("51-[\"a\",{\"_placeholder\":true,\"num\":-1}]"), ERR_SYNTAX);
    assert_int_equal(read_text("51-[\"a\",{\"_placeholder\":true,\"num\":\"0\"}]"), ERR_SYNTAX);
    assert_int_equal(read_text("51-[\"a\",{\"_placeholder\":true}]"), ERR_SYNTAX);
    assert_int_equal(read_text("51-[\"a\",[{\"x\":{\"_placeholder\":true,\"num\":9}}]]"), ERR_SYNTAX);
    assert_int_equal(read_text("2[\"a\",{\"_placeholder\":true,\"num\":9}]"), OK); /* means nothing without binary */
}

static void limits_hold_on_attachments_ids_depth_and_values(void **state)
{
    (void)state;
    assert_int_equal(read_text("54-[\"a\"]"), ERR_FULL);
    assert_int_equal(read_text("599999999999999999999999-[\"a\"]"), ERR_FULL);
    assert_int_equal(read_text("29007199254740992[\"a\"]"), OK);
    assert_int_equal(read_text("29007199254740993[\"a\"]"), ERR_FULL);
    assert_int_equal(read_text("299999999999999999999999999999[\"a\"]"), ERR_FULL);
    assert_int_equal(read_text("2[\"a\",[[[[]]]]]"), OK);
    assert_int_equal(read_text("2[\"a\",[[[[[]]]]]]"), ERR_FULL);
    assert_int_equal(read_text("2[\"a[[[[[[[[[[\\\"{{{{{{{{{{,,,,,,,,,,,,,,,,,,,,,\"]"), OK); /* only text */
    assert_int_equal(read_text("2[\"a\",1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18]"), OK);
    assert_int_equal(read_text("2[\"a\",1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19]"), ERR_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_documents_examples_are_read_and_written_alike),
        cmocka_unit_test(the_fields_are_where_the_document_puts_them),
        cmocka_unit_test(what_breaks_the_grammar_is_refused),
        cmocka_unit_test(reserved_event_names_are_refused),
        cmocka_unit_test(halves_of_surrogate_pairs_become_replacement_characters),
        cmocka_unit_test(integers_beyond_64_bits_are_the_doubles_they_were),
        cmocka_unit_test(placeholders_name_only_attachments_that_come),
        cmocka_unit_test(limits_hold_on_attachments_ids_depth_and_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
