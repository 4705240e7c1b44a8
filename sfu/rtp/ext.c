#include "rtp/ext.h"

#include <assert.h>

enum ext_way { EXT_PASSES, EXT_OURS, EXT_STOPS };

/* What an extension is called, how long its value may be, and whether it goes on to subscribers. */
static const struct ext_kind_row {
    const char *uri;
    uint8_t min_len, max_len;
    enum ext_way way;
} ext_kinds[EXT_KINDS] = {
    [EXT_MID] = {"urn:ietf:params:rtp-hdrext:sdes:mid", 1, 255, EXT_OURS},
    [EXT_RID] = {"urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id", 1, 255, EXT_STOPS},
    [EXT_RRID] = {"urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id", 1, 255, EXT_STOPS},
    [EXT_AUDIO_LEVEL] = {"urn:ietf:params:rtp-hdrext:ssrc-audio-level", 1, 1, EXT_PASSES},
    [EXT_TWCC] = {"http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01", 2, 2, EXT_OURS},
    [EXT_ABS_SEND_TIME] = {"http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time", 3, 3, EXT_OURS},
    [EXT_VIDEO_ORIENTATION] = {"urn:3gpp:video-orientation", 1, 1, EXT_PASSES},
    [EXT_PLAYOUT_DELAY] = {"http://www.webrtc.org/experiments/rtp-hdrext/playout-delay", 3, 3, EXT_PASSES},
    [EXT_ABS_CAPTURE_TIME] = {"http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time", 8, 16, EXT_PASSES},
    [EXT_DD] = {"https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension", 3, 255,
                EXT_PASSES},
    [EXT_VLA] = {"http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00", 1, 255, EXT_STOPS},
    [EXT_TOFFSET] = {"urn:ietf:params:rtp-hdrext:toffset", 3, 3, EXT_STOPS},
    [EXT_VIDEO_CONTENT_TYPE] = {"http://www.webrtc.org/experiments/rtp-hdrext/video-content-type", 1, 1, EXT_PASSES},
    [EXT_VIDEO_TIMING] = {"http://www.webrtc.org/experiments/rtp-hdrext/video-timing", 13, 13, EXT_PASSES},
    [EXT_COLOR_SPACE] = {"http://www.webrtc.org/experiments/rtp-hdrext/color-space", 4, 28, EXT_PASSES},
};

const char *ext_uri(enum ext_kind kind)
{
    assert(kind < EXT_KINDS);
    return ext_kinds[kind].uri;
}

enum ext_kind ext_kind_of_uri(struct bytes uri)
{
    for (unsigned k = 0; k < EXT_KINDS; k++)
        if (bytes_eq(uri, bytes_str(ext_kinds[k].uri)))
            return (enum ext_kind)k;
    return EXT_KINDS;
}

void ext_map_init(struct ext_map *m)
{
    *m = (struct ext_map){.allow_mixed = false};
    memset(m->kind_of, EXT_KINDS, sizeof m->kind_of);
}

static enum ext_kind ext_map_find(const struct ext_map *m, uint8_t id)
{
    if (id <= RTP_ONE_BYTE_IDS)
        return (enum ext_kind)m->kind_of[id];
    for (unsigned k = 0; k < EXT_KINDS; k++)
        if (m->id[k] == id)
            return (enum ext_kind)k;
    return EXT_KINDS;
}

enum err ext_map_set(struct ext_map *m, enum ext_kind kind, uint8_t id)
{
    assert(kind < EXT_KINDS);
    enum ext_kind holder = ext_map_find(m, id);
    if (id == 0 || id == 15 || (holder != EXT_KINDS && holder != kind))
        return ERR_SYNTAX;
    if (m->id[kind] && m->id[kind] <= RTP_ONE_BYTE_IDS)
        m->kind_of[m->id[kind]] = EXT_KINDS;
    m->id[kind] = id;
    if (id <= RTP_ONE_BYTE_IDS)
        m->kind_of[id] = (uint8_t)kind;
    return OK;
}

static void ext_decode(struct ext_values *out, enum ext_kind kind, struct bytes value)
{
    struct rd r = rd_of(value);
    if (kind == EXT_AUDIO_LEVEL) {
        uint8_t b = rd_u8(&r);
        out->voice = b >> 7;
        out->level = b & 127;
    } else if (kind == EXT_TWCC) {
        out->twcc = rd_u16(&r);
    } else if (kind == EXT_ABS_SEND_TIME) {
        out->abs_send_time = rd_u24(&r);
    }
}

void ext_parse(const struct rtp_view *packet, const struct ext_map *m, struct ext_values *out)
{
    struct rtp_ext_iter it;
    struct rtp_ext e;
    out->present = 0;
    rtp_ext_iter_init(&it, packet);
    while (rtp_ext_next(&it, &e)) {
        enum ext_kind kind = ext_map_find(m, e.id);
        if (kind == EXT_KINDS || ext_has(out, kind))
            continue;
        if (e.value.len < ext_kinds[kind].min_len || e.value.len > ext_kinds[kind].max_len)
            continue;
        out->present |= 1u << kind;
        out->value[kind] = e.value;
        ext_decode(out, kind, e.value);
    }
}

