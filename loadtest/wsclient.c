/* wsclient.c: the client's side of RFC 6455: handshake, frames in, headers out. */
#include "loadtest/wsclient.h"

#include "common/openssl.h"
#include "common/text.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>

#define GUID        "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" /* RFC 6455 1.3 */
#define ACCEPT_LEN  28
#define CONTROL_MAX 125
#define FIN         0x80
#define RSV         0x70
#define MASKED      0x80

void wsclient_reset(struct wsclient *c)
{
    buf_reset(&c->message);
    *c = (struct wsclient){0};
}

enum err wsclient_request(const char *host, const char *target, const char key[WSCLIENT_KEY_LEN + 1], struct wr *w)
{
    static const char fixed[] = "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: ";
    const char *const parts[] = {"GET ", target, " HTTP/1.1\r\nHost: ", host, fixed, key, "\r\n\r\n"};
    for (unsigned i = 0; i < ARRAY_LEN(parts); i++)
        wr_bytes(w, bytes_str(parts[i]));
    return w->bad ? ERR_FULL : OK;
}

static void accept_of(const char *key, char out[ACCEPT_LEN + 1])
{
    char text[WSCLIENT_KEY_LEN + sizeof GUID];
    uint8_t digest[SHA_DIGEST_LENGTH];
    int n = snprintf(text, sizeof text, "%.*s%s", WSCLIENT_KEY_LEN, key, GUID);
    SHA1((const uint8_t *)text, (size_t)n, digest);
    EVP_EncodeBlock((unsigned char *)out, digest, sizeof digest);
}

/* The value of a header in the head, without the spaces around it; empty if it isn't there. */
static struct bytes header_find(struct bytes head, const char *name)
{
    while (head.len) {
        struct bytes line = text_cut(&head, '\r');
        if (text_is_nocase(text_cut(&line, ':'), name))
            return text_trim(line);
        head = text_after(head, head.len > 0); /* the LF */
    }
    return (struct bytes){0};
}

enum err wsclient_response(struct bytes in, const char key[WSCLIENT_KEY_LEN + 1], size_t *len)
{
    const uint8_t *end = in.len ? memmem(in.p, in.len, "\r\n\r\n", 4) : NULL;
    if (!end)
        return in.len > WSCLIENT_HEAD_MAX ? ERR_FULL : ERR_SHORT;
    struct bytes head = bytes_of(in.p, (size_t)(end - in.p));
    char expected[ACCEPT_LEN + 1];
    accept_of(key, expected);
    if (head.len < 12 || memcmp(head.p, "HTTP/1.1 101", 12) != 0)
        return ERR_DENIED;
    if (!bytes_eq(header_find(head, "Sec-WebSocket-Accept"), bytes_str(expected)))
        return ERR_DENIED;
    *len = head.len + 4;
    return OK;
}

/* --- frames --- */

struct frame {
    uint8_t opcode;
    bool fin;
    struct bytes payload;
    size_t used;
};

/* ERR_SHORT: not all of it is here. A server's frames aren't masked (5.1). */
static enum err frame_read(struct bytes in, struct frame *f)
{
    struct rd r = rd_of(in);
    uint8_t first = rd_u8(&r), second = rd_u8(&r);
    uint64_t len = second & 0x7f;
    if (len == 126)
        len = rd_u16(&r);
    else if (len == 127)
        len = rd_u64(&r);
    if (r.bad)
        return ERR_SHORT;
    if ((first & RSV) || (second & MASKED))
        return ERR_SYNTAX;
    f->opcode = first & 0x0f;
    f->fin = first & FIN;
    if (f->opcode >= WSCLIENT_CLOSE && (!f->fin || len > CONTROL_MAX))
        return ERR_SYNTAX;
    if (len > WSCLIENT_MESSAGE_MAX)
        return ERR_FULL;
    f->payload = rd_bytes(&r, (size_t)len);
    f->used = in.len - rd_left(&r);
    return r.bad ? ERR_SHORT : OK;
}

/* A frame's place among messages: RFC 6455 5.4. */
static enum err frame_take(struct wsclient *c, const struct frame *f, struct wsclient_event *event, bool *got)
{
    bool is_control = f->opcode >= WSCLIENT_CLOSE,
         is_start = f->opcode == WSCLIENT_TEXT || f->opcode == WSCLIENT_BINARY;
    if (f->opcode > WSCLIENT_PONG || (!is_control && !is_start && f->opcode != 0))
        return ERR_SYNTAX;
    if (is_control || (is_start && f->fin && !c->opcode)) {
        *event = (struct wsclient_event){.opcode = (enum wsclient_opcode)f->opcode, .payload = f->payload};
        *got = true;
        return OK;
    }
    if (is_start == (c->opcode != 0))
        return ERR_SYNTAX; /* a new message inside another, or a part of none */
    if (is_start) {
        c->opcode = f->opcode;
        buf_take(&c->message, c->message.len);
    }
    enum err e = buf_put(&c->message, f->payload, WSCLIENT_MESSAGE_MAX);
    if (e || !f->fin)
        return e;
    *event = (struct wsclient_event){.opcode = (enum wsclient_opcode)c->opcode, .payload = buf_bytes(&c->message)};
    c->opcode = 0;
    *got = true;
    return OK;
}

enum err wsclient_read(struct wsclient *c, struct bytes in, size_t *used, struct wsclient_event *event, bool *got)
{
    *used = 0;
    *got = false;
    while (*used < in.len && !*got) {
        struct frame f;
        enum err e = frame_read(bytes_of(in.p + *used, in.len - *used), &f);
        if (e == ERR_SHORT)
            return OK;
        if (!e)
            e = frame_take(c, &f, event, got);
        if (e)
            return e;
        *used += f.used;
    }
    return OK;
}

size_t wsclient_header(uint8_t out[WSCLIENT_HEADER_CAP], enum wsclient_opcode opcode, size_t payload_len, uint32_t mask)
{
    struct wr w = wr_of(out, WSCLIENT_HEADER_CAP);
    wr_u8(&w, (uint8_t)(FIN | opcode));
    if (payload_len < 126) {
        wr_u8(&w, (uint8_t)(MASKED | payload_len));
    } else if (payload_len < 65536) {
        wr_u8(&w, MASKED | 126);
        wr_u16(&w, (uint16_t)payload_len);
    } else {
        wr_u8(&w, MASKED | 127);
        wr_u64(&w, payload_len);
    }
    wr_u32(&w, mask);
    return wr_len(&w);
}

void wsclient_mask(uint8_t *payload, size_t len, uint32_t mask)
{
    for (size_t i = 0; i < len; i++)
        payload[i] ^= (uint8_t)(mask >> (8 * (3 - i % 4)));
}
