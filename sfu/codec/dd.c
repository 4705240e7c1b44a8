/* dd.c: the dependency descriptor, bit by bit as the AV1 RTP specification, A.4, writes it. */
#include "codec/dd.h"

/* A cursor over bits, most significant first. Out of bits: `bad`, and zeros. */
struct bits {
    const uint8_t *p;
    size_t at, end; /* in bits */
    bool bad;
};

static struct bits bits_of(struct bytes b)
{
    return (struct bits){b.p, 0, b.len * 8, false};
}

/* n ≤ 32. f(n) of the specification. */
static uint32_t bits_read(struct bits *b, unsigned n)
{
    uint32_t v = 0;
    if (b->bad || b->end - b->at < n) {
        b->bad = true;
        return 0;
    }
    for (; n > 0; n--, b->at++)
        v = v << 1 | (b->p[b->at / 8] >> (7 - b->at % 8) & 1u);
    return v;
}

/* ns(n), AV1 4.10.7: a number below n, 1 ≤ n ≤ 256, in as few bits as that allows. */
static uint32_t bits_read_ns(struct bits *b, unsigned n)
{
    unsigned w = 0;
    for (unsigned x = n; x != 0; x >>= 1)
        w++;
    unsigned m = (1u << w) - n;
    uint32_t v = bits_read(b, w - 1);
    if (v < m)
        return v;
    return (v << 1) - m + bits_read(b, 1);
}

/* A.4.1 of the specification, function by function. */
enum { LAYER_SAME, LAYER_NEXT_TEMPORAL, LAYER_NEXT_SPATIAL, LAYER_NO_MORE };

#define DD_MAX_TIDS 8

static enum err dd_read_layers(struct bits *b, struct dd_state *s)
{
    unsigned sid = 0, tid = 0, next;
    s->n_templates = 0;
    do {
        if (s->n_templates == DD_MAX_TEMPLATES || sid >= DD_MAX_SIDS || tid >= DD_MAX_TIDS)
            return ERR_SYNTAX;
        struct dd_template *t = &s->templates[s->n_templates++];
        t->sid = (uint8_t)sid;
        t->tid = (uint8_t)tid;
        next = bits_read(b, 2);
        if (next == LAYER_NEXT_TEMPORAL) {
            tid++;
        } else if (next == LAYER_NEXT_SPATIAL) {
            tid = 0;
            sid++;
        }
    } while (next != LAYER_NO_MORE && !b->bad);
    return b->bad ? ERR_SHORT : OK;
}

static uint64_t dd_read_indications(struct bits *b, unsigned n_targets)
{
    uint64_t indications = 0;
    for (unsigned t = 0; t < n_targets; t++)
        indications |= (uint64_t)bits_read(b, 2) << (2 * t);
    return indications;
}

static void dd_read_template_fdiffs(struct bits *b, struct dd_template *t)
{
    t->n_fdiffs = 0;
    while (bits_read(b, 1)) { /* ends when the bits do */
        (void)bits_read(b, 4);
        t->n_fdiffs++;
    }
}

static void dd_read_chains(struct bits *b, struct dd_state *s)
{
    s->n_chains = (uint8_t)bits_read_ns(b, s->n_targets + 1u);
    if (s->n_chains == 0)
        return;
    for (unsigned t = 0; t < s->n_targets; t++)
        s->chain_of_target[t] = (uint8_t)bits_read_ns(b, s->n_chains);
    for (unsigned i = 0; i < s->n_templates; i++)
        for (unsigned c = 0; c < s->n_chains; c++)
            s->templates[i].chain_diffs[c] = (uint8_t)bits_read(b, 4);
}

/* A decode target's layers: the highest of the templates that belong to it. */
static void dd_find_target_layers(struct dd_state *s)
{
    for (unsigned i = 0; i < s->n_templates; i++) {
        const struct dd_template *tp = &s->templates[i];
        for (unsigned t = 0; t < s->n_targets; t++) {
            if ((tp->indications >> (2 * t) & 3) == DD_NOT_PRESENT)
                continue;
            if (tp->sid > s->target_sid[t])
                s->target_sid[t] = tp->sid;
            if (tp->tid > s->target_tid[t])
                s->target_tid[t] = tp->tid;
        }
    }
}