void ext_values_set(struct ext_values *v, enum ext_kind kind, struct bytes value)
{
    assert(kind < EXT_KINDS);
    v->present &= ~(1u << kind);
    if (value.len == 0)
        return;
    v->present |= 1u << kind;
    v->value[kind] = value;
    ext_decode(v, kind, value);
}

/* The elements to send, in order: ours first, so that they always fit. */
struct ext_plan {
    unsigned n;
    bool two_byte;
    size_t len; /* of the elements in the form chosen so far */
    struct ext_plan_row {
        enum ext_kind kind;
        struct bytes value;
    } rows[EXT_KINDS];
};

static void ext_plan_add(struct ext_plan *p, const struct ext_map *to, enum ext_kind kind, struct bytes value)
{
    uint8_t id = to->id[kind];
    if (id == 0 || value.len == 0 || value.len > 255)
        return;
    bool needs_two = id > RTP_ONE_BYTE_IDS || value.len > RTP_ONE_BYTE_LENS;
    if (needs_two && !to->allow_mixed)
        return;
    bool two = p->two_byte || needs_two;
    size_t len = p->len + (two && !p->two_byte ? p->n : 0) + (two ? 2 : 1) + value.len;
    if (len > EXT_BLOCK_CAP - 4)
        return;
    p->two_byte = two;
    p->len = len;
    p->rows[p->n++] = (struct ext_plan_row){kind, value};
}

static void ext_block_note(struct ext_block *b, enum ext_kind kind, uint16_t at, size_t len)
{
    if (kind == EXT_MID) {
        b->mid_at = at;
        b->mid_len = (uint8_t)len;
    } else if (kind == EXT_TWCC) {
        b->twcc_at = at;
    } else if (kind == EXT_ABS_SEND_TIME) {
        b->abs_send_time_at = at;
    }
}

static void ext_plan_write(const struct ext_plan *p, const struct ext_map *to, struct ext_block *b)
{
    struct wr w = wr_of(b->bytes, sizeof b->bytes);
    size_t words = (p->len + 3) / 4;
    wr_u16(&w, p->two_byte ? RTP_EXT_TWO_BYTE : RTP_EXT_ONE_BYTE);
    wr_u16(&w, (uint16_t)words);
    for (unsigned i = 0; i < p->n; i++) {
        const struct ext_plan_row *row = &p->rows[i];
        uint8_t id = to->id[row->kind];
        if (p->two_byte) {
            wr_u8(&w, id);
            wr_u8(&w, (uint8_t)row->value.len);
        } else {
            wr_u8(&w, (uint8_t)(id << 4 | (row->value.len - 1)));
        }
        ext_block_note(b, row->kind, (uint16_t)wr_len(&w), row->value.len);
        wr_bytes(&w, row->value);
    }
    while (wr_len(&w) < 4 + 4 * words)
        wr_u8(&w, 0);
    assert(!w.bad);
    b->len = (uint16_t)wr_len(&w);
}

void ext_serialise(const struct ext_values *v, const struct ext_map *to, struct bytes mid, struct ext_block *b)
{
    static const uint8_t room[3] = {0};
    struct ext_plan p = {.n = 0};
    b->len = b->mid_at = b->twcc_at = b->abs_send_time_at = 0;
    b->mid_len = 0;
    ext_plan_add(&p, to, EXT_TWCC, bytes_of(room, 2));
    ext_plan_add(&p, to, EXT_ABS_SEND_TIME, bytes_of(room, 3));
    ext_plan_add(&p, to, EXT_MID, mid);
    for (unsigned k = 0; k < EXT_KINDS; k++)
        if (ext_has(v, (enum ext_kind)k) && ext_kinds[k].way == EXT_PASSES)
            ext_plan_add(&p, to, (enum ext_kind)k, v->value[k]);
    if (p.n > 0)
        ext_plan_write(&p, to, b);
}

void ext_patch_twcc(uint8_t *block, const struct ext_block *b, uint16_t seq)
{
    if (!b->twcc_at)
        return;
    block[b->twcc_at] = (uint8_t)(seq >> 8);
    block[b->twcc_at + 1] = (uint8_t)seq;
}

void ext_patch_abs_send_time(uint8_t *block, const struct ext_block *b, usec_t now)
{
    if (!b->abs_send_time_at)
        return;
    /* 6.18 fixed-point seconds: only differences matter, so any clock will do */
    uint64_t u = (uint64_t)(now % (64 * SEC));
    uint32_t t = (uint32_t)((u << 18) / (uint64_t)SEC);
    block[b->abs_send_time_at] = (uint8_t)(t >> 16);
    block[b->abs_send_time_at + 1] = (uint8_t)(t >> 8);
    block[b->abs_send_time_at + 2] = (uint8_t)t;
}

enum err ext_patch_mid(uint8_t *block, const struct ext_block *b, struct bytes mid)
{
    if (!b->mid_at || b->mid_len != mid.len)
        return ERR_STATE;
    memcpy(block + b->mid_at, mid.p, mid.len);
    return OK;
}
