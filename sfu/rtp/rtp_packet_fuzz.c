/* Any bytes as an RTP packet with all our extensions negotiated: what parses can be written and parsed back. */
#include "rtp/ext.h"
#include "rtp/rtp_packet.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool ok)
{
    if (!ok)
        abort();
}

static void check_again(const struct rtp_view *v, const struct ext_values *values, const struct ext_map *map)
{
    uint8_t packet[2048];
    struct ext_block block;
    struct rtp_view again;
    struct ext_values values_again;
    ext_serialise(values, map, BYTES_LIT("a0"), &block);
    struct wr w = wr_of(packet, sizeof packet);
    struct rtp_header h = {
        .pt = v->pt,
        .marker = v->marker,
        .seq = v->seq,
        .ts = v->ts,
        .ssrc = v->ssrc,
        .ext_block = ext_block_bytes(&block),
    };
    rtp_header_write(&w, &h);
    wr_bytes(&w, v->payload);
    if (w.bad)
        return;
    check(rtp_parse(bytes_of(packet, wr_len(&w)), &again) == OK);
    check(again.seq == v->seq && again.ts == v->ts && again.ssrc == v->ssrc && again.pt == v->pt);
    check(bytes_eq(again.payload, v->payload));
    ext_parse(&again, map, &values_again);
    check(ext_has(&values_again, EXT_TWCC) && ext_has(&values_again, EXT_MID) && !ext_has(&values_again, EXT_RID));
    if (ext_has(values, EXT_AUDIO_LEVEL))
        check(bytes_eq(values_again.value[EXT_AUDIO_LEVEL], values->value[EXT_AUDIO_LEVEL]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ext_map map;
    struct ext_values values;
    struct rtp_view v;
    uint8_t copy[2048];
    uint16_t osn;
    struct bytes payload;
    ext_map_init(&map);
    map.allow_mixed = len & 1;
    for (unsigned k = 0; k < EXT_KINDS; k++)
        if (ext_map_set(&map, (enum ext_kind)k, (uint8_t)(k + 1)) != OK)
            abort();
    if (rtp_parse(bytes_of(data, len), &v) != OK)
        return 0;
    ext_parse(&v, &map, &values);
    check_again(&v, &values, &map);
    if (len > sizeof copy || rtx_parse(&v, &osn, &payload) != OK)
        return 0;
    memcpy(copy, data, len);
    check(rtx_restore(copy, &len, &v, 96, 7) == OK);
    struct rtp_view restored;
    check(rtp_parse(bytes_of(copy, len), &restored) == OK && restored.seq == osn && restored.ssrc == 7);
    return 0;
}
