/* session_rtcp.c: RTCP both ways: reports, NACKs and feedback that we send; what a client's RTCP tells us and asks for.
 * RFC 3550 6, RFC 4585. */
#include "session/session_priv.h"

#define COMPOUND_CAP (SESSION_SEALED_CAP - SRTPKEY_RTCP_MAX)

#define NACK_BATCH 64                         /* numbers asked for at once on one track */
#define NACK_MAX   (12 + 4 * NACK_BATCH + 12) /* the NACK at its longest, and a PLI */

/* A compound packet being written straight into the outbox. */
struct compound {
    uint8_t *dst;
    struct wr w;
};

static bool compound_begin(struct compound *c, struct outbox *out)
{
    c->dst = outbox_take(out, SESSION_SEALED_CAP);
    if (!c->dst)
        return false;
    c->w = wr_of(c->dst, COMPOUND_CAP);
    return true;
}

static void compound_end(struct session *s, struct compound *c, struct outbox *out)
{
    if (c->w.bad || wr_len(&c->w) < 8)
        return;
    size_t len = srtpseal_rtcp(s->path.mgr, s->path.key, &s->srtcp_index, c->dst, wr_len(&c->w), SESSION_SEALED_CAP);
    if (len == 0)
        return;
    outbox_commit(out, &s->path.to, len);
    s->counters.rtcp_out++;
}

static void write_receiver_report(struct session *s, usec_t now, struct wr *w)
{
    struct rtcp_block blocks[SESSION_UPTRACKS];
    unsigned n = 0;
    double worst = 0;
    for (unsigned i = 0; i < s->n_uptracks; i++) {
        struct uptrack *t = &s->uptracks[i];
        if (!t->ssrc || !recv_stats_report(&t->stats, now, &blocks[n].report))
            continue;
        blocks[n].ssrc = t->ssrc;
        double loss = blocks[n].report.fraction_lost / 256.0;
        worst = loss > worst ? loss : worst;
        n++;
    }
    s->uplink_loss = worst;
    rtcp_write_rr(w, s->own_ssrc, blocks, n);
    rtcp_write_cname(w, s->own_ssrc, bytes_str(SESSION_CNAME));
}

/* One datagram with our reception report and a sender report of each slot that sends; more of them if they don't fit.
 */
static void send_reports(struct session *s, usec_t now, uint64_t ntp, struct outbox *out)
{
    struct compound c;
    if (!compound_begin(&c, out))
        return;
    write_receiver_report(s, now, &c.w);
    for (unsigned i = 0; i < s->n_slots; i++) {
        struct rtcp_sr sr;
        struct slot *slot = s->slots[i];
        if (slot->state != SLOT_FLOWING || !send_stats_sr(&slot->stats, now, ntp, &sr))
            continue;
        if (wr_len(&c.w) + 64 > COMPOUND_CAP) {
            compound_end(s, &c, out);
            if (!compound_begin(&c, out))
                return;
        }
        rtcp_write_sr(&c.w, slot->ssrc, &sr, NULL, 0);
        rtcp_write_cname(&c.w, slot->ssrc, bytes_str(SESSION_CNAME));
    }
    compound_end(s, &c, out);
}

static void send_nacks(struct session *s, usec_t now, struct outbox *out)
{
    uint16_t seqs[NACK_BATCH];
    struct compound c;
    s->nack_at = USEC_NEVER;
    if (!compound_begin(&c, out))
        return;
    for (unsigned i = 0; i < s->n_uptracks; i++) {
        struct uptrack *t = &s->uptracks[i];
        if (!t->nack || !t->ssrc)
            continue;
        unsigned n = nack_gen_due(&t->nack_gen, now, seqs, ARRAY_LEN(seqs));
        if (wr_len(&c.w) + NACK_MAX > COMPOUND_CAP) {
            compound_end(s, &c, out);
            if (!compound_begin(&c, out))
                return;
        }
        if (n)
            rtcp_write_nack(&c.w, s->own_ssrc, t->ssrc, seqs, n);
        if (nack_gen_take_key_frame(&t->nack_gen) && t->pli)
            rtcp_write_pli(&c.w, s->own_ssrc, t->ssrc);
        usec_t due = nack_gen_deadline(&t->nack_gen);
        if (due != USEC_NEVER && due < now + NACK_INTERVAL)
            due = now + NACK_INTERVAL;
        s->nack_at = due < s->nack_at ? due : s->nack_at;
    }
    compound_end(s, &c, out);
}

static void send_twcc(struct session *s, usec_t now, struct outbox *out)
{
    struct compound c;
    s->twcc_at = USEC_NEVER;
    for (unsigned i = 0; i < 8 && compound_begin(&c, out); i++) {
        if (!twcc_recorder_write(s->recorder, &c.w, s->own_ssrc, s->twcc_media_ssrc))
            return;
        compound_end(s, &c, out);
    }
    s->twcc_at = now + TWCC_INTERVAL; /* a flood: the rest goes with the next */
}

void session_rtcp_tick(struct session *s, usec_t now, uint64_t ntp, struct outbox *out)
{
    if (now >= s->nack_at)
        send_nacks(s, now, out);
    if (s->recorder && now >= s->twcc_at)
        send_twcc(s, now, out);
    if (now >= s->report_at) {
        s->report_at = now + SESSION_REPORTS;
        send_reports(s, now, ntp, out);
    }
}

