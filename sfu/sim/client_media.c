/* client_media.c: sources and slots: payloads that say whose they are, and the checks at the other end.
 *
 *   VP8:  | descriptor 6 | VP8 frame header 10 | source 4 | counter 4 | frame 4 | pattern … |
 *   Opus: | TOC 1 |                              source 4 | counter 4 | frame 4 | pattern … |
 */
#include "sim/client_priv.h"
#include "codec/codec.h"
#include "rtp/ext.h"
#include "rtp/rtp_packet.h"

#define VP8_HEADER  10
#define STAMP_LEN   12
#define AUDIO_LEN   60
#define VIDEO_LEN   400
#define VIDEO_TICKS 3000
#define AUDIO_TICKS 960

static uint8_t pattern(uint32_t source, uint32_t counter, size_t i)
{
    return (uint8_t)(source * 31 + counter * 7 + i);
}

static void write_stamp(struct wr *w, uint32_t source, uint32_t counter, uint32_t frame, size_t n_pattern)
{
    wr_u32(w, source);
    wr_u32(w, counter);
    wr_u32(w, frame);
    for (size_t i = 0; i < n_pattern; i++)
        wr_u8(w, pattern(source, counter, i));
}

static void setup_source(struct sim_source *s, const struct sdp_media_neg *m)
{
    s->on = m->accepted && (m->dir & SDP_SEND) && m->n_codecs;
    if (!s->on)
        return;
    s->pt = m->codecs[0].pt;
    s->rtx_pt = m->codecs[0].rtx_pt;
    s->exts = m->exts;
    memcpy(s->mid, m->mid, sizeof s->mid);
}

static void setup_slot(struct sim_client *c, const struct sdp_media_neg *m)
{
    struct sim_slot *s = sim_client_slot(c, m->mid);
    if (!s && c->n_slots == SIM_SLOTS)
        return;
    if (!s) {
        s = &c->slots[c->n_slots++];
        *s = (struct sim_slot){.is_video = m->kind == SDP_VIDEO};
        memcpy(s->mid, m->mid, sizeof s->mid);
        recv_stats_init(&s->stats, s->is_video ? 90000 : 48000);
    }
    s->ssrc = m->remote_ssrc;
    s->rtx_ssrc = m->remote_rtx_ssrc;
}

void sim_media_setup(struct sim_client *c)
{
    for (unsigned i = 0; i < c->n_media; i++) {
        const struct sdp_media_neg *m = &c->media[i];
        if (m->kind == SDP_DATA)
            continue;
        if (m->accepted && (m->dir & SDP_RECV))
            setup_slot(c, m);
        else if (m->ssrc)
            setup_source(m->kind == SDP_VIDEO ? &c->video : &c->audio, m);
    }
}

struct sim_slot *sim_client_slot(struct sim_client *c, const char *mid)
{
    for (unsigned i = 0; i < c->n_slots; i++)
        if (strcmp(c->slots[i].mid, mid) == 0)
            return &c->slots[i];
    return NULL;
}

/* ---- sending ---- */

static void make_ext_block(struct sim_client *c, const struct sim_source *s, const uint8_t *level, struct ext_block *b)
{
    struct ext_values v = {0};
    if (level)
        ext_values_set(&v, EXT_AUDIO_LEVEL, bytes_of(level, 1));
    ext_serialise(&v, &s->exts, bytes_str(s->mid), b);
    ext_patch_twcc(b->bytes, b, c->twcc_seq++);
}

/* prefix: the original's sequence number, in a retransmission. */
static void send_rtp(struct sim_client *c, struct sim_source *s, struct rtp_header *h, struct bytes prefix,
                     struct bytes payload, struct outbox *out)
{
    bool rtx = prefix.len > 0;
    size_t cap = RTP_HEADER_LEN + h->ext_block.len + prefix.len + payload.len + SRTPKEY_TAG_MAX;
    uint8_t *dst = outbox_take(out, cap);
    if (!dst)
        return;
    uint64_t index = rtx ? s->rtx_index++ : s->index++;
    h->seq = (uint16_t)index;
    struct wr w = wr_of(dst, cap);
    rtp_header_write(&w, h);
    struct srtpseal_packet p = {
        .index = index,
        .dst = dst,
        .dst_cap = cap,
        .header_len = wr_len(&w),
        .prefix_len = prefix.len,
        .payload = payload,
    };
    wr_bytes(&w, prefix);
    size_t len = srtpseal_put(c->cfg.mgr, c->key, rtx ? &s->rtx_stream : &s->stream, &p);
    bool lost = !rtx && (s->lose & 1);
    if (!rtx)
        s->lose >>= 1;
    if (len && !lost)
        outbox_commit(out, &c->server, len);
    else
        srtpseal_flush(c->cfg.mgr); /* the room is used again */
}

