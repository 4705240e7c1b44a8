/* encode.h: what meetings emit, as messages of Socket.IO. What will be emitted again is kept encoded, in a table of
 * fixed size whose older entries give way; participants come as text that was written when they changed. Part of struct
 * live, which owns it. Loop thread only. */
#pragma once
#include "common/err.h"
#include "meeting/effects.h"

struct live;
struct sio_msg;

#define ENCODED_KEPT 64 /* at most 64 KiB each */

struct encoded {
    json_t *payload; /* a reference, so that no other payload has this address */
    struct sio_msg *msg;
};

/* *msg is the caller's. ERR_NOMEM, ERR_SYNTAX. */
MUST_CHECK enum err encode_emit(struct live *l, const struct effect *e, struct sio_msg **msg);
void encode_reset(struct live *l);
