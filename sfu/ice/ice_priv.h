/* ice_priv.h: the shape of a STUN message, checked before libnice sees it. libnice 0.1 reads 20 bytes of whatever
 * length MESSAGE-INTEGRITY claims and takes the last 8 bytes for FINGERPRINT, so we make sure that both are what they
 * say. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"

enum {
    ICE_BINDING_REQUEST = 0x0001,
    ICE_BINDING_INDICATION = 0x0011,
    ICE_BINDING_SUCCESS = 0x0101,
    ICE_BINDING_ERROR = 0x0111,
};

struct ice_shape {
    uint16_t type;
    struct bytes username; /* p is NULL if there is none */
    bool has_integrity, has_fingerprint;
};

/* ERR_SHORT, ERR_SYNTAX: header, lengths, order or a repeated attribute. Borrowed from `in`. */
MUST_CHECK enum err ice_shape_read(struct bytes in, struct ice_shape *out);
