/* RTP in: counted by its clear header; where the endpoint verifies, opened and looked into. */
#include "loadtest/endpoint_priv.h"

#include "codec/codec.h"
#include "loadtest/stamp.h"
#include "rtp/rtp_packet.h"

#define FEEDBACK_EVERY (100 * MSEC)

static struct ep_slot *find_slot(struct endpoint *ep, uint32_t ssrc, bool *rtx)
{
    for (unsigned i = 0; i < ep->n_slots; i++) {
        unsigned k = ep->slot_hint + i < ep->n_slots ? ep->slot_hint + i : ep->slot_hint + i - ep->n_slots;
        struct ep_slot *s = &ep->slots[k];
        *rtx = s->rtx_ssrc == ssrc && s->rtx_ssrc != 0;
        if (s->ssrc != ssrc && !*rtx)
            continue;
        ep->slot_hint = k;
        return s;
    }
    return NULL;
}

/* The senders' own numbers: what a server dropped and renumbered shows here only. */
static void check_stamp(struct endpoint *ep, struct ep_slot *s, usec_t now, struct bytes payload)
{
    struct stamp stamp;
    if (!stamp_read(payload, &stamp)) {
        ep->count.no_stamp++;
        return;
    }
    if (ep->env->measuring)
        hist_add(&ep->env->latency[s->kind], now - stamp.sent);
    bool same = s->has_stamp && s->stamp_stream == stamp.stream;
    if (same && stamp.seq >= s->stamp_next)
        ep->count.source_lost += stamp.seq - s->stamp_next;
    else if (same && ep->count.source_lost > 0)
        ep->count.source_lost--; /* it came late */
    if (!same || stamp.seq >= s->stamp_next)
        s->stamp_next = stamp.seq + 1;
    s->has_stamp = true;
    s->stamp_stream = stamp.stream;
}

/* Picture ids go on by one from frame to frame if no packet between was lost. RFC 7741 4.2. */
static void check_picture(struct endpoint *ep, struct ep_slot *s, const struct rtp_view *v, uint64_t seq)
{
    struct frame_info f;
    if (codec_inspect(CODEC_VP8, v->payload, v->marker, (struct bytes){0}, NULL, &f)) {
        ep->count.syntax++;
        return;
    }
    if (!f.has_pic || seq <= s->pic_seq)
        return;
    bool whole = s->has_pic && seq == s->pic_seq + 1;
    uint16_t step = (uint16_t)(f.pic.pic - s->pic) & (f.pic_15 ? 0x7fff : 0x7f);
    if (whole && step != (v->ts == s->pic_ts ? 0 : 1))
        ep->count.picture_breaks++;
    s->has_pic = true;
    s->pic = f.pic.pic;
    s->pic_ts = v->ts;
    s->pic_seq = seq;
}

static bool open_packet(struct endpoint *ep, uint8_t *p, size_t *len, struct rtp_view *v)
{
    enum err e = srtpctx_open_rtp(ep->in, p, len);
    if (!e)
        e = rtp_parse(bytes_of(p, *len), v);
    if (e) {
        ep->count.replayed += e == ERR_REPLAY;
        ep->count.auth_failed += e != ERR_REPLAY;
        return false;
    }
    ep->count.opened++;
    return true;
}

static void verify(struct endpoint *ep, struct ep_slot *s, usec_t now, uint8_t *p, size_t len, uint64_t seq)
{
    struct rtp_view v;
    if (!open_packet(ep, p, &len, &v) || v.payload.len == 0)
        return;
    check_stamp(ep, s, now, v.payload);
    if (s->kind == KIND_VIDEO)
        check_picture(ep, s, &v, seq);
}

/* Padding probes have no original number in them. */
static void recv_rtx(struct endpoint *ep, struct ep_slot *s, usec_t now, uint8_t *p, size_t len)
{
    struct rtp_view v;
    uint16_t osn;
    struct bytes payload;
    if (!ep->cfg.nack && !ep->cfg.verify)
        return;
    if (!open_packet(ep, p, &len, &v) || rtx_parse(&v, &osn, &payload) || payload.len == 0)
        return;
    if (seqcount_recovered(&s->count, osn) != SEQCOUNT_FILLED)
        return;
    ep->count.recovered++;
    if (ep->cfg.verify)
        check_stamp(ep, s, now, payload);
    if (ep->cfg.nack)
        nack_gen_saw(&s->nacks, now, seq_extend(s->count.seq.highest, osn));
}

static void saw_media(struct endpoint *ep, usec_t now)
{
    if (ep->got_media)
        return;
    ep->got_media = true;
    hist_add(&ep->env->join_first_packet, now - ep->joined_at);
}

