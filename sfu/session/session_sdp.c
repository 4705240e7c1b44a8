/* session_sdp.c: offer and answer: which m-line becomes a track that we receive, which a slot on which we send. RFC
 * 8829 5.3. */
#include "session/session_priv.h"

#include <stdio.h>
#include <stdlib.h>

/* Transport-wide feedback is ours to give on what we receive; our own sending makes no use of it yet, so slots don't
 * negotiate it. */
static const struct sdp_policy uplink = {
    .exts = EXT_UP,
    .fb = SDP_FB_NACK | SDP_FB_PLI | SDP_FB_FIR | SDP_FB_TWCC,
    .rtx = true,
};

static const struct sdp_policy downlink = {
    .exts = EXT_DOWN,
    .fb = SDP_FB_NACK | SDP_FB_PLI | SDP_FB_FIR,
    .rtx = true,
};

/* What is decided before anything changes, so that a refused offer leaves the session as it was. */
struct plan {
    struct sdp_media_neg neg[SDP_MEDIA_MAX];
    struct mline media[SDP_MEDIA_MAX];
    unsigned n_uptracks, n_slots;
};

static bool ssrc_is_taken(const struct session *s, uint32_t ssrc)
{
    if (ssrc == 0 || ssrc == s->own_ssrc)
        return true;
    for (unsigned i = 0; i < s->n_slots; i++)
        if (s->slots[i]->ssrc == ssrc || s->slots[i]->rtx_ssrc == ssrc)
            return true;
    return false;
}

static uint32_t new_ssrc(struct session *s)
{
    uint32_t ssrc;
    do {
        ssrc = (uint32_t)(session_random(s) >> 16);
    } while (ssrc_is_taken(s, ssrc));
    return ssrc;
}

static const char *mid_of(const struct session *s, struct mline l)
{
    return l.kind == MLINE_SLOT ? s->slots[l.index]->mid : s->uptracks[l.index].mid;
}

static bool is_video(const struct session *s, struct mline l)
{
    return l.kind == MLINE_SLOT ? s->slots[l.index]->is_video : s->uptracks[l.index].is_video;
}

static bool mline_eq(struct mline a, struct mline b)
{
    return a.kind == b.kind && a.index == b.index;
}

/* What the i-th m-line stood for before; MLINE_NONE: nothing. */
static struct mline mline_before(const struct session *s, unsigned i)
{
    return i < s->n_media ? s->media[i] : (struct mline){MLINE_NONE, 0};
}

/* Is the m-line's track or slot there already? A rejected one's isn't: RFC 8829 5.2.2 lets the m-line be used again for
 * anything, under another mid. */
static bool is_known(const struct session *s, const struct sdp_media *m, unsigned i)
{
    struct mline l = mline_before(s, i);
    return l.kind != MLINE_NONE && is_video(s, l) == (m->kind == SDP_VIDEO) &&
           bytes_eq(m->mid, bytes_str(mid_of(s, l)));
}

static bool is_planned(const struct plan *p, unsigned n_media, struct mline l)
{
    for (unsigned i = 0; i < n_media; i++)
        if (mline_eq(p->media[i], l))
            return true;
    return false;
}

/* Its own place if it is known; else that of a track or slot whose m-line was rejected (it has no mid any longer), or a
 * new place. */
static unsigned place_for(const struct session *s, const struct sdp_media *m, unsigned i, const struct plan *p,
                          struct mline l)
{
    if (is_known(s, m, i))
        return s->media[i].index;
    unsigned n = l.kind == MLINE_SLOT ? s->n_slots : s->n_uptracks;
    for (l.index = 0; l.index < n; l.index++)
        if (!mid_of(s, l)[0] && is_video(s, l) == (m->kind == SDP_VIDEO) && !is_planned(p, i, l))
            return l.index;
    return l.kind == MLINE_SLOT ? p->n_slots : p->n_uptracks;
}