static enum err dd_read_structure(struct bits *b, struct dd_state *s)
{
    *s = (struct dd_state){.valid = true};
    s->first_id = (uint8_t)bits_read(b, 6);
    s->n_targets = (uint8_t)(bits_read(b, 5) + 1);
    enum err e = dd_read_layers(b, s);
    if (e)
        return e;
    for (unsigned i = 0; i < s->n_templates; i++)
        s->templates[i].indications = dd_read_indications(b, s->n_targets);
    for (unsigned i = 0; i < s->n_templates; i++)
        dd_read_template_fdiffs(b, &s->templates[i]);
    dd_read_chains(b, s);
    if (s->n_chains > DD_MAX_CHAINS)
        return ERR_SYNTAX;
    if (bits_read(b, 1)) {
        s->n_sids = (uint8_t)(s->templates[s->n_templates - 1].sid + 1);
        for (unsigned i = 0; i < s->n_sids; i++) {
            /* minus one on the wire; 65536 doesn't fit and isn't a picture */
            s->width[i] = (uint16_t)(bits_read(b, 16) + 1);
            s->height[i] = (uint16_t)(bits_read(b, 16) + 1);
        }
    }
    dd_find_target_layers(s);
    s->active_targets = s->n_targets == 32 ? UINT32_MAX : (1u << s->n_targets) - 1;
    return b->bad ? ERR_SHORT : OK;
}

struct dd_custom {
    bool indications, fdiffs, chains;
};

static uint8_t dd_read_frame_fdiffs(struct bits *b)
{
    uint8_t n = 0;
    for (unsigned size = bits_read(b, 2); size != 0; size = bits_read(b, 2)) {
        (void)bits_read(b, 4 * size);
        n++;
    }
    return n;
}

static enum err dd_read_frame(struct bits *b, const struct dd_state *s, struct dd_custom custom, struct dd_frame *f)
{
    unsigned index = (f->template_id + 64u - s->first_id) % 64;
    if (index >= s->n_templates)
        return ERR_STATE;
    const struct dd_template *t = &s->templates[index];
    f->sid = t->sid;
    f->tid = t->tid;
    f->n_targets = s->n_targets;
    f->n_chains = s->n_chains;
    f->indications = custom.indications ? dd_read_indications(b, s->n_targets) : t->indications;
    f->n_fdiffs = custom.fdiffs ? dd_read_frame_fdiffs(b) : t->n_fdiffs;
    for (unsigned c = 0; c < s->n_chains; c++)
        f->chain_diffs[c] = custom.chains ? (uint8_t)bits_read(b, 8) : t->chain_diffs[c];
    return b->bad ? ERR_SHORT : OK;
}

enum err dd_parse(struct bytes ext, struct dd_state *state, struct dd_frame *out)
{
    struct bits b = bits_of(ext);
    struct dd_frame f = {.start = bits_read(&b, 1), .end = bits_read(&b, 1)};
    f.template_id = (uint8_t)bits_read(&b, 6);
    f.frame_number = (uint16_t)bits_read(&b, 16);
    if (b.bad)
        return ERR_SHORT;
    struct dd_custom custom = {.indications = false};
    struct dd_state fresh;
    const struct dd_state *s = state;
    if (ext.len > 3) {
        f.has_structure = bits_read(&b, 1);
        f.has_active_targets = bits_read(&b, 1);
        custom.indications = bits_read(&b, 1);
        custom.fdiffs = bits_read(&b, 1);
        custom.chains = bits_read(&b, 1);
    }
    if (f.has_structure) {
        enum err e = dd_read_structure(&b, &fresh);
        if (e)
            return e;
        s = &fresh;
    }
    if (!s->valid)
        return ERR_STATE;
    f.active_targets = f.has_active_targets ? bits_read(&b, s->n_targets) : s->active_targets;
    enum err e = dd_read_frame(&b, s, custom, &f);
    if (e)
        return e;
    if (f.has_structure)
        *state = fresh;
    state->active_targets = f.active_targets;
    *out = f;
    return OK;
}

void dd_patch_frame_number(uint8_t *ext, size_t len, uint16_t frame_number)
{
    if (len < 3)
        return;
    ext[1] = (uint8_t)(frame_number >> 8);
    ext[2] = (uint8_t)frame_number;
}
