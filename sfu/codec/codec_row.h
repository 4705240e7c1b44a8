/* codec_row.h: what a row of the codecs' table is made of, and the functions that the rows name: each is in the file of
 * its codec. For this folder and its tests. */
#pragma once
#include "codec/codec.h"

struct codec_row {
    const char *name; /* in a=rtpmap */
    bool is_video;
    /* In a=rtpmap; 0: not said there, as with all video. Opus has 2, whatever is in it (RFC 7587 7). */
    uint8_t channels;

    /* As codec_read_fmtp(), with *out all zero; NULL: it has no forms. And as codec_write_fmtp(). */
    bool (*read_fmtp)(struct bytes fmtp, struct codec_params *out);
    void (*write_fmtp)(struct wr *w, const struct codec_params *p);

    /* Says of *f what the payload says; the rest stays as it was: not a key frame, no ids, layer 0, the marker as the
     * end. NULL: each packet stands alone. */
    enum err (*inspect)(struct bytes payload, struct frame_info *f);

    /* As codec_write_head(). NULL: its payloads carry no numbers that need to go on over a change of source. */
    void (*write_head)(struct wr *w, struct bytes head, struct pic_ids ids);
};

/* |M| PictureID|, and a second byte if M: as VP8 and VP9 have it. */
void codec_read_pic(struct rd *r, struct frame_info *f);

uint32_t codec_fmtp_number(struct bytes fmtp, const char *name, uint32_t otherwise);

bool opus_read_fmtp(struct bytes fmtp, struct codec_params *out);
void opus_write_fmtp(struct wr *w, const struct codec_params *p);

enum err vp8_inspect(struct bytes payload, struct frame_info *f);
void vp8_write_head(struct wr *w, struct bytes head, struct pic_ids ids);

bool vp9_read_fmtp(struct bytes fmtp, struct codec_params *out);
void vp9_write_fmtp(struct wr *w, const struct codec_params *p);
enum err vp9_inspect(struct bytes payload, struct frame_info *f);
void vp9_write_head(struct wr *w, struct bytes head, struct pic_ids ids);

bool h264_read_fmtp(struct bytes fmtp, struct codec_params *out);
void h264_write_fmtp(struct wr *w, const struct codec_params *p);
enum err h264_inspect(struct bytes payload, struct frame_info *f);

bool av1_read_fmtp(struct bytes fmtp, struct codec_params *out);
void av1_write_fmtp(struct wr *w, const struct codec_params *p);
enum err av1_inspect(struct bytes payload, struct frame_info *f);
