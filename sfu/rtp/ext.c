/* ext.c: the table of header extensions, and packets' extensions read and written by it. */
#include "rtp/ext.h"

#include <assert.h>

#define IETF    "http://www.ietf.org/id/"
#define WEBRTC  "http://www.webrtc.org/experiments/rtp-hdrext/"
#define AOMEDIA "https://aomediacodec.github.io/av1-rtp-spec/#"

/* The m-lines on which an extension is negotiated. */
enum { NEVER = 0, AUDIO = 1, VIDEO = 2, BOTH = AUDIO | VIDEO };

/* up: with publishers; down: with subscribers. passes: a publisher's value goes on to subscribers; else it ends here (a
 * MID or TWCC number is its sender's own: what we send carries neither). */
static const struct ext_row {
    uint8_t min_len, max_len;
    uint8_t up, down;
    bool passes;
    const char *uri;
} ext_rows[EXT_KINDS] = {
    /* clang-format off */
    /*                         length    up     down   passes */
    [EXT_MID]               = {1, 255, BOTH,  BOTH,  false, "urn:ietf:params:rtp-hdrext:sdes:mid"},
    [EXT_RID]               = {1, 255, NEVER, NEVER, false, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"},
    [EXT_RRID]              = {1, 255, NEVER, NEVER, false, "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"},
    [EXT_AUDIO_LEVEL]       = {1, 1,   AUDIO, AUDIO, true,  "urn:ietf:params:rtp-hdrext:ssrc-audio-level"},
    [EXT_TWCC]              = {2, 2,   BOTH,  NEVER, false, IETF "draft-holmer-rmcat-transport-wide-cc-extensions-01"},
    [EXT_VIDEO_ORIENTATION] = {1, 1,   VIDEO, VIDEO, true,  "urn:3gpp:video-orientation"},
    [EXT_PLAYOUT_DELAY]     = {3, 3,   VIDEO, VIDEO, true,  WEBRTC "playout-delay"},
    [EXT_ABS_CAPTURE_TIME]  = {8, 16,  BOTH,  BOTH,  true,  WEBRTC "abs-capture-time"},
    [EXT_DD]                = {3, 255, NEVER, NEVER, true,  AOMEDIA "dependency-descriptor-rtp-header-extension"},
    /* clang-format on */
};

const char *ext_uri(enum ext_kind kind)
{
    assert(kind < EXT_KINDS);
    return ext_rows[kind].uri;
}

enum ext_kind ext_kind_of_uri(struct bytes uri)
{
    for (unsigned k = 0; k < EXT_KINDS; k++)
        if (bytes_eq(uri, bytes_str(ext_rows[k].uri)))
            return (enum ext_kind)k;
    return EXT_KINDS;
}

bool ext_is_negotiated(enum ext_kind kind, enum ext_way way, bool is_video)
{
    assert(kind < EXT_KINDS);
    if (way == EXT_CLIENT)
        return true;
    unsigned lines = way == EXT_UP ? ext_rows[kind].up : ext_rows[kind].down;
    return lines & (is_video ? VIDEO : AUDIO);
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

static void ext_values_take(struct ext_values *v, enum ext_kind kind, struct bytes value)
{
    uint16_t bit = (uint16_t)(1u << kind);
    v->present |= bit;
    if (ext_rows[kind].passes)
        v->passing |= bit;
    v->value[kind] = value;
    if (kind == EXT_AUDIO_LEVEL) /* |V| level 7 | */
        v->level = value.p[0] & 127;
}

void ext_parse(const struct rtp_view *packet, const struct ext_map *m, struct ext_values *out)
{
    struct rtp_ext_iter it;
    struct rtp_ext e;
    out->present = out->passing = 0;
    rtp_ext_iter_init(&it, packet);
    while (rtp_ext_next(&it, &e)) {
        enum ext_kind kind = ext_map_find(m, e.id);
        if (kind == EXT_KINDS || ext_has(out, kind))
            continue;
        if (e.value.len >= ext_rows[kind].min_len && e.value.len <= ext_rows[kind].max_len)
            ext_values_take(out, kind, e.value);
    }
}

void ext_values_set(struct ext_values *v, enum ext_kind kind, struct bytes value)
{
    assert(kind < EXT_KINDS);
    uint16_t others = (uint16_t) ~(1u << kind);
    v->present &= others;
    v->passing &= others;
    if (value.len)
        ext_values_take(v, kind, value);
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
        if (row->kind == EXT_TWCC)
            b->twcc_at = (uint16_t)wr_len(&w);
        wr_bytes(&w, row->value);
    }
    while (wr_len(&w) < 4 + 4 * words)
        wr_u8(&w, 0);
    assert(!w.bad);
    b->len = (uint16_t)wr_len(&w);
}

void ext_serialise(const struct ext_values *v, const struct ext_map *to, struct bytes mid, struct ext_block *b)
{
    static const uint8_t room[2] = {0};
    struct ext_plan p = {.n = 0};
    b->len = b->twcc_at = 0;
    ext_plan_add(&p, to, EXT_TWCC, bytes_of(room, 2));
    ext_plan_add(&p, to, EXT_MID, mid);
    for (unsigned k = 0; k < EXT_KINDS; k++)
        if (v->passing >> k & 1)
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
