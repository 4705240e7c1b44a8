/* One slot: what leaves is opened again with libsrtp2. */
#include "session/session_priv.h"
#include "srtp/srtpctx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

#define T0 (1000 * SEC)

struct bench {
    struct srtpseal_mgr *mgr;
    struct srtpctx *in;
    struct slot_path path;
    struct slot slot;
    struct outbox *out;
    struct pkt_pool *pool;
    struct history *history;
    uint8_t opened[OUTBOX_DATAGRAM_CAP];
};

static struct sdp_media_neg neg_of(enum codec_kind codec)
{
    struct sdp_media_neg n = {.kind = SDP_VIDEO, .accepted = true, .dir = SDP_SEND, .mid = "4", .n_codecs = 1};
    n.codecs[0] = (struct sdp_codec_neg){.codec = codec, .pt = 96, .rtx_pt = 97, .fb = SDP_FB_NACK | SDP_FB_PLI};
    ext_map_init(&n.exts);
    return n;
}

static void bench_open(struct bench *b)
{
    const struct srtpkey key = {.suite = SRTPKEY_GCM_128, .key = {1, 2, 3}, .salt = {4, 5}};
    *b = (struct bench){0};
    assert_int_equal(srtpctx_library_init(), OK);
    assert_int_equal(srtpseal_mgr_new(SRTPSEAL_FASTEST, &b->mgr), OK);
    assert_int_equal(srtpseal_key_new(b->mgr, &key, &b->path.key), OK);
    assert_int_equal(srtpctx_new(&key, &b->in), OK);
    assert_int_equal(pkt_pool_new(256, &b->pool), OK);
    assert_int_equal(history_new(64, &b->history), OK);
    assert_int_equal(addr_parse("192.0.2.1", 5, &b->path.to), OK);
    b->path.mgr = b->mgr;
    b->path.open = true;
    b->out = malloc(sizeof *b->out);
    outbox_init(b->out);
    struct slot_config cfg = {
        .ssrc = 77, .rtx_ssrc = 78, .first_seq = 32767, .first_ts = 5000, .first_pic = 0x7fff, .path = &b->path};
    struct sdp_media_neg neg = neg_of(CODEC_VP8);
    slot_init(&b->slot, &neg, &cfg);
}

static void bench_close(struct bench *b)
{
    slot_reset(&b->slot);
    history_free(b->history);
    assert_int_equal(pkt_pool_in_use(b->pool), 0);
    pkt_pool_free(b->pool);
    srtpctx_free(b->in);
    srtpseal_key_free(b->path.key);
    srtpseal_mgr_free(b->mgr);
    free(b->out);
}

/* A VP8 packet of the source, kept in the history, to the slot. */
static enum slot_verdict feed(struct bench *b, uint64_t seq, uint32_t ts, bool key, bool late)
{
    uint8_t payload[] = {0x90,         0x80, (uint8_t)(0x80 | (seq >> 8 & 0x7f)),
                         (uint8_t)seq, 0x10, 0x02,
                         0x00,         0x9d, 0x01,
                         0x2a,         0x40, 0x01,
                         0xf0,         0x00, (uint8_t)seq};
    struct pkt *pkt = pkt_new(b->pool);
    assert_non_null(pkt);
    payload[4] |= !key;
    struct wr w = wr_of(pkt->data, sizeof pkt->data);
    struct rtp_header h = {.pt = 100, .marker = true, .seq = (uint16_t)seq, .ts = ts, .ssrc = 1};
    rtp_header_write(&w, &h);
    wr_bytes(&w, bytes_of(payload, sizeof payload));
    pkt->len = (uint16_t)wr_len(&w);
    struct media m = {
        .pkt = pkt,
        .seq = seq,
        .ts = ts,
        .payload_at = RTP_HEADER_LEN,
        .payload_len = sizeof payload,
        .marker = true,
        .late = late,
        .codec = CODEC_VP8,
    };
    struct history_meta meta = {.ts = ts, .payload_at = m.payload_at, .payload_len = m.payload_len};
    (void)history_put(b->history, seq, pkt, &meta);
    assert_int_equal(codec_inspect(CODEC_VP8, media_payload(&m), true, (struct bytes){0}, NULL, &m.frame), OK);
    struct slot_ext_cache cache = {0};
    if (b->slot.state == SLOT_IDLE)
        (void)slot_start(&b->slot, CODEC_VP8, 0);
    enum slot_verdict v = slot_send(&b->slot, T0, &m, &cache, b->out);
    srtpseal_flush(b->mgr);
    pkt_unref(pkt);
    return v;
}

