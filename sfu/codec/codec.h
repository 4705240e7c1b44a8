/* codec.h: what the SFU must know of a packet's payload, whatever the codec: key frame? which layer? where does a frame
 * begin? Pure. Dependency state (AV1) lives with the source: see dd.h. */
#pragma once
#include "codec/dd.h"
#include "codec/vp8.h"
#include "codec/vp9.h"
#include "common/bytes.h"

enum codec_kind { CODEC_OTHER, CODEC_OPUS, CODEC_VP8, CODEC_VP9, CODEC_H264, CODEC_AV1, CODEC_KINDS };

/* By the name in a=rtpmap, case-insensitive; CODEC_OTHER if unknown (also rtx, red, ulpfec). */
enum codec_kind codec_of_name(struct bytes name);
bool codec_is_video(enum codec_kind kind);

struct frame_info {
    bool key;         /* of a key frame: a decoder can start here. Trusted only where start is set. */
    bool start, end;  /* first / last packet of a frame (of a layer frame for VP9 and AV1) */
    bool discardable; /* no other frame needs it; VP9 never says so */
    bool switch_up;   /* layers above this one in time may begin here (VP8 Y, VP9 U, AV1 "switch") */
    bool silent;      /* Opus: comfort noise or DTX */
    bool has_layers;  /* tid and sid were said, not assumed */
    uint8_t tid, sid;
    uint16_t width, height; /* of a key frame that says so; 0: unknown */
    union {                 /* by kind; good if codec_inspect() returned OK */
        struct vp8_desc vp8;
        struct vp9_desc vp9;
    };
    bool has_dd; /* the packet carried a dependency descriptor and it was readable */
    struct dd_frame dd;
};

/* marker: the RTP marker bit. dd: the dependency descriptor extension, empty if there is none. dds: the source's state
 * for it, NULL if it isn't used. An unreadable payload gives ERR_*; *out is then whole but says nothing (not a key
 * frame, start, layer 0). */
enum err codec_inspect(enum codec_kind kind, struct bytes payload, bool marker, struct bytes dd, struct dd_state *dds,
                       struct frame_info *out);
