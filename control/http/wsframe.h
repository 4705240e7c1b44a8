/* wsframe.h: WebSocket frames of the server's side (RFC 6455): reads masked ones into whole messages, writes headers of
 * unmasked ones. Sans-IO. No extensions: a set RSV bit is an error. */
#pragma once
#include "common/buf.h"
#include "common/err.h"

enum ws_opcode { WS_CONT = 0, WS_TEXT = 1, WS_BINARY = 2, WS_CLOSE = 8, WS_PING = 9, WS_PONG = 10 };

struct wsframe_reader {
    size_t message_max;
    uint8_t header[14]; /* of the frame that is arriving */
    unsigned header_len;
    uint64_t left;  /* payload of this frame still to come */
    unsigned phase; /* of the mask */
    uint8_t opcode; /* of this frame, or of the message when this frame continues it */
    bool fin, in_message, in_payload, binary;
    struct buf message; /* holds memory while a message arrives */
    uint8_t control[125];
    unsigned control_len;
};

struct wsframe_event {
    enum ws_opcode opcode; /* WS_TEXT or WS_BINARY: a whole message; or a control frame */
    struct bytes payload;  /* borrowed until the next wsframe_read(); text is UTF-8 */
};

void wsframe_reader_init(struct wsframe_reader *r, size_t message_max);
void wsframe_reader_reset(struct wsframe_reader *r); /* frees its message */

/* Takes bytes from in until one message or control frame is complete: OK and *got true, or in is used up and *got
 * false. ERR_SYNTAX: close with 1002. ERR_FULL: the message is over message_max, 1009. ERR_UNSUPPORTED: text that isn't
 * UTF-8, 1007. */
MUST_CHECK enum err wsframe_read(struct wsframe_reader *r, struct rd *in, struct wsframe_event *event, bool *got);

#define WSFRAME_HEADER_MAX 10
/* The header of an unmasked, final frame; its length, at most WSFRAME_HEADER_MAX. */
size_t wsframe_header(uint8_t out[WSFRAME_HEADER_MAX], enum ws_opcode opcode, size_t payload_len);