static bool plan_uptrack(struct session *s, const struct sdp_media *m, unsigned i, struct plan *p)
{
    unsigned k = place_for(s, m, i, p, (struct mline){MLINE_UPTRACK, 0});
    if (k >= SESSION_UPTRACKS)
        return false;
    struct sdp_wish wish = {.accept = true, .dir = SDP_RECV};
    sdp_decide(m, &wish, &uplink, &p->neg[i]);
    p->n_uptracks += k == p->n_uptracks;
    p->media[i] = (struct mline){MLINE_UPTRACK, (uint8_t)k};
    return true;
}

static bool plan_slot(struct session *s, const struct sdp_media *m, unsigned i, struct plan *p)
{
    unsigned k = place_for(s, m, i, p, (struct mline){MLINE_SLOT, 0});
    if (k >= SESSION_SLOTS)
        return false;
    struct sdp_wish wish = {.accept = true, .dir = SDP_SEND, .stream = "slot"};
    if (k < s->n_slots) {
        wish.ssrc = s->slots[k]->ssrc;
        wish.rtx_ssrc = s->slots[k]->rtx_ssrc;
    } else {
        wish.ssrc = new_ssrc(s);
        wish.rtx_ssrc = m->kind == SDP_VIDEO ? new_ssrc(s) : 0;
    }
    sdp_decide(m, &wish, &downlink, &p->neg[i]);
    p->n_slots += k == p->n_slots;
    p->media[i] = (struct mline){MLINE_SLOT, (uint8_t)k};
    return true;
}

/* An m-line stays what it was first: a sending one (sendonly, sendrecv, or inactive for now) is a track, a recvonly one
 * a slot. */
static bool m_line_is_slot(const struct session *s, const struct sdp_media *m, unsigned i)
{
    if (is_known(s, m, i))
        return s->media[i].kind == MLINE_SLOT;
    return m->dir == SDP_RECV;
}

static void plan_m_line(struct session *s, const struct sdp *offer, unsigned i, struct plan *p)
{
    const struct sdp_media *m = &offer->media[i];
    p->media[i] = (struct mline){MLINE_NONE, 0};
    bool done = false;
    if (!m->rejected && (m->kind == SDP_AUDIO || m->kind == SDP_VIDEO))
        done = m_line_is_slot(s, m, i) ? plan_slot(s, m, i, p) : plan_uptrack(s, m, i, p);
    if (!done)
        sdp_decide(m, &(struct sdp_wish){0}, &uplink, &p->neg[i]);
}

static void apply_uptrack(struct session *s, unsigned k, const struct sdp_media_neg *neg)
{
    if (k >= s->n_uptracks) {
        uptrack_init(&s->uptracks[k], neg);
        s->n_uptracks = k + 1;
    } else {
        uptrack_renegotiate(&s->uptracks[k], neg);
    }
    if (neg->remote_ssrc)
        session_learn_ssrc(s, neg->remote_ssrc, k, false);
    if (neg->remote_rtx_ssrc)
        session_learn_ssrc(s, neg->remote_rtx_ssrc, k, true);
    if (neg->exts.id[EXT_MID])
        s->mid_id = neg->exts.id[EXT_MID];
    bool twcc = neg->n_codecs && (neg->codecs[0].fb & SDP_FB_TWCC) && neg->exts.id[EXT_TWCC];
    if (twcc) {
        s->twcc = true;
        s->twcc_id = neg->exts.id[EXT_TWCC];
    }
}

static void apply_slot(struct session *s, unsigned k, const struct sdp_media_neg *neg)
{
    if (k < s->n_slots) {
        slot_renegotiate(s->slots[k], neg);
        return;
    }
    struct slot_config cfg = {
        .ssrc = neg->ssrc,
        .rtx_ssrc = neg->rtx_ssrc,
        .first_seq = (uint16_t)(1 + (session_random(s) >> 20) % 32767),
        .first_ts = (uint32_t)(session_random(s) >> 16),
        .first_pic = (uint16_t)(session_random(s) >> 20 & 0x7fff),
        .path = &s->path,
    };
    slot_init(s->slots[k], neg, &cfg);
    s->n_slots = k + 1;
}

