/* Any payload of any codec: byte 0 chooses the codec and the marker, byte 1 says how much of the rest is a dependency
 * descriptor. What is said of the packet stays within its bounds; what has picture ids can be given others, and reads
 * the same but for them. */
#include "codec/codec.h"

#include <stdlib.h>

#define OTHER_PIC 77
#define OTHER_TL0 201

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_renumbered(enum codec_kind kind, struct bytes payload)
{
    static uint8_t copy[16384];
    struct frame_info f, again;
    if (codec_inspect(kind, payload, false, (struct bytes){0}, NULL, &f) || !f.has_pic || payload.len >= sizeof copy)
        return;
    check(f.head_len < payload.len);
    struct wr w = wr_of(copy, sizeof copy);
    codec_write_head(kind, &w, bytes_of(payload.p, f.head_len), (struct pic_ids){OTHER_PIC, OTHER_TL0, 9});
    wr_bytes(&w, bytes_of(payload.p + f.head_len, payload.len - f.head_len));
    check(codec_inspect(kind, bytes_of(copy, wr_len(&w)), false, (struct bytes){0}, NULL, &again) == OK);
    check(again.pic.pic == OTHER_PIC && (again.pic.tl0 == OTHER_TL0 || f.pic.tl0 == 0));
    check(again.key == f.key && again.start == f.start && wr_len(&w) - again.head_len == payload.len - f.head_len);
    check(again.layers.said == f.layers.said && again.layers.tid == f.layers.tid && again.layers.sid == f.layers.sid);
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
    struct frame_info f;
    if (codec_inspect(kind, payload, data[0] >> 7, dd, &state, &f) != OK)
        check(!f.key && !f.has_pic);
    check(!f.has_pic || f.head_len < payload.len);
    check_renumbered(kind, payload);
    return 0;
}
