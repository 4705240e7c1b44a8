/* seq.h: 16-bit sequence numbers and 32-bit timestamps made 64-bit ("extended"). The only place with wrap-around. RFC
 * 3550 A.1. An extended number keeps its wire value in the low bits, starts one cycle up (so that a packet from before
 * the first has a number too), and never goes back: a restarted source goes on in the next cycle. Plain values; no
 * ownership. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define SEQ_MAX_FORWARD 3000 /* a jump further than this … */
#define SEQ_MAX_BACK    1500 /* … or further back, twice in a row, is a restart */

/* The number nearest to near whose low 16 (32) bits are wire. */
static inline uint64_t seq_extend(uint64_t near, uint16_t wire)
{
    return near + (uint64_t)(int64_t)(int16_t)(wire - (uint16_t)near);
}

static inline uint64_t ts_extend(uint64_t near, uint32_t wire)
{
    return near + (uint64_t)(int64_t)(int32_t)(wire - (uint32_t)near);
}

/* Signed distance a - b on the wire: positive if a is newer. */
static inline int16_t seq_diff(uint16_t a, uint16_t b)
{
    return (int16_t)(uint16_t)(a - b);
}

static inline int32_t ts_diff(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

enum seq_verdict {
    SEQ_NEXT,    /* the new highest; a gap before it is loss or reordering */
    SEQ_LATE,    /* before the highest or equal to it: reordered, recovered or a duplicate */
    SEQ_SUSPECT, /* a wild jump, the first: no number given, drop the packet */
    SEQ_RESTART, /* the second wild jump in a row: the source has restarted here; what hangs on its numbers re-anchors
                  */
};

struct seq {
    uint64_t highest; /* 0: nothing came yet */
    uint16_t suspect;
    bool has_suspect;
};

/* Untouched *ext on SEQ_SUSPECT. */
static inline enum seq_verdict seq_update(struct seq *s, uint16_t wire, uint64_t *ext)
{
    if (s->highest == 0) {
        *ext = s->highest = 0x10000u + wire;
        return SEQ_NEXT;
    }
    int16_t jump = seq_diff(wire, (uint16_t)s->highest);
    if (jump > SEQ_MAX_FORWARD || jump < -SEQ_MAX_BACK) {
        int16_t step = seq_diff(wire, s->suspect);
        bool again = s->has_suspect && step <= SEQ_MAX_FORWARD && step >= -SEQ_MAX_BACK;
        s->suspect = wire;
        s->has_suspect = !again;
        if (!again)
            return SEQ_SUSPECT;
        s->highest = (s->highest | 0xffff) + 1 + wire;
        *ext = s->highest;
        return SEQ_RESTART;
    }
    s->has_suspect = false;
    *ext = seq_extend(s->highest, wire);
    if (*ext <= s->highest)
        return SEQ_LATE;
    s->highest = *ext;
    return SEQ_NEXT;
}

/* Timestamps may stand still (packets of one frame) or go back a little (reordering, B-frames); they have no restart
 * rule. */
struct ts_unwrap {
    uint64_t last; /* 0: nothing came yet */
};

static inline uint64_t ts_unwrap(struct ts_unwrap *u, uint32_t wire)
{
    u->last = u->last ? ts_extend(u->last, wire) : 0x100000000u + wire;
    return u->last;
}
