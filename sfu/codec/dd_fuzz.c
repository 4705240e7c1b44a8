/* The first byte splits the input into two descriptors (the first may bring the structure for the second) and an AV1
 * payload. */
#include "codec/codec.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct dd_state state = {.valid = false};
    struct dd_frame f;
    struct frame_info info;
    struct rd r = rd_of(bytes_of(data, len));
    size_t first_len = rd_u8(&r);
    struct bytes first = rd_bytes(&r, first_len < rd_left(&r) ? first_len : rd_left(&r));
    struct bytes second = rd_bytes(&r, rd_left(&r));
    if (dd_parse(first, &state, &f) == OK) {
        if (!state.valid || f.n_targets != state.n_targets || f.sid >= DD_MAX_SIDS)
            abort();
        uint8_t copy[256];
        memcpy(copy, first.p, first.len);
        dd_patch_frame_number(copy, first.len, 4242);
        if (dd_parse(bytes_of(copy, first.len), &state, &f) != OK || f.frame_number != 4242)
            abort();
    }
    for (unsigned k = 0; k < CODEC_KINDS; k++)
        (void)codec_inspect((enum codec_kind)k, second, len & 1, second, &state, &info);
    return 0;
}
