/* av1.h: the AV1 aggregation header and what follows it (RTP Payload Format for AV1, 4.4). Layers are the dependency
 * descriptor's business (dd.h). |Z|Y| W |N|-|-|-|
 */
#pragma once
#include "common/bytes.h"
#include "common/err.h"

#define AV1_OBU_SEQUENCE_HEADER 1

struct av1_info {
    bool continues,
        continued;      /* Z: the first element goes on from the packet before; Y: the last goes on in the next */
    uint8_t n_elements; /* W; 0: each element has a length */
    bool new_sequence;  /* N: a coded video sequence begins: key frame */
    bool has_sequence_header;
    bool key;
};

MUST_CHECK enum err av1_parse(struct bytes payload, struct av1_info *out);
