/* h1.h: the HTTP/1.1 request head and body framing (RFC 9112), strict: what two readers could read differently is
 * refused. We read requests ourselves because the parser of libwebsockets 4.1 takes the bytes of a pipelined request
 * for the body of the one before, and knows no chunked request bodies. Sans-IO; everything borrowed. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"

#define H1_HEAD_MAX    16384
#define H1_TARGET_MAX  4096
#define H1_MAX_HEADERS 64

struct h1_header {
    struct bytes name, value; /* the value without spaces around it */
};

struct h1_head {
    struct bytes method, target;
    struct h1_header headers[H1_MAX_HEADERS];
    unsigned n_headers;
    uint64_t content_length;
    bool http10, chunked, keep_alive, expect_continue, websocket;
};

/* Finds the empty line that ends the head. in is all that came of it; *scanned is 0 at first and remembers how far we
 * have looked. The length of the head with that line, or 0 when it hasn't ended. */
size_t h1_head_len(struct bytes in, size_t *scanned);

/* in is one whole head. ERR_SYNTAX: 400. ERR_FULL: too many headers, 431. ERR_SHORT: the target is too long, 414.
 * ERR_UNSUPPORTED: another HTTP version, 505, or a transfer coding but chunked, 501 (then head->http10 is false and
 * chunked true). */
MUST_CHECK enum err h1_parse(struct bytes in, struct h1_head *head);

/* The first header of that name (lower case or not); an empty range with p NULL if there is none. */
struct bytes h1_header(const struct h1_head *head, const char *name);
bool h1_list_has(struct bytes list, const char *token); /* a comma-separated list, without case */

/* A body as it arrives. Zeroed and then h1_body_init(). */
struct h1_body {
    uint64_t left; /* of the body, or of this chunk */
    enum {
        H1_PLAIN,
        H1_SIZE,
        H1_SIZE_EXT,
        H1_SIZE_LF,
        H1_DATA,
        H1_DATA_CR,
        H1_DATA_LF,
        H1_TRAILER,
        H1_TRAILER_LF,
        H1_DONE
    } at;
    unsigned digits, line; /* of a chunk size; length of the trailer line, all trailers bounded by H1_HEAD_MAX */
    unsigned overhead;
};
void h1_body_init(struct h1_body *b, const struct h1_head *head);
/* Takes bytes from in: *data is the next piece of the body (maybe empty). Call until in is used up or h1_body_done().
 * ERR_SYNTAX */
MUST_CHECK enum err h1_body_read(struct h1_body *b, struct rd *in, struct bytes *data);
bool h1_body_done(const struct h1_body *b);
