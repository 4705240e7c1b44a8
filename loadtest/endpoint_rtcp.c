/* Reports, feedback and requests, both ways. RFC 3550 6, RFC 4585. */
#include "loadtest/endpoint_priv.h"

#include "rtp/ntp.h"

#define REPORT_EVERY   SEC
#define FEEDBACK_EVERY (100 * MSEC)
#define NACK_EVERY     (20 * MSEC)
#define KEY_AT_MOST    (300 * MSEC) /* an encoder doesn't make key frames any faster */
#define COMPOUND_CAP   (EP_RTCP_CAP - SRTPKEY_RTCP_MAX)

void ep_rtcp_start(struct endpoint *ep, usec_t now)
{
    ep->report_at = now + (usec_t)(ep_random(ep) % (uint32_t)REPORT_EVERY);
    ep->twcc_at = USEC_NEVER;
    ep->nack_at = USEC_NEVER;
}

usec_t ep_rtcp_deadline(const struct endpoint *ep)
{
    usec_t due = ep->report_at < ep->twcc_at ? ep->report_at : ep->twcc_at;
    return ep->nack_at < due ? ep->nack_at : due;
}

/* --- what comes --- */

static void asked_for_key(struct endpoint *ep, usec_t now, uint32_t ssrc)
{
    struct ep_track *t = &ep->tracks[KIND_VIDEO];
    ep->count.plis_received++;
    if (!t->on || t->ssrc != ssrc || now - t->key_asked_at < KEY_AT_MOST)
        return;
    t->key_asked_at = now;
    player_ask_key(&t->player);
}

static void sender_report(struct endpoint *ep, usec_t now, const struct rtcp_item *item)
{
    for (unsigned i = 0; i < ep->n_slots; i++)
        if (ep->slots[i].ssrc == item->ssrc)
            recv_stats_sr(&ep->slots[i].stats, now, &item->sr);
}

void ep_recv_rtcp(struct endpoint *ep, usec_t now, uint8_t *p, size_t len, struct outbox *out)
{
    if (srtpctx_open_rtcp(ep->in, p, &len)) {
        ep->count.rtcp_failed++;
        return;
    }
    ep->count.rtcp_received++;
    struct rtcp_iter it;
    struct rtcp_item item;
    rtcp_iter_init(&it, bytes_of(p, len));
    while (rtcp_next(&it, &item)) {
        if (item.type == RTCP_SR)
            sender_report(ep, now, &item);
        else if (item.type == RTCP_PLI || item.type == RTCP_FIR)
            asked_for_key(ep, now, item.media_ssrc);
        else if (item.type == RTCP_NACK)
            ep_resend(ep, item.media_ssrc, item.nack, out);
    }
    if (it.bad)
        ep->count.syntax++;
}

/* --- what goes --- */

static void put_sealed(struct endpoint *ep, uint8_t *p, size_t len, struct outbox *out)
{
    if (len < 8)
        return;
    size_t sealed = srtpseal_rtcp(ep->env->mgr, ep->key, &ep->srtcp_index, p, len, EP_RTCP_CAP);
    if (sealed)
        outbox_put(out, &ep->peer, p, sealed);
}

/* Blocks about at most 31 slots, going round if there are more. */
static unsigned report_blocks(struct endpoint *ep, usec_t now, struct rtcp_block *blocks)
{
    unsigned n = 0;
    for (unsigned i = 0; i < ep->n_slots && n < RTCP_MAX_BLOCKS; i++) {
        struct ep_slot *s = &ep->slots[ep->report_at_slot++ % ep->n_slots];
        if (!s->got_any || !recv_stats_report(&s->stats, now, &blocks[n].report))
            continue;
        blocks[n++].ssrc = s->ssrc;
    }
    return n;
}

static void send_reports(struct endpoint *ep, usec_t now, uint64_t ntp, struct outbox *out)
{
    uint8_t buffer[EP_RTCP_CAP];
    struct rtcp_block blocks[RTCP_MAX_BLOCKS];
    struct wr w = wr_of(buffer, COMPOUND_CAP);
    unsigned n = report_blocks(ep, now, blocks);
    rtcp_write_rr(&w, ep->own_ssrc, blocks, n);
    rtcp_write_cname(&w, ep->own_ssrc, BYTES_LIT("load"));
    for (unsigned i = 0; i < KINDS; i++) {
        struct rtcp_sr sr;
        if (ep->tracks[i].on && send_stats_sr(&ep->tracks[i].stats, now, ntp, &sr))
            rtcp_write_sr(&w, ep->tracks[i].ssrc, &sr, NULL, 0);
    }
    if (!w.bad)
        put_sealed(ep, buffer, wr_len(&w), out);
}

static void send_feedback(struct endpoint *ep, struct outbox *out)
{
    uint8_t buffer[EP_RTCP_CAP];
    for (unsigned i = 0; i < 8; i++) {
        struct wr w = wr_of(buffer, COMPOUND_CAP);
        if (!twcc_recorder_write(ep->twcc, &w, ep->own_ssrc, ep->slots[0].ssrc))
            return;
        put_sealed(ep, buffer, wr_len(&w), out);
    }
}

static void send_nacks(struct endpoint *ep, usec_t now, struct outbox *out)
{
    uint8_t buffer[EP_RTCP_CAP];
    uint16_t seqs[64];
    struct wr w = wr_of(buffer, COMPOUND_CAP);
    ep->nack_at = USEC_NEVER;
    for (unsigned i = 0; i < ep->n_slots && wr_len(&w) < COMPOUND_CAP / 2; i++) {
        struct ep_slot *s = &ep->slots[i];
        unsigned n = nack_gen_due(&s->nacks, now, seqs, ARRAY_LEN(seqs));
        if (n)
            rtcp_write_nack(&w, ep->own_ssrc, s->ssrc, seqs, n);
        ep->count.nacks_sent += n;
        if (nack_gen_take_key_frame(&s->nacks)) {
            rtcp_write_pli(&w, ep->own_ssrc, s->ssrc);
            ep->count.plis_sent++;
        }
    }
    for (unsigned i = 0; i < ep->n_slots; i++) {
        usec_t due = nack_gen_deadline(&ep->slots[i].nacks);
        due = due < now + NACK_EVERY ? now + NACK_EVERY : due;
        ep->nack_at = due < ep->nack_at ? due : ep->nack_at;
    }
    put_sealed(ep, buffer, wr_len(&w), out);
}

void ep_rtcp_tick(struct endpoint *ep, usec_t now, uint64_t ntp, struct outbox *out)
{
    if (now >= ep->report_at) {
        ep->report_at = now + REPORT_EVERY;
        send_reports(ep, now, ntp, out);
    }
    if (now >= ep->twcc_at) {
        ep->twcc_at = USEC_NEVER;
        send_feedback(ep, out);
    }
    if (now >= ep->nack_at)
        send_nacks(ep, now, out);
}
