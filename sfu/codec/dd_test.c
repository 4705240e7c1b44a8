/* dd.c, and what codec_inspect() makes of a descriptor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "codec/codec.h"
#include "codec/dd.h"

/* Writes what dd_parse() reads, bit by bit as A.4.1 has it. */
struct bitw {
    uint8_t p[64];
    size_t n;
};

static void put(struct bitw *b, unsigned n, uint32_t v)
{
    for (; n > 0; n--, b->n++)
        if (v >> (n - 1) & 1)
            b->p[b->n / 8] |= (uint8_t)(0x80 >> b->n % 8);
}

static struct bytes done(struct bitw *b)
{
    return bytes_of(b->p, (b->n + 7) / 8);
}

/* L1T2 as encoders send it: targets T0 and T0+T1, one chain; templates: key, T0 delta, T1. */
static struct bytes key_l1t2(struct bitw *b)
{
    *b = (struct bitw){.n = 0};
    put(b, 8, 0x80 | 5);            /* start; template 5 */
    put(b, 16, 300);                /* frame number */
    put(b, 5, 0x10);                /* structure */
    put(b, 6, 5);                   /* first id */
    put(b, 5, 1);                   /* two targets */
    put(b, 6, 0 << 4 | 1 << 2 | 3); /* same layer, next temporal, end */
    put(b, 12, 0xaf << 4 | 1);      /* indications: SS RR -D */
    put(b, 1, 0);                   /* template 0: no references */
    put(b, 6, 0x20 | 1 << 1);       /* template 1: one, 2 back */
    put(b, 6, 0x20 | 0 << 1);       /* template 2: one, 1 back */
    put(b, 2, 2);                   /* ns(3): one chain is 10 */
    put(b, 12, 0x021);              /* chain differences 0, 2, 1; targets' chains take no bits */
    put(b, 1, 1);                   /* sizes */
    put(b, 16, 1279);
    put(b, 16, 719);
    return done(b);
}

static void a_key_frame_brings_the_structure(void **state)
{
    (void)state;
    static struct dd_state s;
    struct bitw b;
    struct dd_frame f;
    s.valid = false;
    assert_int_equal(dd_parse(key_l1t2(&b), &s, &f), OK);
    assert_true(f.has_structure && f.start && !f.end);
    assert_int_equal(f.frame_number, 300);
    assert_int_equal(f.n_fdiffs, 0);
    assert_int_equal(s.n_templates, 3);
    assert_int_equal(s.n_targets, 2);
    assert_int_equal(s.n_chains, 1);
    assert_int_equal(s.width[0], 1280);
    assert_int_equal(s.height[0], 720);
    assert_int_equal(s.active_targets, 3);
    assert_int_equal(s.target_tid[0], 0);
    assert_int_equal(s.target_tid[1], 1);
    assert_int_equal(dd_indication(&f, 1), DD_SWITCH);
}

static void later_frames_only_name_their_template(void **state)
{
    (void)state;
    static struct dd_state s;
    struct bitw b;
    struct dd_frame f;
    static const uint8_t t1[] = {0xc0 | 7, 0x01, 0x2d}, unknown[] = {0xc0 | 8, 0x01, 0x2d};
    s.valid = false;
    assert_int_equal(dd_parse(bytes_of(t1, 3), &s, &f), ERR_STATE);
    assert_int_equal(dd_parse(key_l1t2(&b), &s, &f), OK);
    assert_int_equal(dd_parse(bytes_of(t1, 3), &s, &f), OK);
    assert_true(f.start && f.end && !f.has_structure);
    assert_int_equal(f.frame_number, 301);
    assert_int_equal(f.tid, 1);
    assert_int_equal(f.n_fdiffs, 1);
    assert_int_equal(f.chain_diffs[0], 1);
    assert_int_equal(dd_indication(&f, 0), DD_NOT_PRESENT);
    assert_int_equal(dd_indication(&f, 1), DD_DISCARDABLE);
    assert_int_equal(dd_parse(bytes_of(unknown, 3), &s, &f), ERR_STATE);
}

static void custom_fields_override_the_template(void **state)
{
    (void)state;
    static struct dd_state s;
    struct bitw b, c = {.n = 0};
    struct dd_frame f;
    s.valid = false;
    assert_int_equal(dd_parse(key_l1t2(&b), &s, &f), OK);
    put(&c, 8, 0xc0 | 6);
    put(&c, 16, 302);
    put(&c, 5, 0x0f); /* active targets, indications, references, chains */
    put(&c, 2, 1);
    put(&c, 4, 0x0d); /* -, then D… as 0b11 0b01 */
    put(&c, 6, 1 << 4 | 3);
    put(&c, 10, 2 << 8 | 99);
    put(&c, 2, 0);
    put(&c, 8, 200);
    assert_int_equal(dd_parse(done(&c), &s, &f), OK);
    assert_int_equal(f.active_targets, 1);
    assert_int_equal(s.active_targets, 1);
    assert_int_equal(dd_indication(&f, 0), DD_REQUIRED);
    assert_int_equal(dd_indication(&f, 1), DD_DISCARDABLE);
    assert_int_equal(f.n_fdiffs, 2);
    assert_int_equal(f.chain_diffs[0], 200);
    assert_int_equal(f.tid, 0);
}

static void a_cut_structure_changes_nothing(void **state)
{
    (void)state;
    static struct dd_state s;
    struct bitw b;
    struct dd_frame f;
    s.valid = false;
    struct bytes whole = key_l1t2(&b);
    for (size_t len = 0; len < whole.len; len++) {
        assert_int_not_equal(dd_parse(bytes_of(whole.p, len), &s, &f), OK);
        assert_false(s.valid);
    }
}

static void the_frame_number_is_patched_in_place(void **state)
{
    (void)state;
    static struct dd_state s;
    struct bitw b;
    struct dd_frame f;
    struct bytes whole = key_l1t2(&b);
    dd_patch_frame_number(b.p, whole.len, 0xabcd);
    assert_int_equal(dd_parse(whole, &s, &f), OK);
    assert_int_equal(f.frame_number, 0xabcd);
    assert_int_equal(f.template_id, 5);
}

static void av1_gets_its_layers_from_the_descriptor(void **state)
{
    (void)state;
    static struct dd_state s;
    struct bitw b;
    struct frame_info f;
    static const uint8_t t1[] = {0xc0 | 7, 0x01, 0x2d};
    s.valid = false;
    assert_int_equal(codec_inspect(CODEC_AV1, BYTES_LIT("\x18\x0a"), false, key_l1t2(&b), &s, &f), OK);
    assert_true(f.key && f.start && f.layers.said && f.layers.switch_up && !f.layers.discardable);
    assert_int_equal(codec_inspect(CODEC_AV1, BYTES_LIT("\x10\x30"), true, bytes_of(t1, 3), &s, &f), OK);
    assert_true(!f.key && f.layers.end && f.layers.discardable && !f.layers.switch_up);
    assert_int_equal(f.layers.tid, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_frame_brings_the_structure),
        cmocka_unit_test(later_frames_only_name_their_template),
        cmocka_unit_test(custom_fields_override_the_template),
        cmocka_unit_test(a_cut_structure_changes_nothing),
        cmocka_unit_test(the_frame_number_is_patched_in_place),
        cmocka_unit_test(av1_gets_its_layers_from_the_descriptor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