/* Opens the only datagram in the outbox. */
static struct rtp_view opened(struct bench *b)
{
    struct rtp_view v;
    assert_int_equal(b->out->n_datagrams, 1);
    size_t len = b->out->datagrams[0].len;
    memcpy(b->opened, b->out->arena + b->out->datagrams[0].offset, len);
    assert_int_equal(srtpctx_open_rtp(b->in, b->opened, &len), OK);
    assert_int_equal(rtp_parse(bytes_of(b->opened, len), &v), OK);
    outbox_clear(b->out);
    return v;
}

static uint16_t pic_of(struct bytes payload)
{
    struct frame_info f;
    assert_int_equal(codec_inspect(CODEC_VP8, payload, true, (struct bytes){0}, NULL, &f), OK);
    return f.pic.pic;
}

static void video_begins_with_a_key_frame_in_the_slots_own_numbers(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b);
    assert_int_equal(feed(&b, 0x10005, 100, false, false), SLOT_NEEDS_KEY);
    assert_int_equal(feed(&b, 0x10006, 200, true, false), SLOT_SENT);
    struct rtp_view v = opened(&b);
    assert_int_equal(v.seq, 32767);
    assert_int_equal(v.ssrc, 77);
    assert_int_equal(v.pt, 96);
    assert_true(v.marker);
    uint16_t pic = pic_of(v.payload);
    uint32_t ts = v.ts;
    assert_int_equal(feed(&b, 0x10007, 3200, false, false), SLOT_SENT);
    v = opened(&b);
    assert_int_equal(v.seq, 32768);
    assert_int_equal(v.ts, ts + 3000);
    assert_int_equal(pic_of(v.payload), (pic + 1) & 0x7fff);
    assert_int_equal(feed(&b, 0x10007, 3200, false, false), SLOT_LATE); /* a duplicate never gets a number */
    assert_int_equal(b.out->n_datagrams, 0);
    bench_close(&b);
}

static void nothing_begins_with_a_late_key_frame(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b);
    assert_int_equal(feed(&b, 0x10005, 100, true, true), SLOT_NEEDS_KEY);
    assert_int_equal(b.slot.state, SLOT_WAITING_KEY);
    bench_close(&b);
}

static void without_a_path_nothing_is_sent_and_no_number_used(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b);
    b.path.open = false;
    assert_int_equal(feed(&b, 0x10005, 100, true, false), SLOT_CLOSED);
    b.path.open = true;
    assert_int_equal(feed(&b, 0x10006, 200, true, false), SLOT_SENT);
    assert_int_equal(opened(&b).seq, 32767);
    bench_close(&b);
}

static void a_source_that_jumps_begins_anew_at_once_if_it_can(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b);
    assert_int_equal(feed(&b, 0x10005, 100, true, false), SLOT_SENT);
    uint16_t seq = opened(&b).seq;
    assert_int_equal(feed(&b, 0x30005, 77, true, false), SLOT_SENT);
    assert_int_equal(opened(&b).seq, (uint16_t)(seq + 1));
    assert_int_equal(feed(&b, 0x50005, 99, false, false), SLOT_NEEDS_KEY);
    assert_int_equal(b.slot.state, SLOT_WAITING_KEY);
    bench_close(&b);
}

