/* dd.h: the dependency descriptor header extension (AV1 RTP specification, appendix A). Pure. The extension is not
 * negotiated yet: waits for the choice of AV1 (and VP9) layers. The template structure, which comes with key frames, is
 * the source's state and is handed in. Bounds: 64 templates, 32 decode targets, 32 chains, 8 x 4 layers. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"

#define DD_MAX_TEMPLATES 64
#define DD_MAX_TARGETS   32
#define DD_MAX_CHAINS    32
#define DD_MAX_SIDS      8

enum dd_indication { DD_NOT_PRESENT, DD_DISCARDABLE, DD_SWITCH, DD_REQUIRED };

struct dd_template {
    uint8_t sid, tid;
    uint8_t n_fdiffs;
    uint64_t indications; /* 2 bits per target */
    uint8_t chain_diffs[DD_MAX_CHAINS];
};

struct dd_state {
    bool valid;
    uint8_t first_id, n_templates, n_targets, n_chains;
    uint8_t target_sid[DD_MAX_TARGETS], target_tid[DD_MAX_TARGETS]; /* highest layers of each target */
    uint8_t chain_of_target[DD_MAX_TARGETS];
    uint8_t n_sids; /* with a resolution; 0: none said */
    uint16_t width[DD_MAX_SIDS], height[DD_MAX_SIDS];
    uint32_t active_targets;
    struct dd_template templates[DD_MAX_TEMPLATES];
};

struct dd_frame {
    bool start, end;
    uint16_t frame_number;
    uint8_t template_id;
    bool has_structure; /* came with a template structure: a key frame begins */
    bool has_active_targets;
    uint32_t active_targets;
    uint8_t sid, tid;
    uint8_t n_fdiffs; /* frames it refers to; 0: none, it stands alone */
    uint8_t n_targets;
    uint64_t indications; /* 2 bits per target */
    uint8_t n_chains;
    uint8_t chain_diffs[DD_MAX_CHAINS];
};

/* ERR_SHORT, ERR_SYNTAX; ERR_STATE: no structure yet, or a template it doesn't have. *state changes only on success. */
MUST_CHECK enum err dd_parse(struct bytes ext, struct dd_state *state, struct dd_frame *out);

static inline enum dd_indication dd_indication(const struct dd_frame *f, unsigned target)
{
    return (enum dd_indication)(f->indications >> (2 * (target & 31)) & 3);
}

/* Waits for AV1 layers: a source's frames renumbered for one slot. The frame number is bits 8…23 of the extension:
 * patches a copy of it in place. len ≥ 3. */
void dd_patch_frame_number(uint8_t *ext, size_t len, uint16_t frame_number);
