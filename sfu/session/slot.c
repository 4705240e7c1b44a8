/* slot.c: the way down: a source's packets become this slot's own. */
#include "session/session_priv.h"
#include "rtp/rtp_packet.h"

#include <string.h>

#define SENT_VIDEO 512
#define SENT_AUDIO 64

void slot_init(struct slot *s, const struct sdp_media_neg *neg, const struct slot_config *cfg)
{
    *s = (struct slot){.is_video = neg->kind == SDP_VIDEO,
                       .ssrc = cfg->ssrc,
                       .path = cfg->path,
                       .key_sent_at = USEC_NEVER,
                       .rtx_index = cfg->first_seq};
    s->rtx_ssrc = cfg->rtx_ssrc;
    uint32_t clock = codec_clock_hz(s->is_video);
    struct rewrite_config r = {
        .first_seq = cfg->first_seq,
        .first_ts = cfg->first_ts,
        .video = s->is_video,
        .clock_hz = clock,
        .frame_ticks = s->is_video ? 3000 : 960,
    };
    rewrite_init(&s->rewrite, &r);
    pic_rewrite_init(&s->pics, cfg->first_pic, (uint8_t)cfg->first_pic);
    send_stats_init(&s->stats, clock);
    sent_map_init(&s->sent, s->is_video ? SENT_VIDEO : SENT_AUDIO);
    slot_renegotiate(s, neg);
}

void slot_reset(struct slot *s)
{
    sent_map_reset(&s->sent);
}

/* The source goes on if its payload type still means the same; else it begins anew with its next packet. */
void slot_renegotiate(struct slot *s, const struct sdp_media_neg *neg)
{
    memcpy(s->mid, neg->mid, sizeof s->mid); /* an m-line may be used again under another */
    s->active = neg->accepted && (neg->dir & SDP_SEND);
    s->n_codecs = pt_codecs_of_neg(neg, s->codecs, SLOT_CODECS);
    s->exts = neg->exts;
    s->nack = neg->n_codecs && (neg->codecs[0].fb & SDP_FB_NACK);
    const struct pt_codec *c = pt_codec_find(s->codecs, s->n_codecs, s->pt);
    if (s->state != SLOT_IDLE && (!s->active || !c || c->codec != s->codec))
        slot_stop(s);
}

/* The payload type for a codec: the same profile if it was offered, else the codec's first. */
static const struct pt_codec *codec_for(const struct slot *s, enum codec_kind codec, uint32_t profile)
{
    const struct pt_codec *first = NULL;
    for (unsigned i = 0; i < s->n_codecs; i++) {
        if (s->codecs[i].codec != codec)
            continue;
        if (s->codecs[i].profile == profile)
            return &s->codecs[i];
        if (!first)
            first = &s->codecs[i];
    }
    return first;
}

bool slot_start(struct slot *s, enum codec_kind codec, uint32_t profile)
{
    const struct pt_codec *c = codec_for(s, codec, profile);
    if (!c || !s->active)
        return false;
    s->codec = codec;
    s->pt = c->pt;
    s->rtx_pt = s->rtx_ssrc ? c->rtx_pt : 0;
    s->source_generation++;
    s->state = SLOT_WAITING_KEY;
    return true;
}

void slot_stop(struct slot *s)
{
    s->state = SLOT_IDLE;
    s->pt = 0;
}

/* A packet where the stream may begin: any of audio, the first of a key frame of video; but not one that comes late,
 * since what should follow it has gone by. */
static bool begin(struct slot *s, usec_t now, const struct media *m)
{
    if (m->late)
        return false;
    if (s->is_video && !(m->frame.key && m->frame.start))
        return false;
    struct rewrite_switch to = {.seq = m->seq, .ts = m->ts};
    if (rewrite_switch(&s->rewrite, now, &to))
        return false;
    pic_rewrite_switch(&s->pics);
    s->state = SLOT_FLOWING;
    return true;
}