/* What the m-line stood for ends; its place is free. */
static void retire(struct session *s, struct mline l)
{
    const struct sdp_media_neg nothing = {.accepted = false};
    if (l.kind == MLINE_SLOT)
        slot_renegotiate(s->slots[l.index], &nothing);
    else if (l.kind == MLINE_UPTRACK)
        uptrack_renegotiate(&s->uptracks[l.index], &nothing);
}

static void apply(struct session *s, const struct sdp *offer, const struct plan *p)
{
    for (unsigned i = 0; i < offer->n_media; i++) {
        struct mline before = mline_before(s, i), l = p->media[i];
        if (!mline_eq(before, l))
            retire(s, before);
        s->media[i] = l;
        if (l.kind == MLINE_SLOT)
            apply_slot(s, l.index, &p->neg[i]);
        else if (l.kind == MLINE_UPTRACK)
            apply_uptrack(s, l.index, &p->neg[i]);
    }
    s->n_media = offer->n_media;
}

/* All that apply() will need, so that it can't fail. */
static enum err reserve_slots(struct session *s, const struct plan *p)
{
    for (unsigned k = s->n_slots; k < p->n_slots; k++) {
        if (!s->slots[k])
            s->slots[k] = calloc(1, sizeof *s->slots[k]);
        if (!s->slots[k])
            return ERR_NOMEM;
    }
    return OK;
}

static enum err write_answer(struct session *s, const struct sdp *offer, const struct plan *p,
                             const struct ice_creds *creds, struct wr *answer)
{
    char fingerprint[DTLS_FINGERPRINT_CAP + 16];
    snprintf(fingerprint, sizeof fingerprint, "sha-256 %s", dtls_identity_fingerprint(s->identity));
    struct sdp_transport t = {
        .ice_lite = true,
        .ufrag = creds->ufrag,
        .pwd = creds->pwd,
        .fingerprint = fingerprint,
        .candidates = s->candidates,
        .n_candidates = s->n_candidates,
        .cname = SESSION_CNAME,
        .session_id = s->sdp_session_id,
        .version = s->sdp_version + 1,
    };
    return sdp_answer_write(offer, p->neg, &t, answer);
}

static bool is_restart(const struct session *s, const struct sdp *offer)
{
    return s->remote_ufrag[0] && !bytes_eq(offer->transport.ufrag, bytes_str(s->remote_ufrag));
}

enum err session_negotiate(struct session *s, const struct sdp *offer, const struct ice_creds *fresh, struct wr *answer,
                           struct sdp_error *why)
{
    struct ice_creds remote;
    enum err e = ice_creds_set(&remote, offer->transport.ufrag, offer->transport.pwd);
    if (e) {
        snprintf(why->text, sizeof why->text, "a=ice-ufrag or a=ice-pwd is not valid");
        return e;
    }
    if (offer->n_media < s->n_media) {
        snprintf(why->text, sizeof why->text, "the offer has fewer m-lines than the one before");
        return ERR_SYNTAX;
    }
    struct plan *p = calloc(1, sizeof *p);
    if (!p) {
        snprintf(why->text, sizeof why->text, "out of memory");
        return ERR_NOMEM;
    }
    p->n_uptracks = s->n_uptracks;
    p->n_slots = s->n_slots;
    for (unsigned i = 0; i < offer->n_media; i++)
        plan_m_line(s, offer, i, p);
    bool restart = fresh && is_restart(s, offer);
    e = reserve_slots(s, p);
    if (!e)
        e = write_answer(s, offer, p, restart ? fresh : &s->local, answer);
    if (e) {
        snprintf(why->text, sizeof why->text, e == ERR_FULL ? "the answer would be too large" : "out of memory");
    } else {
        apply(s, offer, p);
        s->sdp_version++;
        if (restart) {
            s->local = *fresh;
            ice_lite_restart(&s->ice, fresh);
        }
        ice_lite_set_remote(&s->ice, &remote);
        memcpy(s->remote_ufrag, remote.ufrag, sizeof s->remote_ufrag);
    }
    free(p);
    return e;
}
