/* sfu_codec.h: the conversation with the SFU as bytes (docs/sfu-socket.md): newline-delimited JSON. Sans-IO.
 * A decoder owns its buffer, which never holds more than one unfinished line. A message that was read owns its JSON. */
#pragma once
#include "common/buf.h"
#include "common/err.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define SFU_LINE_MAX ((size_t)1024 * 1024) /* without the newline */

enum sfu_msg_type { SFU_MSG_RESPONSE, SFU_MSG_NOTIFICATION };

struct sfu_msg {
    enum sfu_msg_type type;
    uint64_t id;         /* response */
    bool ok;             /* response */
    const char *code;    /* response with ok false: of the error; never NULL then */
    const char *message; /* likewise; "" if it has none */
    const char *event;   /* notification */
    json_t *json;        /* the whole object; freed by sfu_msg_reset(). The strings above live in it */
};
void sfu_msg_reset(struct sfu_msg *m);

struct sfu_decoder {
    struct buf line;
};
void sfu_decoder_init(struct sfu_decoder *d);
void sfu_decoder_reset(struct sfu_decoder *d); /* frees the buffer; usable again */

/* Takes the next message from *in, which moves on past it; the rest of *in is for the next call.
 * OK: *m is a message. ERR_SHORT: *in is used up (kept in d), more is needed. ERR_SYNTAX: the peer doesn't speak the
 * protocol; ERR_FULL: a line is too long; ERR_NOMEM: the connection can't go on after any of these. */
MUST_CHECK enum err sfu_decode(struct sfu_decoder *d, struct rd *in, struct sfu_msg *m);

/* {"id": id, "op": op, …fields}\n as text for free(); fields (borrowed) may be NULL. ERR_FULL: too long. ERR_NOMEM. */
MUST_CHECK enum err sfu_encode(uint64_t id, const char *op, json_t *fields, char **line, size_t *len);
