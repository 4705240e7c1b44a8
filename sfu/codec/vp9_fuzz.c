/* Any bytes as a payload: what parses can be patched, and parses back as patched. */
#include "codec/vp9.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct vp9_desc d, again;
    if (vp9_parse(bytes_of(data, len), &d) != OK)
        return 0;
    uint8_t *copy = malloc(len);
    if (!copy)
        return 0;
    memcpy(copy, data, len);
    vp9_patch(copy, &d, 77, 201);
    if (vp9_parse(bytes_of(copy, len), &again) != OK || again.len != d.len || again.tid != d.tid || again.key != d.key)
        abort();
    if ((d.has_pic && again.pic != 77) || (d.has_tl0 && again.tl0 != 201))
        abort();
    free(copy);
    return 0;
}
