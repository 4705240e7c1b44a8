/* squeeze.h: numbers of a source mapped onto an unbroken row of our own: what we drop leaves no hole, what got lost
 * before us leaves its hole, and a late number finds its own place in it. For RTP sequence numbers (rewrite.h) and
 * picture ids (codec/pic_rewrite.h). in    10 11 12 13 14 15        12 dropped by us; 14 lost, comes late out    7  8
 * 9 10 11 The last SQUEEZE_WINDOW numbers are remembered one by one; older ones are refused. Plain value; numbers are
 * 64-bit, in ≥ 1. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define SQUEEZE_WINDOW 256

struct squeeze {
    uint64_t first, highest; /* of the source since the last anchor; highest = first - 1: nothing came yet */
    uint64_t offset;         /* out = in + offset for the next number above highest; wraps */
    uint64_t sent[SQUEEZE_WINDOW / 64], dropped[SQUEEZE_WINDOW / 64]; /* bit: number % window */
};

enum squeeze_verdict { SQUEEZE_OK, SQUEEZE_OLD, SQUEEZE_DROPPED, SQUEEZE_AGAIN };

/* From here on in's row begins: in becomes out, whatever was before is refused. */
void squeeze_anchor(struct squeeze *s, uint64_t in, uint64_t out);
/* The number goes out. SQUEEZE_OLD: from before the anchor or the window; _DROPPED: we had dropped it; _AGAIN: it went
 * out before
 * (*out is set then, and is what it was). */
enum squeeze_verdict squeeze_pass(struct squeeze *s, uint64_t in, uint64_t *out);
/* The number doesn't go out. True: the numbers after it close up; false: too late, its place stays empty (or it went
 * out before). */
bool squeeze_drop(struct squeeze *s, uint64_t in);

/* The highest number given out so far; out of the anchor - 1 if none. */
static inline uint64_t squeeze_last(const struct squeeze *s)
{
    return s->highest + s->offset;
}