static void send_payload(struct sim_client *c, struct sim_source *s, bool marker, const uint8_t *level,
                         struct bytes payload, struct outbox *out)
{
    struct ext_block block = {0};
    unsigned at = (unsigned)(s->index % SIM_SENT);
    s->sent[at].used = true;
    s->sent[at].seq = (uint16_t)s->index;
    s->sent[at].ts = s->ts;
    s->sent[at].marker = marker;
    s->sent[at].len = (uint16_t)payload.len;
    memcpy(s->sent[at].payload, payload.p, payload.len);
    make_ext_block(c, s, level, &block);
    struct rtp_header h = {
        .pt = s->pt, .marker = marker, .ts = s->ts, .ssrc = s->ssrc, .ext_block = ext_block_bytes(&block)};
    send_rtp(c, s, &h, (struct bytes){0}, payload, out);
    s->n_sent++;
    s->counter++;
}

void sim_client_repeat(struct sim_client *c, uint16_t seq, struct outbox *out)
{
    struct sim_source *s = &c->video;
    uint64_t index = seq_extend(s->index, seq);
    unsigned at = (unsigned)(index % SIM_SENT);
    if (!s->sent[at].used || s->sent[at].seq != seq)
        return;
    struct ext_block block = {0};
    make_ext_block(c, s, NULL, &block);
    struct rtp_header h = {
        .pt = s->rtx_pt,
        .marker = s->sent[at].marker,
        .ts = s->sent[at].ts,
        .ssrc = s->rtx_ssrc,
        .ext_block = ext_block_bytes(&block),
    };
    uint8_t osn[RTX_OSN_LEN] = {(uint8_t)(seq >> 8), (uint8_t)seq};
    send_rtp(c, s, &h, bytes_of(osn, sizeof osn), bytes_of(s->sent[at].payload, s->sent[at].len), out);
    s->n_repeated++;
}

void sim_client_send_audio(struct sim_client *c, uint8_t level, struct outbox *out)
{
    uint8_t bytes[AUDIO_LEN];
    struct wr w = wr_of(bytes, sizeof bytes);
    struct sim_source *s = &c->audio;
    if (!c->open || !s->on)
        return;
    wr_u8(&w, 0x78); /* a 20 ms frame */
    write_stamp(&w, c->cfg.source, s->counter, s->ts, sizeof bytes - 1 - STAMP_LEN);
    send_payload(c, s, false, &level, bytes_of(bytes, wr_len(&w)), out);
    s->ts += AUDIO_TICKS;
}

static void write_vp8(struct sim_client *c, struct sim_source *s, bool key, bool start, struct wr *w)
{
    wr_u8(w, start ? 0x90 : 0x80); /* X, S */
    wr_u8(w, 0xe0);                /* I, L, T */
    wr_u16(w, 0x8000 | s->pic);
    wr_u8(w, s->tl0);
    wr_u8(w, 0); /* temporal layer 0 */
    if (start && key) {
        static const uint8_t header[VP8_HEADER] = {0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00};
        wr_bytes(w, bytes_of(header, sizeof header));
    } else {
        for (unsigned i = 0; i < VP8_HEADER; i++)
            wr_u8(w, start ? 0x11 : 0x55);
    }
    write_stamp(w, c->cfg.source, s->counter, s->ts, VIDEO_LEN - 6 - VP8_HEADER - STAMP_LEN);
}

void sim_client_send_video(struct sim_client *c, unsigned n_packets, struct outbox *out)
{
    struct sim_source *s = &c->video;
    if (!c->open || !s->on)
        return;
    bool key = c->key_wanted;
    c->key_wanted = false;
    for (unsigned i = 0; i < n_packets; i++) {
        uint8_t bytes[VIDEO_LEN];
        struct wr w = wr_of(bytes, sizeof bytes);
        write_vp8(c, s, key, i == 0, &w);
        send_payload(c, s, i + 1 == n_packets, NULL, bytes_of(bytes, wr_len(&w)), out);
    }
    s->pic = (s->pic + 1) & 0x7fff;
    s->tl0++;
    s->ts += VIDEO_TICKS;
}

/* ---- receiving ---- */

struct arrived {
    uint64_t seq;
    uint32_t ts, source, counter;
    bool marker, start, key;
    uint16_t pic;
    uint8_t tl0;
};

static bool read_payload(struct sim_slot *s, struct bytes payload, struct arrived *a)
{
    size_t skip = 1;
    struct frame_info f;
    if (s->is_video) {
        if (codec_inspect(CODEC_VP8, payload, false, (struct bytes){0}, NULL, &f) || !f.has_pic)
            return false;
        a->start = f.start;
        a->key = f.key;
        a->pic = f.pic.pic;
        a->tl0 = f.pic.tl0;
        skip = f.head_len + VP8_HEADER;
    }
    struct rd r = rd_of(payload);
    rd_skip(&r, skip);
    a->source = rd_u32(&r);
    a->counter = rd_u32(&r);
    rd_u32(&r);
    size_t n = rd_left(&r);
    for (size_t i = 0; i < n; i++)
        if (rd_u8(&r) != pattern(a->source, a->counter, i))
            return false;
    return !r.bad && n > 0;
}