/* The head of the payload in this slot's own numbering. False: the packet has no place in it. */
static bool renumber(struct slot *s, const struct media *m, struct wr *prefix, size_t *skip, struct pic_ids *ids)
{
    const struct frame_info *f = &m->frame;
    *ids = (struct pic_ids){0};
    *skip = 0;
    if (!f->has_pic)
        return true;
    if (!pic_rewrite_pass(&s->pics, f->pic, f->pic_15, ids))
        return false;
    *skip = f->head_len;
    codec_write_head(m->codec, prefix, bytes_of(media_payload(m).p, *skip), *ids);
    return !prefix->bad;
}

static struct bytes ext_block_for(const struct slot *s, const struct media *m, struct slot_ext_cache *cache)
{
    if (!m->exts.passing)
        return (struct bytes){0};
    if (cache->of != m || memcmp(&cache->map, &s->exts, sizeof cache->map) != 0) {
        ext_serialise(&m->exts, &s->exts, (struct bytes){0}, &cache->block);
        cache->of = m;
        cache->map = s->exts;
    }
    return ext_block_bytes(&cache->block);
}

struct datagram {
    uint8_t pt;
    bool marker;
    uint8_t pad_len;
    uint32_t ssrc, ts;
    uint64_t index;
    struct bytes ext_block, prefix, payload;
};

/* RFC 3550 5.1: the last octet counts them all. Padded payloads are copied first and sealed where they are. */
static void write_padded(struct wr *w, const struct datagram *d)
{
    wr_bytes(w, d->payload);
    uint8_t *pad = wr_take(w, d->pad_len);
    if (!pad)
        return;
    memset(pad, 0, d->pad_len);
    pad[d->pad_len - 1] = d->pad_len;
}

static bool datagram_send(const struct slot_path *path, struct srtpseal_stream *stream, const struct datagram *d,
                          struct outbox *out)
{
    size_t cap = RTP_HEADER_LEN + d->ext_block.len + d->prefix.len + d->payload.len + d->pad_len + SRTPKEY_TAG_MAX;
    uint8_t *dst = cap <= OUTBOX_DATAGRAM_CAP ? outbox_take(out, cap) : NULL;
    if (!dst)
        return false;
    struct wr w = wr_of(dst, cap);
    struct rtp_header h = {
        .pt = d->pt,
        .marker = d->marker,
        .padding = d->pad_len > 0,
        .seq = (uint16_t)d->index,
        .ts = d->ts,
        .ssrc = d->ssrc,
        .ext_block = d->ext_block,
    };
    rtp_header_write(&w, &h);
    size_t header_len = wr_len(&w);
    wr_bytes(&w, d->prefix);
    if (d->pad_len)
        write_padded(&w, d);
    struct srtpseal_packet p = {
        .index = d->index,
        .dst = dst,
        .dst_cap = cap,
        .header_len = header_len,
        .prefix_len = wr_len(&w) - header_len,
        .payload = d->pad_len ? (struct bytes){0} : d->payload,
    };
    size_t len = w.bad ? 0 : srtpseal_put(path->mgr, path->key, stream, &p);
    if (len == 0)
        return false;
    outbox_commit(out, &path->to, len);
    return true;
}

static void remember(struct slot *s, usec_t now, const struct media *m, const struct rewrite_out *to,
                     struct pic_ids ids)
{
    struct sent_entry *e = sent_map_put(&s->sent, now, (uint16_t)to->index);
    if (!e)
        return;
    e->source_seq = (uint32_t)m->seq;
    e->ts_offset = to->ts - m->ts;
    e->source = s->source_generation;
    e->marker = m->marker;
    e->pic = ids.pic;
    e->tl0 = ids.tl0;
    e->keyidx = ids.keyidx;
}

/* A sender report extrapolates from the newest packet: a late one doesn't count for it. */
static void count_sent(struct slot *s, usec_t now, bool late, uint32_t ts, uint32_t payload_len)
{
    send_stats_sent(&s->stats, late ? s->stats.last_at : now, late ? s->stats.last_ts : ts, payload_len);
}

