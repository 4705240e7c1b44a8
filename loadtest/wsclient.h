/* wsclient.h: the client's side of a WebSocket (RFC 6455) over plain TCP, without IO: the handshake, frames read (and
 * put together, if they come in parts) and written (masked). No extensions. A message is at most WSCLIENT_MESSAGE_MAX
 * bytes. Owns the message that is being put together. */
#pragma once
#include "common/buf.h"
#include "common/err.h"

#define WSCLIENT_MESSAGE_MAX ((size_t)2 * 1024 * 1024)
#define WSCLIENT_HEAD_MAX    ((size_t)16 * 1024)
#define WSCLIENT_KEY_LEN     24 /* 16 random bytes in base64 */
#define WSCLIENT_HEADER_CAP  14

enum wsclient_opcode {
    WSCLIENT_TEXT = 1,
    WSCLIENT_BINARY = 2,
    WSCLIENT_CLOSE = 8,
    WSCLIENT_PING = 9,
    WSCLIENT_PONG = 10
};

struct wsclient {
    uint8_t opcode; /* of the message that is arriving in parts; 0: none */
    struct buf message;
};

struct wsclient_event {
    enum wsclient_opcode opcode;
    struct bytes payload; /* borrowed from the input or the client, until its next call */
};

void wsclient_reset(struct wsclient *c); /* frees; zeros are the start */

/* The request. target: "/path?query". ERR_FULL. */
MUST_CHECK enum err wsclient_request(const char *host, const char *target, const char key[WSCLIENT_KEY_LEN + 1],
                                     struct wr *w);
/* The answer to it, and its length. ERR_SHORT: not all here yet. ERR_DENIED: no 101, or another key. ERR_FULL: too
 * long. */
MUST_CHECK enum err wsclient_response(struct bytes in, const char key[WSCLIENT_KEY_LEN + 1], size_t *len);

/* One message or control frame. *used bytes of `in` are done with, also if there is none yet: *got. ERR_SYNTAX,
 * ERR_FULL, ERR_NOMEM: the connection is of no more use. */
MUST_CHECK enum err wsclient_read(struct wsclient *c, struct bytes in, size_t *used, struct wsclient_event *event,
                                  bool *got);

/* The header of a final, masked frame, which the payload follows after wsclient_mask(). Its length. */
size_t wsclient_header(uint8_t out[WSCLIENT_HEADER_CAP], enum wsclient_opcode opcode, size_t payload_len,
                       uint32_t mask);
void wsclient_mask(uint8_t *payload, size_t len, uint32_t mask);
