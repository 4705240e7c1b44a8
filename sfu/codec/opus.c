#include "codec/opus.h"

/* RFC 6716 3.1: |config 5|s|c 2|; the frame size follows from config, the number of frames from c. */
static usec_t opus_frame(uint8_t config)
{
    static const uint16_t silk[4] = {10, 20, 40, 60}, hybrid[2] = {10, 20};
    if (config < 12)
        return silk[config % 4] * MSEC;
    if (config < 16)
        return hybrid[config % 2] * MSEC;
    return (2500 * USEC) << (config % 4);
}

void opus_parse(struct bytes payload, struct opus_info *out)
{
    *out = (struct opus_info){.silent = payload.len <= OPUS_MAX_SILENT_LEN};
    struct rd r = rd_of(payload);
    uint8_t toc = rd_u8(&r);
    if (r.bad)
        return;
    unsigned n_frames = (toc & 3) == 0 ? 1 : 2;
    if ((toc & 3) == 3)
        n_frames = rd_u8(&r) & 63;
    usec_t duration = opus_frame(toc >> 3) * (usec_t)n_frames;
    out->stereo = toc >> 2 & 1;
    if (!r.bad && duration <= 120 * MSEC) /* RFC 6716 3.2.5: a packet holds at most 120 ms */
        out->duration = duration;
}
