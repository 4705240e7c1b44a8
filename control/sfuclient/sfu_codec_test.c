#include "sfuclient/sfu_codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static enum err decode(struct sfu_decoder *d, const char *text, struct sfu_msg *m)
{
    struct rd in = rd_of(bytes_str(text));
    return sfu_decode(d, &in, m);
}

static void a_response_has_its_id_and_its_fields(void **state)
{
    (void)state;
    struct sfu_decoder d;
    struct sfu_msg m = {0};
    sfu_decoder_init(&d);
    assert_int_equal(decode(&d, "{\"id\":7,\"ok\":true,\"sdp\":\"v=0\"}\n", &m), OK);
    assert_int_equal(m.type, SFU_MSG_RESPONSE);
    assert_int_equal(m.id, 7);
    assert_true(m.ok);
    assert_string_equal(json_string_value(json_object_get(m.json, "sdp")), "v=0");
    sfu_msg_reset(&m);
    sfu_decoder_reset(&d);
}

static void a_refusal_has_its_code_and_reason(void **state)
{
    (void)state;
    struct sfu_decoder d;
    struct sfu_msg m = {0};
    sfu_decoder_init(&d);
    const char *line = "{\"id\":8,\"ok\":false,\"error\":{\"code\":\"bad_request\",\"message\":\"no ufrag\"}}\n";
    assert_int_equal(decode(&d, line, &m), OK);
    assert_false(m.ok);
    assert_string_equal(m.code, "bad_request");
    assert_string_equal(m.message, "no ufrag");
    sfu_msg_reset(&m);
    assert_int_equal(decode(&d, "{\"id\":8,\"ok\":false}\n", &m), OK);
    assert_string_equal(m.code, "internal");
    sfu_msg_reset(&m);
    sfu_decoder_reset(&d);
}

static void lines_may_come_in_any_pieces(void **state)
{
    (void)state;
    const char *text = "{\"event\":\"a\"}\n\n{\"event\":\"b\",\"n\":1}\n{\"id\":1,\"ok\":true}\n";
    for (size_t piece = 1; piece <= strlen(text); piece++) {
        struct sfu_decoder d;
        sfu_decoder_init(&d);
        unsigned n = 0;
        for (size_t at = 0; at < strlen(text); at += piece) {
            size_t len = strlen(text) - at < piece ? strlen(text) - at : piece;
            struct rd in = rd_of(bytes_of(text + at, len));
            struct sfu_msg m = {0};
            while (sfu_decode(&d, &in, &m) == OK) {
                n++;
                assert_int_equal(m.type, n == 3 ? SFU_MSG_RESPONSE : SFU_MSG_NOTIFICATION);
                sfu_msg_reset(&m);
            }
        }
        assert_int_equal(n, 3);
        sfu_decoder_reset(&d);
    }
}

static void what_is_not_the_protocol_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "hello\n",
        "[]\n",
        "{}\n",
        "{\"event\":5}\n",
        "{\"id\":\"7\",\"ok\":true}\n",
        "{\"id\":-1,\"ok\":true}\n",
        "{\"id\":1}\n",
        "{\"id\":1,\"ok\":1}\n",
        "{\"event\":\"x\"} trailing\n",
        "{\"event\":\"x\\u0000\"}\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct sfu_decoder d;
        struct sfu_msg m = {0};
        sfu_decoder_init(&d);
        assert_int_equal(decode(&d, bad[i], &m), ERR_SYNTAX);
        assert_null(m.json);
        sfu_decoder_reset(&d);
    }
}

static void a_line_without_end_is_cut_off_at_256_kib(void **state)
{
    (void)state;
    struct sfu_decoder d;
    struct sfu_msg m = {0};
    char part[1024];
    memset(part, 'x', sizeof part);
    sfu_decoder_init(&d);
    size_t taken = 0;
    enum err e = ERR_SHORT;
    while (e == ERR_SHORT && taken < 4 * SFU_LINE_MAX) {
        struct rd in = rd_of(bytes_of(part, sizeof part));
        e = sfu_decode(&d, &in, &m);
        taken += sizeof part;
    }
    assert_int_equal(e, ERR_FULL);
    assert_int_equal(taken, SFU_LINE_MAX + sizeof part);
    sfu_decoder_reset(&d);
}

static void a_request_is_one_line_and_its_fields_cannot_forge_the_id(void **state)
{
    (void)state;
    char *line = NULL;
    size_t len = 0;
    json_t *fields = json_pack("{s:s,s:i}", "room", "two\nlines", "id", 99);
    assert_int_equal(sfu_encode(5, "room.create", fields, &line, &len), OK);
    assert_int_equal(line[len - 1], '\n');
    assert_ptr_equal(memchr(line, '\n', len), line + len - 1);
    json_t *back = json_loadb(line, len, 0, NULL);
    assert_int_equal(json_integer_value(json_object_get(back, "id")), 5);
    assert_string_equal(json_string_value(json_object_get(back, "op")), "room.create");
    assert_string_equal(json_string_value(json_object_get(back, "room")), "two\nlines");
    json_decref(back);
    json_decref(fields);
    free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_response_has_its_id_and_its_fields),
        cmocka_unit_test(a_refusal_has_its_code_and_reason),
        cmocka_unit_test(lines_may_come_in_any_pieces),
        cmocka_unit_test(what_is_not_the_protocol_is_refused),
        cmocka_unit_test(a_line_without_end_is_cut_off_at_256_kib),
        cmocka_unit_test(a_request_is_one_line_and_its_fields_cannot_forge_the_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
