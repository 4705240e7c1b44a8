/* rewrite.c: numbers by squeeze.c, timestamps by one offset for each source. */
#include "rtp/rewrite.h"
#include "rtp/ntp.h"

#include <assert.h>

#define LAYER_BEHIND (50 * MSEC)
#define LAYER_AHEAD  (25 * MSEC)
#define LAYER_SILENT (2 * SEC) /* after this, reports are about another age */

void rewrite_init(struct rewrite *r, const struct rewrite_config *cfg)
{
    assert(cfg->first_seq >= 1 && cfg->first_seq <= 32767 && cfg->clock_hz > 0);
    *r = (struct rewrite){
        .clock_hz = cfg->clock_hz,
        .frame_ticks = cfg->frame_ticks,
        .last_ts = cfg->first_ts,
        .last_at = USEC_NEVER,
        .video = cfg->video,
    };
    squeeze_anchor(&r->seqs, 1, cfg->first_seq);
}

enum rewrite_verdict rewrite_packet(struct rewrite *r, usec_t now, uint64_t source_seq, uint32_t source_ts, bool marker,
                                    struct rewrite_out *out)
{
    uint64_t before = r->seqs.highest, index;
    if (!r->anchored || (source_seq > before && source_seq - before > SEQ_MAX_FORWARD))
        return REWRITE_UNANCHORED;
    enum squeeze_verdict v = squeeze_pass(&r->seqs, source_seq, &index);
    if (v == SQUEEZE_OLD)
        return REWRITE_OLD;
    if (v != SQUEEZE_OK)
        return REWRITE_DUP;
    out->index = index;
    out->ts = source_ts + r->ts_offset;
    if (source_seq < before)
        return REWRITE_LATE;
    if (r->last_at == USEC_NEVER || ts_diff(out->ts, r->last_ts) > 0)
        r->last_ts = out->ts;
    r->last_at = now;
    r->cut = r->video && !marker;
    return REWRITE_OK;
}

void rewrite_drop(struct rewrite *r, uint64_t source_seq)
{
    if (r->anchored)
        (void)squeeze_drop(&r->seqs, source_seq);
}

static int64_t rewrite_ticks(const struct rewrite *r, usec_t d)
{
    return d / SEC * (int64_t)r->clock_hz + d % SEC * (int64_t)r->clock_hz / SEC;
}

uint32_t rewrite_ts_at(const struct rewrite *r, usec_t now)
{
    if (r->last_at == USEC_NEVER || now <= r->last_at)
        return r->last_ts;
    return r->last_ts + (uint32_t)rewrite_ticks(r, now - r->last_at);
}

/* By arrival: as much later as time went by, and at least a frame. */
static uint32_t rewrite_expected(const struct rewrite *r, usec_t now)
{
    uint32_t at = rewrite_ts_at(r, now), least = r->last_ts + (r->frame_ticks ? r->frame_ticks : 1);
    return ts_diff(at, least) > 0 ? at : least;
}

/* By reports: ts_from = ts_to - srTS_to + srTS_from + (NTP_to - NTP_from) x clock, in the out timeline. */
static uint32_t rewrite_mapped(const struct rewrite *r, const struct rewrite_switch *to)
{
    int64_t apart = rewrite_ticks(r, ntp_diff_usec(to->to->ntp, to->from->ntp));
    return to->ts - to->to->rtp_ts + to->from->rtp_ts + (uint32_t)apart + r->ts_offset;
}

static enum err rewrite_choose_ts(const struct rewrite *r, usec_t now, const struct rewrite_switch *to, uint32_t *ts)
{
    uint32_t expected = rewrite_expected(r, now);
    bool reports = to->from && to->to && to->from->ntp && to->to->ntp && r->anchored;
    *ts = expected;
    if (!reports || now - r->last_at >= LAYER_SILENT)
        return OK;
    uint32_t mapped = rewrite_mapped(r, to);
    int32_t ahead = ts_diff(mapped, expected), limit = (int32_t)rewrite_ticks(r, LAYER_AHEAD);
    if (ts_diff(r->last_ts, mapped) > (int32_t)rewrite_ticks(r, LAYER_BEHIND))
        return ERR_STATE;
    *ts = ahead > limit ? expected + (uint32_t)limit : mapped;
    if (ts_diff(*ts, r->last_ts) <= 0)
        *ts = r->last_ts + 1;
    return OK;
}

enum err rewrite_switch(struct rewrite *r, usec_t now, const struct rewrite_switch *to)
{
    uint32_t ts = r->last_ts;
    if (r->last_at != USEC_NEVER) {
        enum err e = rewrite_choose_ts(r, now, to, &ts);
        if (e)
            return e;
    }
    squeeze_anchor(&r->seqs, to->seq, squeeze_last(&r->seqs) + 1 + r->cut);
    r->cut = false;
    r->ts_offset = ts - to->ts;
    r->anchored = true;
    return OK;
}
