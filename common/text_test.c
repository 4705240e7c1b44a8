/* text.c: words, hex, names, UTF-8. */
#include "common/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void a_line_is_taken_apart_at_its_separators(void **state)
{
    (void)state;
    struct bytes rest = BYTES_LIT("a=b=c");
    assert_true(text_is(text_cut(&rest, '='), "a"));
    assert_true(text_is(text_cut(&rest, '='), "b"));
    assert_true(text_is(text_cut(&rest, '='), "c"));
    assert_int_equal(text_cut(&rest, '=').len, 0);
    rest = bytes_of(NULL, 0);
    assert_int_equal(text_cut(&rest, '=').len, 0);
    rest = BYTES_LIT("  one \t two  ");
    assert_true(text_is(text_word(&rest), "one"));
    assert_true(text_is(text_word(&rest), "two"));
    assert_int_equal(text_word(&rest).len, 0);
    assert_true(text_is(text_trim(BYTES_LIT(" \t\t ")), ""));
}

static void comparing_without_case_is_about_letters_and_length(void **state)
{
    (void)state;
    assert_true(text_is_nocase(BYTES_LIT("Opus"), "oPUS"));
    assert_false(text_is_nocase(BYTES_LIT("opus"), "opus2"));
    assert_false(text_is_nocase(BYTES_LIT("opus2"), "opus"));
    assert_false(text_is(BYTES_LIT("Opus"), "opus"));
    assert_true(text_is_nocase(bytes_of(NULL, 0), ""));
}

static void a_number_is_digits_up_to_its_bound(void **state)
{
    (void)state;
    uint64_t n = 7;
    assert_true(text_number(BYTES_LIT("00255"), 255, &n));
    assert_int_equal(n, 255);
    const char *const wrong[] = {"", "256", "-1", "1 ", "0x1", "99999999999999999999"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_false(text_number(bytes_str(wrong[i]), 255, &n));
    assert_int_equal(n, 255);
}

static void a_token_has_only_its_characters(void **state)
{
    (void)state;
    assert_true(text_is_made_of(BYTES_LIT("aZ09+/"), "+/", 6));
    assert_false(text_is_made_of(BYTES_LIT("aZ09+/"), "+/", 5));
    assert_false(text_is_made_of(BYTES_LIT("a-"), "+/", 5));
    assert_false(text_is_made_of(BYTES_LIT("a\0"), "+/", 5));
    assert_false(text_is_made_of(BYTES_LIT(""), "+/", 5));
}

static void what_is_written_as_hex_is_read_as_hex(void **state)
{
    (void)state;
    char out[3];
    for (unsigned i = 0; i < 256; i++) {
        uint8_t byte = (uint8_t)i;
        text_hex(out, bytes_of(&byte, 1));
        assert_int_equal(16 * text_hex_digit((uint8_t)out[0]) + text_hex_digit((uint8_t)out[1]), i);
    }
    assert_string_equal(out, "ff");
    assert_int_equal(text_hex_digit('F'), 15);
    const char *const none = "g/:@`G \x01";
    for (const char *c = none; *c; c++)
        assert_int_equal(text_hex_digit((uint8_t)*c), -1);
}

static void lengths_are_utf16_units_or_characters(void **state)
{
    (void)state;
    assert_int_equal(text_utf16_len(""), 0);
    assert_int_equal(text_utf16_len("aé€"), 3);
    assert_int_equal(text_utf16_len("😀"), 2);
    assert_int_equal(text_chars("aé€😀"), 4);
}

static void names_are_cut_between_characters(void **state)
{
    (void)state;
    char out[16];
    text_clean(out, sizeof out, "äöüß", 3, "Guest");
    assert_string_equal(out, "äöü");
    text_clean(out, 6, "äöüß", 10, "Guest"); /* 5 bytes: two characters */
    assert_string_equal(out, "äö");
    text_clean(out, sizeof out, "ab   cd", 4, "Guest"); /* no spaces at the new end */
    assert_string_equal(out, "ab");
    text_clean(out, sizeof out, "\xe3\x80\x80\xef\xbb\xbf", 4, "Guest");
    assert_string_equal(out, "Gues");
    text_clean(out, sizeof out, "", 4, "");
    assert_string_equal(out, "");
    text_clean(out, sizeof out, "a\x7f\xc2\x85z", 10, "");
    assert_string_equal(out, "a  z");
}

static void a_copy_is_cut_to_its_room(void **state)
{
    (void)state;
    char out[4] = "zzz";
    text_copy(out, sizeof out, "abcdef");
    assert_string_equal(out, "abc");
    text_copy(out, sizeof out, "");
    assert_string_equal(out, "");
}

static void a_writer_takes_text_that_fits(void **state)
{
    (void)state;
    char out[8];
    struct wr w = wr_of(out, sizeof out);
    wr_text(&w, "%s-%d", "ab", 12);
    assert_int_equal(wr_len(&w), 5);
    wr_text(&w, "%s", "abcd");
    assert_true(w.bad);
}

static size_t utf8_write(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = len; i > 1; i--, c >>= 6)
        out[i - 1] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(0xf00U >> len | c);
    return len;
}