static void record_arrival(struct endpoint *ep, const struct ep_slot *s, const struct rtp_view *v, usec_t now)
{
    struct bytes value;
    if (!s->twcc_id || !ep->twcc || !rtp_ext_find(v, s->twcc_id, &value) || value.len != 2)
        return;
    twcc_recorder_saw(ep->twcc, now, (uint16_t)(value.p[0] << 8 | value.p[1]));
    if (ep->twcc_at == USEC_NEVER)
        ep->twcc_at = now + FEEDBACK_EVERY;
}

void ep_recv_rtp(struct endpoint *ep, usec_t now, uint8_t *p, size_t len)
{
    struct rtp_view v;
    bool rtx;
    uint64_t seq;
    if (ep->env->drop && ep_random(ep) < ep->env->drop)
        return;
    if (rtp_parse(bytes_of(p, len), &v)) {
        ep->count.syntax++;
        return;
    }
    ep->count.rtp_datagrams++;
    ep->count.rtp_bytes += len;
    struct ep_slot *s = find_slot(ep, v.ssrc, &rtx);
    if (!s) {
        ep->count.unknown_ssrc++;
        return;
    }
    record_arrival(ep, s, &v, now);
    if (rtx) {
        recv_rtx(ep, s, now, p, len);
        return;
    }
    enum seqcount_verdict verdict = seqcount_saw(&s->count, v.seq, &seq);
    if (verdict == SEQCOUNT_WILD || verdict == SEQCOUNT_AGAIN)
        return;
    saw_media(ep, now);
    s->got_any = true;
    recv_stats_saw(&s->stats, now, seq, v.ts, (uint32_t)v.payload.len, verdict == SEQCOUNT_FILLED);
    if (ep->cfg.nack && s->kind == KIND_VIDEO) {
        nack_gen_saw(&s->nacks, now, seq);
        usec_t due = nack_gen_deadline(&s->nacks);
        ep->nack_at = due < ep->nack_at ? due : ep->nack_at;
    }
    if (ep->cfg.verify)
        verify(ep, s, now, p, len, seq);
}

/* --- the measuring window --- */

uint64_t endpoint_sent(const struct endpoint *ep, enum endpoint_kind kind)
{
    return ep->tracks[kind].n_sent - ep->tracks[kind].n_sent_mark;
}

void endpoint_mark(struct endpoint *ep)
{
    ep->count = (struct endpoint_totals){0};
    for (unsigned i = 0; i < KINDS; i++)
        ep->tracks[i].n_sent_mark = ep->tracks[i].n_sent;
    for (unsigned i = 0; i < ep->n_slots; i++) {
        struct ep_slot *s = &ep->slots[i];
        s->expected_mark = seqcount_expected(&s->count);
        s->received_mark = s->count.received;
        s->duplicates_mark = s->count.duplicates;
    }
}

static void add_counters(struct endpoint_totals *t, const struct endpoint_totals *c)
{
    t->rtp_datagrams += c->rtp_datagrams;
    t->rtp_bytes += c->rtp_bytes;
    t->recovered += c->recovered;
    t->rtx_sent += c->rtx_sent;
    t->nacks_sent += c->nacks_sent;
    t->nacks_received += c->nacks_received;
    t->plis_sent += c->plis_sent;
    t->plis_received += c->plis_received;
    t->rtcp_received += c->rtcp_received;
    t->unknown_ssrc += c->unknown_ssrc;
    t->auth_failed += c->auth_failed;
    t->replayed += c->replayed;
    t->rtcp_failed += c->rtcp_failed;
    t->syntax += c->syntax;
    t->opened += c->opened;
    t->no_stamp += c->no_stamp;
    t->source_lost += c->source_lost;
    t->picture_breaks += c->picture_breaks;
}

void endpoint_collect(struct endpoint *ep)
{
    struct endpoint_totals *t = &ep->env->totals;
    add_counters(t, &ep->count);
    for (unsigned i = 0; i < KINDS; i++)
        t->kind[i].sent += endpoint_sent(ep, (enum endpoint_kind)i);
    for (unsigned i = 0; i < ep->n_slots; i++) {
        const struct ep_slot *s = &ep->slots[i];
        struct kind_totals *k = &t->kind[s->kind];
        k->expected += seqcount_expected(&s->count) - s->expected_mark;
        k->received += s->count.received - s->received_mark;
        k->duplicates += s->count.duplicates - s->duplicates_mark;
    }
    endpoint_mark(ep);
}
