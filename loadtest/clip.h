/* clip.h: encoded frames that a simulated participant sends over and over. Synthetic: bytes of the right size with a
 * valid head, for measuring. Real: encoded at the start by libvpx and libopus, for people who look on. Read-only once
 * made, and shared by any number of senders. Owns its memory. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"

struct clip_frame {
    struct bytes data;
    bool key;
};

struct clip {
    struct clip_frame *frames;
    unsigned n_frames;
    unsigned key_interval; /* 0: the frames in their order; else frame 0 is the key frame and frame 1 every other */
    unsigned ms;           /* of one frame */
    bool stamped;          /* the packets' last bytes may be written over by stamp.h */
};

struct clip_video_size {
    uint32_t bps;
    unsigned fps, width, height;
    unsigned key_factor;   /* a key frame is so many times as large */
    unsigned key_interval; /* in frames */
};

MUST_CHECK enum err clip_synthetic_video(const struct clip_video_size *size, struct clip *out); /* ERR_NOMEM */
MUST_CHECK enum err clip_synthetic_audio(size_t bytes, struct clip *out);
/* A picture with moving bars and the number; a tone of its own for each number. ERR_NOMEM, ERR_IO: the encoder said no.
 */
MUST_CHECK enum err clip_real_video(unsigned number, struct clip *out);
MUST_CHECK enum err clip_real_audio(unsigned number, struct clip *out);
void clip_reset(struct clip *c); /* frees; an empty clip is fine */

/* For the makers: n frames without data. Each frame's data is malloc()ed. */
MUST_CHECK enum err clip_alloc(struct clip *c, unsigned n_frames);
MUST_CHECK enum err clip_set(struct clip *c, unsigned i, const void *p, size_t len, bool key);
