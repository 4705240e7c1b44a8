/* The common entry, for every codec: byte 0 chooses the codec and the marker, byte 1 says how much of the rest is a
 * dependency descriptor. Whatever comes, what is said of the packet stays within its bounds. */
#include "codec/codec.h"
#include "codec/av1.h"
#include "codec/opus.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(int holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2)
        return 0;
    struct rd r = rd_of(bytes_of(data + 2, len - 2));
    struct bytes dd = rd_bytes(&r, data[1] < rd_left(&r) ? data[1] : rd_left(&r));
    struct bytes payload = rd_bytes(&r, rd_left(&r));
    enum codec_kind kind = (enum codec_kind)(data[0] % CODEC_KINDS);
    struct dd_state state = {0};
    struct frame_info info;
    if (codec_inspect(kind, payload, data[0] >> 7, dd, &state, &info) != OK)
        check(!info.key);
    if (kind == CODEC_VP8 && info.vp8.len)
        check(info.vp8.len <= payload.len);

    struct av1_info av1;
    if (av1_parse(payload, &av1) == OK)
        check(payload.len > 0 && av1.n_elements <= 3);
    struct opus_info opus;
    opus_parse(payload, &opus);
    check(opus.duration >= 0 && opus.duration <= 120 * MSEC);
    return 0;
}