static void a_repetition_is_the_original_with_its_number_in_front(void **state)
{
    (void)state;
    struct bench b;
    struct ext_map none;
    bench_open(&b);
    ext_map_init(&none);
    assert_int_equal(feed(&b, 0x10005, 100, true, false), SLOT_SENT);
    struct rtp_view v = opened(&b);
    uint8_t payload[64];
    size_t len = v.payload.len;
    uint16_t seq = v.seq;
    uint32_t ts = v.ts;
    memcpy(payload, v.payload.p, len);
    slot_resend(&b.slot, T0, seq, b.history, &none, b.out);
    v = opened(&b);
    assert_int_equal(v.ssrc, 78);
    assert_int_equal(v.pt, 97);
    assert_int_equal(v.ts, ts);
    assert_true(v.marker);
    assert_int_equal(v.payload.len, len + 2);
    assert_int_equal(v.payload.p[0] << 8 | v.payload.p[1], seq);
    assert_memory_equal(v.payload.p + 2, payload, len);
    slot_resend(&b.slot, T0 + MSEC, seq, b.history, &none, b.out);          /* too soon */
    slot_resend(&b.slot, T0, (uint16_t)(seq + 1), b.history, &none, b.out); /* never sent */
    slot_resend(&b.slot, T0 + SEC, seq, NULL, &none, b.out);                /* no source */
    history_clear(b.history);
    slot_resend(&b.slot, T0 + 2 * SEC, seq, b.history, &none, b.out); /* too old */
    assert_int_equal(b.out->n_datagrams, 0);
    assert_int_equal(b.slot.n_resent, 1);
    assert_int_equal(b.slot.n_unanswered, 4);
    bench_close(&b);
}

static void a_nack_for_the_source_before_is_not_answered_from_this_one(void **state)
{
    (void)state;
    struct bench b;
    struct ext_map none;
    bench_open(&b);
    ext_map_init(&none);
    assert_int_equal(feed(&b, 0x10005, 100, true, false), SLOT_SENT);
    uint16_t seq = opened(&b).seq;
    slot_stop(&b.slot);
    assert_int_equal(feed(&b, 0x10006, 100, true, false), SLOT_SENT);
    (void)opened(&b);
    slot_resend(&b.slot, T0 + SEC, seq, b.history, &none, b.out);
    assert_int_equal(b.out->n_datagrams, 0);
    bench_close(&b);
}

static void renegotiation_keeps_or_ends_the_source(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b);
    assert_int_equal(feed(&b, 0x10005, 100, true, false), SLOT_SENT);
    uint16_t seq = opened(&b).seq;
    struct sdp_media_neg neg = neg_of(CODEC_VP8);
    slot_renegotiate(&b.slot, &neg);
    assert_int_equal(b.slot.state, SLOT_FLOWING);
    neg.codecs[0].pt = 120; /* the payload type moved: begin again with the new one */
    slot_renegotiate(&b.slot, &neg);
    assert_int_equal(b.slot.state, SLOT_IDLE);
    assert_int_equal(feed(&b, 0x10006, 3100, true, false), SLOT_SENT);
    struct rtp_view v = opened(&b);
    assert_int_equal(v.pt, 120);
    assert_int_equal(v.seq, (uint16_t)(seq + 1));
    neg.dir = SDP_INACTIVE;
    slot_renegotiate(&b.slot, &neg);
    assert_int_equal(feed(&b, 0x10007, 6100, true, false), SLOT_CLOSED);
    neg = neg_of(CODEC_VP9); /* it can't decode this source */
    slot_renegotiate(&b.slot, &neg);
    assert_false(slot_start(&b.slot, CODEC_VP8, 0));
    bench_close(&b);
}

static void a_client_may_ask_for_three_key_frames_in_ten_seconds(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b);
    assert_false(slot_wants_key(&b.slot, T0)); /* it has no source */
    assert_int_equal(feed(&b, 0x10005, 100, true, false), SLOT_SENT);
    assert_false(slot_wants_key(&b.slot, T0 + 10 * MSEC)); /* one was just sent */
    for (unsigned i = 1; i <= 4; i++)
        assert_int_equal(slot_wants_key(&b.slot, T0 + i * SEC), i <= 3);
    assert_true(slot_wants_key(&b.slot, T0 + 12 * SEC));
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(video_begins_with_a_key_frame_in_the_slots_own_numbers),
        cmocka_unit_test(nothing_begins_with_a_late_key_frame),
        cmocka_unit_test(without_a_path_nothing_is_sent_and_no_number_used),
        cmocka_unit_test(a_source_that_jumps_begins_anew_at_once_if_it_can),
        cmocka_unit_test(a_repetition_is_the_original_with_its_number_in_front),
        cmocka_unit_test(a_nack_for_the_source_before_is_not_answered_from_this_one),
        cmocka_unit_test(renegotiation_keeps_or_ends_the_source),
        cmocka_unit_test(a_client_may_ask_for_three_key_frames_in_ten_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
