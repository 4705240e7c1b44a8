/* Any bytes as a payload: reading ends, and a key frame is never claimed without an IDR or SPS. */
#include "codec/h264.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct h264_info h;
    if (h264_parse(bytes_of(data, len), &h) == OK && h.key != (h.idr || h.sps))
        abort();
    return 0;
}