usec_t session_feedback_deadline(const struct session *s)
{
    if (s->state != SESSION_OPEN)
        return USEC_NEVER;
    usec_t due = s->report_at;
    due = s->nack_at < due ? s->nack_at : due;
    return s->twcc_at < due ? s->twcc_at : due;
}

void session_ask_key(struct session *s, struct uptrack *t, struct outbox *out)
{
    struct compound c;
    if (s->state != SESSION_OPEN || !t->ssrc || !(t->pli || t->fir) || !compound_begin(&c, out))
        return;
    if (t->pli)
        rtcp_write_pli(&c.w, s->own_ssrc, t->ssrc);
    else
        rtcp_write_fir(&c.w, s->own_ssrc, t->ssrc, t->fir_seq++);
    compound_end(s, &c, out);
}

static struct slot *slot_of_ssrc(struct session *s, uint32_t ssrc)
{
    for (unsigned i = 0; i < s->n_slots; i++)
        if (s->slots[i]->ssrc == ssrc)
            return s->slots[i];
    return NULL;
}

static struct uptrack *track_of_ssrc(struct session *s, uint32_t ssrc)
{
    for (unsigned i = 0; i < s->n_uptracks; i++)
        if (s->uptracks[i].ssrc == ssrc)
            return &s->uptracks[i];
    return NULL;
}

static void ask(struct session *s, struct session_asks *asks, struct session_ask a)
{
    if (asks->n < SESSION_ASKS)
        asks->list[asks->n++] = a;
    else
        session_drop(s, DROP_RTCP_ASKS);
}

static void on_report(struct session *s, uint64_t ntp, const struct rtcp_item *item)
{
    struct slot *slot = slot_of_ssrc(s, item->media_ssrc);
    if (!slot)
        return;
    send_stats_report(&slot->stats, ntp, &item->report);
    if (!slot->stats.rtt_smooth)
        return;
    for (unsigned i = 0; i < s->n_uptracks; i++) /* the same path: its round trip paces our NACKs too */
        nack_gen_set_rtt(&s->uptracks[i].nack_gen, slot->stats.rtt_smooth);
}

static void on_item(struct session *s, usec_t now, uint64_t ntp, const struct rtcp_item *item,
                    struct session_asks *asks)
{
    struct slot *slot = slot_of_ssrc(s, item->media_ssrc);
    struct uptrack *track;
    switch (item->type) {
    case RTCP_SR:
        track = track_of_ssrc(s, item->ssrc);
        if (track)
            recv_stats_sr(&track->stats, now, &item->sr);
        break;
    case RTCP_REPORT:
        on_report(s, ntp, item);
        break;
    case RTCP_PLI:
        if (slot && slot_wants_key(slot, now))
            ask(s, asks, (struct session_ask){.what = ASK_KEY, .slot = slot});
        break;
    case RTCP_FIR:
        if (slot && fir_is_new(&slot->fir, item->fir_seq) && slot_wants_key(slot, now))
            ask(s, asks, (struct session_ask){.what = ASK_KEY, .slot = slot});
        break;
    case RTCP_NACK:
        if (slot)
            ask(s, asks,
                (struct session_ask){.what = ASK_RESEND, .slot = slot, .pid = item->nack.pid, .blp = item->nack.blp});
        break;
    default:
        break;
    }
}

void session_recv_rtcp(struct session *s, usec_t now, uint64_t ntp, struct pkt *pkt, struct session_asks *asks)
{
    asks->n = 0;
    if (s->state != SESSION_OPEN) {
        session_drop(s, DROP_NOT_OPEN);
        return;
    }
    size_t len = pkt->len;
    if (srtpctx_open_rtcp(s->in, pkt->data, &len)) {
        session_drop(s, DROP_RTCP_AUTH);
        return;
    }
    s->counters.rtcp_in++;
    struct rtcp_iter it;
    struct rtcp_item item;
    rtcp_iter_init(&it, bytes_of(pkt->data, len));
    while (rtcp_next(&it, &item))
        on_item(s, now, ntp, &item, asks);
    if (it.bad)
        session_drop(s, DROP_RTCP_SYNTAX);
}

void session_quality(const struct session *s, struct session_quality *q)
{
    *q = (struct session_quality){.uplink_loss = s->uplink_loss};
    for (unsigned i = 0; i < s->n_slots; i++) {
        const struct send_stats *st = &s->slots[i]->stats;
        double loss = st->fraction_lost / 256.0;
        q->downlink_loss = loss > q->downlink_loss ? loss : q->downlink_loss;
        if (st->rtt_smooth && q->rtt_ms == 0)
            q->rtt_ms = (double)st->rtt_smooth / 1000.0;
    }
    for (unsigned i = 0; i < s->n_uptracks; i++) {
        double jitter = s->uptracks[i].stats.jitter_x16 / 16.0 * 1000.0 / s->uptracks[i].stats.clock_hz;
        q->jitter_ms = jitter > q->jitter_ms ? jitter : q->jitter_ms;
    }
}