const char *slot_verdict_name(enum slot_verdict v)
{
    static const char *const names[SLOT_VERDICTS] = {
        [SLOT_SENT] = "sent",
        [SLOT_NEEDS_KEY] = "slot_waits_for_key",
        [SLOT_CLOSED] = "slot_closed",
        [SLOT_NO_CODEC] = "slot_no_codec",
        [SLOT_LATE] = "slot_late",
        [SLOT_NO_PICTURE] = "slot_no_picture",
        [SLOT_NO_ROOM] = "slot_no_room",
    };
    return (unsigned)v < SLOT_VERDICTS ? names[v] : "unknown";
}

/* Whether the packet goes on, and if so under which numbers. */
static enum slot_verdict number(struct slot *s, usec_t now, const struct media *m, struct rewrite_out *to, bool *late)
{
    if (s->state == SLOT_IDLE || !s->path->open || !s->pt)
        return SLOT_CLOSED;
    if (s->state == SLOT_FLOWING && m->resumed)
        s->state = SLOT_WAITING_KEY;
    if (s->state == SLOT_WAITING_KEY && !begin(s, now, m))
        return SLOT_NEEDS_KEY;
    enum rewrite_verdict v = rewrite_packet(&s->rewrite, now, m->seq, m->ts, m->marker, to);
    if (v == REWRITE_UNANCHORED) { /* it jumped: its numbers mean another stream, which may begin just here */
        s->state = SLOT_WAITING_KEY;
        if (!begin(s, now, m))
            return SLOT_NEEDS_KEY;
        v = rewrite_packet(&s->rewrite, now, m->seq, m->ts, m->marker, to);
    }
    *late = v == REWRITE_LATE;
    return v == REWRITE_OLD || v == REWRITE_DUP ? SLOT_LATE : SLOT_SENT;
}

enum slot_verdict slot_send(struct slot *s, usec_t now, const struct media *m, struct slot_ext_cache *cache,
                            struct outbox *out)
{
    struct rewrite_out to;
    bool late = false;
    enum slot_verdict v = number(s, now, m, &to, &late);
    if (v != SLOT_SENT)
        return v;

    uint8_t prefix_bytes[CODEC_HEAD_CAP];
    struct wr prefix = wr_of(prefix_bytes, sizeof prefix_bytes);
    size_t skip = 0;
    struct pic_ids ids;
    if (!renumber(s, m, &prefix, &skip, &ids))
        return SLOT_NO_PICTURE;
    struct bytes payload = media_payload(m);
    struct datagram d = {
        .pt = s->pt,
        .marker = m->marker,
        .pad_len = m->pad_len,
        .ssrc = s->ssrc,
        .ts = to.ts,
        .index = to.index,
        .ext_block = ext_block_for(s, m, cache),
        .prefix = bytes_of(prefix_bytes, wr_len(&prefix)),
        .payload = bytes_of(payload.p + skip, payload.len - skip),
    };
    if (!datagram_send(s->path, &s->stream, &d, out))
        return SLOT_NO_ROOM;
    if (s->nack)
        remember(s, now, m, &to, ids);
    count_sent(s, now, late, to.ts, m->payload_len);
    if (m->frame.key && m->frame.start)
        s->key_sent_at = now;
    return SLOT_SENT;
}

bool slot_forward(struct slot *s, usec_t now, struct slot_batch *b, struct outbox *out,
                  uint64_t verdicts[SLOT_VERDICTS])
{
    bool needs_key = false;
    for (unsigned i = 0; i < b->n; i++) {
        const struct media *m = &b->list[i];
        enum slot_verdict v;
        if ((s->state == SLOT_IDLE || s->codec != m->codec) && !slot_start(s, m->codec, m->profile))
            v = SLOT_NO_CODEC;
        else
            v = slot_send(s, now, m, &b->caches[i], out);
        needs_key |= v == SLOT_NEEDS_KEY;
        verdicts[v]++;
    }
    return needs_key && s->state != SLOT_FLOWING;
}