/* Wherever it stands among ASCII, of which eight are looked at at once. */
static void every_character_is_utf8_but_no_surrogate(void **state)
{
    (void)state;
    char text[16];
    for (uint32_t c = 1; c < 0x110000; c++) {
        memset(text, 'a', sizeof text);
        size_t at = c % 11, len = utf8_write(c, text + at);
        bool surrogate = c >= 0xd800 && c < 0xe000;
        if (text_is_utf8(bytes_of(text, sizeof text)) == surrogate ||
            text_is_utf8(bytes_of(text, at + len)) == surrogate)
            fail_msg("U+%04X", c);
    }
}

static void what_rfc3629_forbids_is_not_utf8(void **state)
{
    (void)state;
    static const struct bytes wrong[] = {
        BYTES_LIT("\x80"),
        BYTES_LIT("\xc0\xaf"), /* overlong */
        BYTES_LIT("\xc1\xbf"),
        BYTES_LIT("\xe0\x9f\xbf"),
        BYTES_LIT("\xf0\x8f\xbf\xbf"),
        BYTES_LIT("\xed\xa0\x80"),     /* surrogate */
        BYTES_LIT("\xf4\x90\x80\x80"), /* past U+10FFFF */
        BYTES_LIT("\xf5\x80\x80\x80"),
        BYTES_LIT("\xff"),
        BYTES_LIT("\xe2\x82"), /* cut */
        BYTES_LIT("\xf0\x9f\x98"),
        BYTES_LIT("\xc3\xc3"), /* no continuation */
        BYTES_LIT("\xe2\x82\x41"),
    };
    assert_true(text_is_utf8(bytes_of(NULL, 0)));
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        for (size_t before = 0; before < 12; before++) {
            char text[16];
            memset(text, 'a', sizeof text);
            memcpy(text + before, wrong[i].p, wrong[i].len);
            assert_true(text_is_utf8(bytes_of(text, before)));
            assert_false(text_is_utf8(bytes_of(text, before + wrong[i].len)));
            assert_false(text_is_utf8(bytes_of(text, sizeof text)));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_taken_apart_at_its_separators),
        cmocka_unit_test(comparing_without_case_is_about_letters_and_length),
        cmocka_unit_test(a_number_is_digits_up_to_its_bound),
        cmocka_unit_test(a_token_has_only_its_characters),
        cmocka_unit_test(what_is_written_as_hex_is_read_as_hex),
        cmocka_unit_test(lengths_are_utf16_units_or_characters),
        cmocka_unit_test(names_are_cut_between_characters),
        cmocka_unit_test(a_copy_is_cut_to_its_room),
        cmocka_unit_test(a_writer_takes_text_that_fits),
        cmocka_unit_test(every_character_is_utf8_but_no_surrogate),
        cmocka_unit_test(what_rfc3629_forbids_is_not_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
