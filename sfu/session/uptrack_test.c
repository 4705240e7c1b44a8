/* uptrack_test.c: what one m-line of a client sends. */
#include "session/session_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define T0 (1000 * SEC)

static struct sdp_media_neg video_neg(void)
{
    struct sdp_media_neg n = {.kind = SDP_VIDEO, .accepted = true, .dir = SDP_RECV, .mid = "1", .n_codecs = 1};
    n.codecs[0] = (struct sdp_codec_neg){.codec = CODEC_VP8, .pt = 96, .rtx_pt = 97, .fb = SDP_FB_NACK | SDP_FB_PLI};
    n.remote_ssrc = 11;
    n.remote_rtx_ssrc = 12;
    ext_map_init(&n.exts);
    return n;
}

/* A packet of VP8; key: the first of a key frame. */
static enum err take(struct uptrack *t, uint16_t seq, uint8_t pt, bool key, bool recovered, struct media *m)
{
    static struct pkt pkt; /* only its bytes are looked at */
    static const uint8_t payload[] = {0x10, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00};
    struct wr w = wr_of(pkt.data, sizeof pkt.data);
    struct rtp_header h = {.pt = pt, .seq = seq, .ts = 3000u * seq, .ssrc = 11};
    struct rtp_view v;
    rtp_header_write(&w, &h);
    wr_bytes(&w, bytes_of(payload, sizeof payload));
    if (!key)
        pkt.data[RTP_HEADER_LEN + 1] |= 1;
    pkt.len = (uint16_t)wr_len(&w);
    assert_int_equal(rtp_parse(bytes_of(pkt.data, pkt.len), &v), OK);
    return uptrack_recv(t, T0, &pkt, &v, recovered, m);
}

static void a_packet_is_told_with_its_extended_number_and_frame(void **state)
{
    (void)state;
    struct uptrack t;
    struct media m;
    struct sdp_media_neg neg = video_neg();
    uptrack_init(&t, &neg);
    assert_int_equal(take(&t, 65535, 96, true, false, &m), OK);
    uint64_t first = m.seq;
    assert_int_equal((uint16_t)first, 65535);
    assert_true(m.frame.key && m.frame.start && m.codec == CODEC_VP8 && !m.late);
    assert_int_equal(m.payload_at, RTP_HEADER_LEN);
    assert_int_equal(m.payload_len, 11);
    assert_int_equal(take(&t, 0, 96, false, false, &m), OK);
    assert_int_equal(m.seq, first + 1);
    assert_false(m.frame.key);
    uptrack_reset(&t);
}

static void what_was_not_negotiated_is_refused(void **state)
{
    (void)state;
    struct uptrack t;
    struct media m;
    struct sdp_media_neg neg = video_neg();
    uptrack_init(&t, &neg);
    assert_int_equal(take(&t, 5, 98, true, false, &m), ERR_UNSUPPORTED);
    assert_int_equal(take(&t, 5, 97, true, false, &m), ERR_UNSUPPORTED); /* RTX that nobody restored */
    neg.dir = SDP_INACTIVE;
    uptrack_renegotiate(&t, &neg);
    assert_int_equal(take(&t, 5, 96, true, false, &m), ERR_STATE);
    assert_int_equal(t.stats.n_packets, 0);
    uptrack_reset(&t);
}

static void a_hole_is_missed_until_it_is_filled_and_only_once(void **state)
{
    (void)state;
    struct uptrack t;
    struct media m;
    uint16_t seqs[8];
    struct sdp_media_neg neg = video_neg();
    uptrack_init(&t, &neg);
    assert_int_equal(take(&t, 10, 96, true, false, &m), OK);
    assert_int_equal(take(&t, 12, 96, false, false, &m), OK);
    assert_int_equal(nack_gen_due(&t.nack_gen, T0 + NACK_REORDER, seqs, 8), 1);
    assert_int_equal(seqs[0], 11);
    assert_int_equal(take(&t, 11, 96, false, true, &m), OK);
    assert_true(m.late);
    assert_int_equal(take(&t, 11, 96, false, true, &m), ERR_REPLAY);
    assert_int_equal(take(&t, 12, 96, false, true, &m), ERR_REPLAY);
    assert_int_equal(take(&t, 13, 96, false, true, &m), ERR_STATE); /* not yet sent, so it can't be a repetition */
    assert_int_equal(t.n_duplicates, 2);
    assert_int_equal(t.stats.n_packets, 3);
    uptrack_reset(&t);
}

static void a_wild_jump_counts_when_it_comes_twice(void **state)
{
    (void)state;
    struct uptrack t;
    struct media m;
    struct sdp_media_neg neg = video_neg();
    uptrack_init(&t, &neg);
    assert_int_equal(take(&t, 100, 96, true, false, &m), OK);
    uint64_t before = m.seq;
    assert_int_equal(take(&t, 30000, 96, false, false, &m), ERR_STATE);
    assert_int_equal(take(&t, 101, 96, false, false, &m), OK);
    assert_int_equal(m.seq, before + 1);
    assert_int_equal(take(&t, 30000, 96, false, false, &m), ERR_STATE);
    assert_int_equal(take(&t, 30001, 96, false, false, &m), OK);
    assert_true(m.seq > before + SEQ_MAX_FORWARD && !m.late);
    assert_int_equal(nack_gen_deadline(&t.nack_gen), USEC_NEVER); /* nothing is missed */
    uptrack_reset(&t);
}

static void another_ssrc_goes_on_above_the_one_before(void **state)
{
    (void)state;
    struct uptrack t;
    struct media m;
    struct sdp_media_neg neg = video_neg();
    uptrack_init(&t, &neg);
    for (uint16_t seq = 60000; seq < 60010; seq++)
        assert_int_equal(take(&t, seq, 96, true, false, &m), OK);
    uint64_t before = m.seq;
    neg.remote_ssrc = 99;
    uptrack_renegotiate(&t, &neg);
    assert_int_equal(t.ssrc, 99);
    assert_int_equal(take(&t, 60009, 96, false, true, &m), ERR_STATE); /* of which SSRC would that be? */
    assert_int_equal(take(&t, 7, 96, true, false, &m), OK);
    assert_true(m.seq > before + SEQ_MAX_FORWARD && !m.late);
    assert_int_equal((uint16_t)m.seq, 7);
    assert_int_equal(take(&t, 9, 96, false, false, &m), OK);
    assert_true(nack_gen_is_missing(&t.nack_gen, m.seq - 1));
    assert_int_equal(t.stats.n_packets, 2);
    neg.remote_ssrc = 99; /* the same again: nothing changes */
    uptrack_renegotiate(&t, &neg);
    assert_int_equal(t.stats.n_packets, 2);
    uptrack_reset(&t);
}

static void sources_have_names(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SOURCES; i++) {
        enum source s = SOURCES;
        assert_int_equal(source_of_name(source_name((enum source)i), &s), OK);
        assert_int_equal(s, i);
    }
    enum source s;
    assert_int_equal(source_of_name("smell", &s), ERR_NOT_FOUND);
    assert_string_equal(source_name(SOURCES), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packet_is_told_with_its_extended_number_and_frame),
        cmocka_unit_test(what_was_not_negotiated_is_refused),
        cmocka_unit_test(a_hole_is_missed_until_it_is_filled_and_only_once),
        cmocka_unit_test(a_wild_jump_counts_when_it_comes_twice),
        cmocka_unit_test(another_ssrc_goes_on_above_the_one_before),
        cmocka_unit_test(sources_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