/* A packet of another source than the one before, or the first of all. */
static void check_switch(struct sim_slot *s, const struct arrived *a, bool first)
{
    if (s->is_video && !(a->key && a->start))
        s->n_bad_start++;
    s->n_switches += !first;
    if (first)
        return;
    if (s->is_video && a->pic != ((s->pic + 1) & 0x7fff))
        s->n_bad_pic++;
    if (ts_diff(a->ts, s->ts) <= 0)
        s->n_bad_ts++;
}

static void check_next(struct sim_slot *s, const struct arrived *a)
{
    bool new_frame = a->ts != s->ts;
    if (ts_diff(a->ts, s->ts) < 0)
        s->n_bad_ts++;
    if (a->counter != s->counter + 1)
        s->n_bad_counter++;
    if (!s->is_video)
        return;
    if (new_frame != s->marker || new_frame != a->start)
        s->n_bad_marker++;
    if (a->pic != ((s->pic + new_frame) & 0x7fff) || a->tl0 != (uint8_t)(s->tl0 + new_frame))
        s->n_bad_pic++;
}

static void take(struct sim_slot *s, const struct arrived *a, bool next)
{
    bool first = s->n_packets++ == 0;
    s->recent[a->seq % SIM_RECENT] = a->seq;
    if (first || a->seq < s->first)
        s->first = a->seq;
    if (!first && a->seq < s->seq.highest)
        return; /* it filled a hole */
    if (first || a->source != s->source)
        check_switch(s, a, first);
    else if (next)
        check_next(s, a);
    s->n_frames += s->is_video ? a->start : true;
    s->source = a->source;
    s->counter = a->counter;
    s->pic = a->pic;
    s->tl0 = a->tl0;
    s->ts = a->ts;
    s->marker = a->marker;
}

static void recv_media(struct sim_slot *s, usec_t now, const struct rtp_view *v, bool recovered)
{
    struct arrived a = {.ts = v->ts, .marker = v->marker};
    uint64_t before = s->seq.highest;
    if (!read_payload(s, v->payload, &a)) {
        s->n_bad_payload++;
        return;
    }
    if (seq_update(&s->seq, v->seq, &a.seq) == SEQ_SUSPECT || sim_slot_has(s, a.seq)) {
        s->n_duplicates += !recovered;
        s->n_rtx_useless += recovered;
        return;
    }
    recv_stats_saw(&s->stats, now, a.seq, v->ts, (uint32_t)v->payload.len, recovered);
    take(s, &a, a.seq == before + 1);
}

static void recv_rtx(struct sim_slot *s, usec_t now, uint8_t *packet, size_t len, const struct rtp_view *v)
{
    struct rtp_view original;
    s->n_rtx++;
    if (v->pt != SDP_CLIENT_PT_RTX || (s->any_rtx && v->seq != (uint16_t)(s->rtx_seq + 1)))
        s->n_bad_rtx++;
    s->any_rtx = true;
    s->rtx_seq = v->seq;
    if (rtx_restore(packet, &len, v, SDP_CLIENT_PT_VP8, s->ssrc) || rtp_parse(bytes_of(packet, len), &original)) {
        s->n_bad_rtx++;
        return;
    }
    s->last_osn = original.seq;
    recv_media(s, now, &original, true);
}

void sim_media_recv(struct sim_client *c, usec_t now, uint8_t *packet, size_t len)
{
    struct rtp_view v;
    if (srtpctx_open_rtp(c->in, packet, &len) || rtp_parse(bytes_of(packet, len), &v)) {
        c->n_undecryptable++;
        return;
    }
    for (unsigned i = 0; i < c->n_slots; i++) {
        struct sim_slot *s = &c->slots[i];
        if (v.ssrc == s->ssrc) {
            recv_media(s, now, &v, false);
            return;
        }
        if (s->rtx_ssrc && v.ssrc == s->rtx_ssrc) {
            recv_rtx(s, now, packet, len, &v);
            return;
        }
    }
    c->n_unknown_ssrc++;
}

bool sim_slot_has(const struct sim_slot *s, uint64_t ext_seq)
{
    return s->recent[ext_seq % SIM_RECENT] == ext_seq;
}

unsigned sim_slot_holes(const struct sim_slot *s)
{
    return s->n_packets ? (unsigned)(s->seq.highest - s->first + 1) - s->n_packets : 0;
}

unsigned sim_slot_faults(const struct sim_slot *s)
{
    return s->n_bad_payload + s->n_bad_start + s->n_bad_pic + s->n_bad_ts + s->n_bad_marker + s->n_bad_rtx +
           s->n_bad_counter;
}
