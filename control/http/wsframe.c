/* wsframe.c: frames put together into messages as their bytes come. */
#include "http/wsframe.h"
#include "common/text.h"
#include <stdlib.h>

/*   0               1               2 …                   RFC 6455 5.2
 *  |F|RSV| opcode  |M| len (7)     | 16 or 64 bit len | 32 bit mask | payload …   */

void wsframe_reader_init(struct wsframe_reader *r, size_t message_max)
{
    *r = (struct wsframe_reader){.message_max = message_max};
}

void wsframe_reader_reset(struct wsframe_reader *r)
{
    buf_reset(&r->message);
    wsframe_reader_init(r, r->message_max);
}

static unsigned header_wanted(const struct wsframe_reader *r)
{
    if (r->header_len < 2)
        return 2;
    unsigned len7 = r->header[1] & 0x7f;
    bool masked = r->header[1] & 0x80;
    return 2 + (len7 == 126 ? 2 : len7 == 127 ? 8 : 0) + (masked ? 4 : 0);
}

static enum err control_begin(struct wsframe_reader *r)
{
    r->control_len = 0;
    return r->fin && r->left <= sizeof r->control && r->opcode <= WS_PONG ? OK : ERR_SYNTAX;
}

static enum err data_begin(struct wsframe_reader *r)
{
    if (r->opcode > WS_BINARY || (r->opcode == WS_CONT) != r->in_message)
        return ERR_SYNTAX;
    if (!r->in_message) {
        r->binary = r->opcode == WS_BINARY;
        r->in_message = true;
    }
    return r->left > r->message_max || r->message.len > r->message_max - r->left ? ERR_FULL : OK;
}

static enum err frame_begin(struct wsframe_reader *r)
{
    struct rd h = rd_of(bytes_of(r->header, r->header_len));
    uint8_t b0 = rd_u8(&h), b1 = rd_u8(&h), len7 = b1 & 0x7f;
    r->fin = b0 & 0x80;
    r->opcode = b0 & 0x0f;
    r->left = len7 == 126 ? rd_u16(&h) : len7 == 127 ? rd_u64(&h) : len7;
    r->phase = 0;
    r->in_payload = true;
    if ((b0 & 0x70) || !(b1 & 0x80) || (len7 == 126 && r->left < 126) || (len7 == 127 && r->left < 65536))
        return ERR_SYNTAX;
    return r->opcode >= WS_CLOSE ? control_begin(r) : data_begin(r);
}

/* Memory grows with what has come, not with what the header promises. */
static enum err payload_read(struct wsframe_reader *r, struct rd *in)
{
    const uint8_t *mask = r->header + r->header_len - 4;
    struct bytes part = rd_bytes(in, rd_left(in) < r->left ? rd_left(in) : (size_t)r->left);
    bool control = r->opcode >= WS_CLOSE;
    if (!control && buf_reserve(&r->message, part.len, r->message_max))
        return ERR_FULL;
    uint8_t *out = control ? r->control + r->control_len : (uint8_t *)buf_end(&r->message);
    for (size_t i = 0; i < part.len; i++)
        out[i] = part.p[i] ^ mask[r->phase++ & 3];
    r->left -= part.len;
    if (control)
        r->control_len += (unsigned)part.len;
    else
        buf_added(&r->message, part.len);
    return OK;
}

static enum err frame_end(struct wsframe_reader *r, struct wsframe_event *event, bool *got)
{
    r->header_len = 0;
    r->in_payload = false;
    if (r->opcode >= WS_CLOSE) {
        *event = (struct wsframe_event){(enum ws_opcode)r->opcode, bytes_of(r->control, r->control_len)};
        *got = true;
        return OK;
    }
    if (!r->fin)
        return OK;
    *event = (struct wsframe_event){r->binary ? WS_BINARY : WS_TEXT, buf_bytes(&r->message)};
    r->in_message = false;
    buf_take(&r->message, r->message.len); /* still there until the next is read */
    *got = true;
    return r->binary || text_is_utf8(event->payload) ? OK : ERR_UNSUPPORTED;
}

enum err wsframe_read(struct wsframe_reader *r, struct rd *in, struct wsframe_event *event, bool *got)
{
    *got = false;
    if (!r->in_message && !r->in_payload) /* an idle connection holds no buffer */
        buf_reset(&r->message);
    while (!*got && (rd_left(in) || (r->in_payload && !r->left))) {
        if (!r->in_payload) {
            r->header[r->header_len++] = rd_u8(in);
            if (r->header_len < header_wanted(r))
                continue;
            enum err e = frame_begin(r);
            if (e)
                return e;
        }
        if (r->left && payload_read(r, in))
            return ERR_FULL;
        if (!r->left) {
            enum err e = frame_end(r, event, got);
            if (e)
                return e;
        }
    }
    return OK;
}

size_t wsframe_header(uint8_t out[WSFRAME_HEADER_MAX], enum ws_opcode opcode, size_t payload_len)
{
    struct wr w = wr_of(out, WSFRAME_HEADER_MAX);
    wr_u8(&w, (uint8_t)(0x80 | opcode));
    if (payload_len < 126) {
        wr_u8(&w, (uint8_t)payload_len);
    } else if (payload_len < 65536) {
        wr_u8(&w, 126);
        wr_u16(&w, (uint16_t)payload_len);
    } else {
        wr_u8(&w, 127);
        wr_u64(&w, payload_len);
    }
    return wr_len(&w);
}
