/* Media out: frames at their times in bursts, and again for those who ask. RFC 3550, RFC 4588. */
#include "loadtest/endpoint_priv.h"

#include "loadtest/stamp.h"
#include "rtp/rtp_packet.h"

#define BURST_GAP   (4 * MSEC)
#define TOO_LATE    (200 * MSEC) /* further behind, we don't catch up */
#define NACKED_SEQS 17
#define STAMPED_MIN 48 /* descriptor, frame head and stamp */

void ep_send_start(struct endpoint *ep, usec_t now)
{
    for (unsigned i = 0; i < KINDS; i++) {
        struct ep_track *t = &ep->tracks[i];
        t->frame_at = now + (t->on ? (usec_t)(ep_random(ep) % (uint32_t)t->frame_us) : 0);
        t->burst_at = USEC_NEVER;
        t->key_asked_at = now;
    }
}

static void patch_exts(struct endpoint *ep, const struct ep_track *t, uint8_t *block)
{
    if (t->block.twcc_at)
        ext_patch_twcc(block, &t->block, ep->twcc_out++);
}

static size_t seal(struct endpoint *ep, struct srtpseal_stream *stream, const struct srtpseal_packet *packet,
                   struct outbox *out)
{
    size_t len = srtpseal_put(ep->env->mgr, ep->key, stream, packet);
    if (len)
        outbox_commit(out, &ep->peer, len);
    return len;
}

static void keep(struct ep_track *t, struct bytes payload, bool marker)
{
    if (!t->history)
        return;
    struct ep_sent *s = &t->history[t->index % EP_HISTORY];
    *s = (struct ep_sent){.index = t->index, .ts = t->ts, .len = (uint16_t)payload.len, .marker = marker};
    memcpy(s->payload, payload.p, payload.len);
}

static void send_packet(struct endpoint *ep, struct ep_track *t, usec_t now, struct outbox *out)
{
    uint8_t payload[PLAYER_PAYLOAD_MAX];
    bool last = false;
    size_t len = player_packet(&t->player, payload, &last);
    if (t->player.clip->stamped && len >= STAMPED_MIN) {
        struct stamp s = {.stream = 2 * ep->cfg.number + (unsigned)t->kind, .seq = t->stamp_seq++, .sent = now};
        stamp_write(payload + len, &s);
    }
    uint8_t *dst = outbox_take(out, OUTBOX_DATAGRAM_CAP);
    if (!dst)
        return;
    struct wr w = wr_of(dst, OUTBOX_DATAGRAM_CAP);
    struct rtp_header h = {
        .pt = t->pt,
        .marker = t->kind == KIND_VIDEO && last,
        .seq = (uint16_t)t->index,
        .ts = t->ts,
        .ssrc = t->ssrc,
        .ext_block = ext_block_bytes(&t->block),
    };
    rtp_header_write(&w, &h);
    patch_exts(ep, t, dst + RTP_HEADER_LEN);
    struct srtpseal_packet packet = {
        .index = t->index,
        .dst = dst,
        .dst_cap = OUTBOX_DATAGRAM_CAP,
        .header_len = wr_len(&w),
        .payload = bytes_of(payload, len),
    };
    seal(ep, &t->stream, &packet, out);
    keep(t, packet.payload, h.marker);
    t->index++;
    t->n_sent++;
    send_stats_sent(&t->stats, now, t->ts, (uint32_t)len);
}

static void begin_frame(struct endpoint *ep, struct ep_track *t, usec_t now)
{
    usec_t late = now - t->frame_at;
    if (ep->env->measuring)
        hist_add(&ep->env->lateness, late);
    if (late > TOO_LATE) {
        usec_t skipped = late / t->frame_us;
        t->frame_at += skipped * t->frame_us;
        t->ts += (uint32_t)skipped * t->ts_step;
    }
    t->frame_at += t->frame_us;
    t->ts += t->ts_step;
    t->burst_at = now;
    player_next_frame(&t->player);
}

static void track_tick(struct endpoint *ep, struct ep_track *t, usec_t now, struct outbox *out)
{
    if (!player_has_packet(&t->player) && now >= t->frame_at)
        begin_frame(ep, t, now);
    if (!player_has_packet(&t->player) || now < t->burst_at)
        return;
    for (unsigned i = 0; i < ep->env->burst && player_has_packet(&t->player); i++)
        send_packet(ep, t, now, out);
    t->burst_at = player_has_packet(&t->player) ? now + BURST_GAP : USEC_NEVER;
}

void ep_send_tick(struct endpoint *ep, usec_t now, struct outbox *out)
{
    for (unsigned i = 0; i < KINDS; i++)
        if (ep->tracks[i].on)
            track_tick(ep, &ep->tracks[i], now, out);
    srtpseal_flush(ep->env->mgr);
}

usec_t ep_send_deadline(const struct endpoint *ep)
{
    usec_t due = USEC_NEVER;
    for (unsigned i = 0; i < KINDS; i++) {
        const struct ep_track *t = &ep->tracks[i];
        if (!t->on)
            continue;
        usec_t at = player_has_packet(&t->player) ? t->burst_at : t->frame_at;
        due = at < due ? at : due;
    }
    return due;
}

static void resend(struct endpoint *ep, struct ep_track *t, uint16_t seq, struct outbox *out)
{
    const struct ep_sent *s = &t->history[seq_extend(t->index, seq) % EP_HISTORY];
    if (s->index == 0 || s->index != seq_extend(t->index, seq))
        return;
    uint8_t *dst = outbox_take(out, OUTBOX_DATAGRAM_CAP);
    if (!dst)
        return;
    struct wr w = wr_of(dst, OUTBOX_DATAGRAM_CAP);
    struct rtp_header h = {
        .pt = t->rtx_pt,
        .marker = s->marker,
        .seq = (uint16_t)t->rtx_index,
        .ts = s->ts,
        .ssrc = t->rtx_ssrc,
        .ext_block = ext_block_bytes(&t->block),
    };
    rtp_header_write(&w, &h);
    size_t header_len = wr_len(&w);
    wr_u16(&w, seq); /* OSN, RFC 4588 4 */
    patch_exts(ep, t, dst + RTP_HEADER_LEN);
    struct srtpseal_packet packet = {
        .index = t->rtx_index++,
        .dst = dst,
        .dst_cap = OUTBOX_DATAGRAM_CAP,
        .header_len = header_len,
        .prefix_len = RTX_OSN_LEN,
        .payload = bytes_of(s->payload, s->len),
    };
    if (seal(ep, &t->rtx_stream, &packet, out))
        ep->count.rtx_sent++;
}

void ep_resend(struct endpoint *ep, uint32_t ssrc, struct rtcp_nack nack, struct outbox *out)
{
    struct ep_track *t = &ep->tracks[KIND_VIDEO];
    uint16_t seqs[NACKED_SEQS];
    ep->count.nacks_received++;
    if (!t->on || t->ssrc != ssrc || !t->rtx_pt)
        return;
    unsigned n = rtcp_nack_seqs(nack, seqs);
    for (unsigned i = 0; i < n; i++)
        resend(ep, t, seqs[i], out);
    srtpseal_flush(ep->env->mgr);
}