/* The head of the original's payload as this client got it. */
static void restore_head(const struct slot *s, const struct sent_entry *e, struct bytes payload, struct wr *prefix,
                         size_t *skip)
{
    struct frame_info f;
    const struct pic_ids ids = {.pic = e->pic, .tl0 = e->tl0, .keyidx = e->keyidx};
    *skip = 0;
    if (codec_inspect(s->codec, payload, e->marker, (struct bytes){0}, NULL, &f) || !f.has_pic)
        return;
    *skip = f.head_len;
    codec_write_head(s->codec, prefix, bytes_of(payload.p, *skip), ids);
}

static const struct history_entry *lost_packet(struct slot *s, usec_t now, uint16_t out_seq,
                                               const struct history *history, struct sent_entry **e)
{
    if (!s->rtx_pt || !s->path->open || !history)
        return NULL;
    usec_t rtt = s->stats.rtt_smooth ? s->stats.rtt_smooth : 50 * MSEC;
    if (sent_map_nack(&s->sent, now, rtt, out_seq, e) != SENT_REPEAT || (*e)->source != s->source_generation)
        return NULL;
    return history_find(history, sent_source_seq(*e, history_newest(history)));
}

void slot_resend(struct slot *s, usec_t now, uint16_t out_seq, const struct history *history,
                 const struct ext_map *source_exts, struct outbox *out)
{
    struct sent_entry *e = NULL;
    const struct history_entry *h = lost_packet(s, now, out_seq, history, &e);
    struct media m = {0};
    struct rtp_view view;
    if (!h || rtp_parse(bytes_of(h->pkt->data, h->pkt->len), &view)) {
        s->n_unanswered++;
        return;
    }
    ext_parse(&view, source_exts, &m.exts);
    struct slot_ext_cache cache = {0};
    struct bytes payload = bytes_of(h->pkt->data + h->meta.payload_at, h->meta.payload_len);
    uint8_t prefix_bytes[RTX_OSN_LEN + CODEC_HEAD_CAP];
    struct wr prefix = wr_of(prefix_bytes, sizeof prefix_bytes);
    size_t skip = 0;
    wr_u16(&prefix, out_seq);
    restore_head(s, e, payload, &prefix, &skip);
    struct datagram d = {
        .pt = s->rtx_pt,
        .marker = e->marker,
        .ssrc = s->rtx_ssrc,
        .ts = h->meta.ts + e->ts_offset,
        .index = s->rtx_index,
        .ext_block = ext_block_for(s, &m, &cache),
        .prefix = bytes_of(prefix_bytes, wr_len(&prefix)),
        .payload = bytes_of(payload.p + skip, payload.len - skip),
    };
    if (prefix.bad || !datagram_send(s->path, &s->rtx_stream, &d, out)) {
        s->n_unanswered++;
        return;
    }
    s->rtx_index++;
    s->n_resent++;
}

bool slot_wants_key(struct slot *s, usec_t now)
{
    usec_t rtt = s->stats.rtt_smooth ? s->stats.rtt_smooth : 50 * MSEC;
    if (s->state == SLOT_IDLE || !s->is_video)
        return false;
    if (s->key_sent_at != USEC_NEVER && now - s->key_sent_at < rtt)
        return false;
    return keyframe_quota_take(&s->quota, now);
}

const char *slot_mid(const struct slot *s)
{
    return s->mid;
}

bool slot_is_video(const struct slot *s)
{
    return s->is_video;
}

bool slot_is_active(const struct slot *s)
{
    return s->active;
}

bool slot_is_open(const struct slot *s)
{
    return s->path->open;
}

void slot_report(const struct slot *s, struct mline_report *out)
{
    *out = (struct mline_report){
        .ssrc = s->ssrc,
        .packets = s->stats.n_packets_total,
        .bytes = s->stats.n_octets,
        .lost = s->stats.total_lost > 0 ? (uint64_t)s->stats.total_lost : 0,
        .resent = s->n_resent,
        .unanswered = s->n_unanswered,
    };
}

struct track_id slot_track(const struct slot *s)
{
    return s->room_track;
}

unsigned slot_place(const struct slot *s)
{
    return s->room_place;
}

void slot_set_track(struct slot *s, struct track_id id, unsigned place)
{
    s->room_track = id;
    s->room_place = place;
}
