#include "codec/av1.h"

/* The first OBU's type is in the first element, unless that goes on from the packet before. */
static bool av1_starts_with_sequence(struct rd *r, const struct av1_info *a)
{
    if (a->continues)
        return false;
    if (a->n_elements != 1) { /* a LEB128 length first: 1…5 bytes are enough for any packet */
        for (unsigned i = 0; i < 5 && rd_u8(r) >> 7; i++)
            continue;
    }
    uint8_t obu = rd_u8(r);
    return !r->bad && !(obu >> 7) && (obu >> 3 & 15) == AV1_OBU_SEQUENCE_HEADER;
}

enum err av1_parse(struct bytes payload, struct av1_info *out)
{
    struct rd r = rd_of(payload);
    uint8_t head = rd_u8(&r);
    if (r.bad || rd_left(&r) == 0)
        return ERR_SHORT;
    struct av1_info a = {
        .continues = head >> 7,
        .continued = head >> 6 & 1,
        .n_elements = head >> 4 & 3,
        .new_sequence = head >> 3 & 1,
    };
    if (a.new_sequence && a.continues) /* 4.4: Z must be 0 if N is 1 */
        return ERR_SYNTAX;
    a.has_sequence_header = av1_starts_with_sequence(&r, &a);
    a.key = a.new_sequence;
    *out = a;
    return OK;
}
