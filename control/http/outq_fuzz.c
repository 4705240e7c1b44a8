/* What is put into the queue comes out, whole and in order, however it is taken; what is counted is what there is. The
 * input is rows of | what 1 | length 1 |. */
#include "http/outq.h"
#include "http/ws.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define MOST ((size_t)1 << 21)

struct run {
    struct outq q;
    struct ws_msg *shared; /* goes out again and again */
    uint8_t *in, *out;     /* all that was put, and taken */
    size_t n_in, n_out;
};

static void must(bool b)
{
    if (!b)
        abort();
}

static void note(struct run *r, const void *p, size_t len)
{
    must(r->n_in + len <= MOST);
    memcpy(r->in + r->n_in, p, len);
    r->n_in += len;
}

static void put_owned(struct run *r, uint8_t fill, size_t len)
{
    uint8_t *body = malloc(len + 1);
    must(body);
    memset(body, fill, len);
    must(outq_put(&r->q, bytes_of(body, len), body) == OK);
    note(r, body, len);
}

static void put_msg(struct run *r, uint8_t fill, size_t head_len)
{
    uint8_t head[WSFRAME_HEADER_MAX];
    memset(head, fill, sizeof head);
    head_len %= sizeof head + 1;
    must(outq_put_msg(&r->q, bytes_of(head, head_len), r->shared) == OK);
    note(r, head, head_len);
    struct bytes payload = ws_msg_payload(r->shared);
    note(r, payload.p, payload.len);
}

static void take(struct run *r, size_t cap)
{
    size_t before = outq_bytes(&r->q), n = outq_take(&r->q, r->out + r->n_out, cap);
    must(n == (before < cap ? before : cap) && outq_bytes(&r->q) == before - n);
    must(memcmp(r->out + r->n_out, r->in + r->n_out, n) == 0);
    r->n_out += n;
}

static void step(struct run *r, uint8_t what, size_t len)
{
    static const char constant[] = "HTTP/1.1 100 Continue";
    switch (what % 8) {
    case 0:
        put_owned(r, what, len * 16);
        break;
    case 1:
        must(outq_put(&r->q, bytes_of(constant, len % sizeof constant), NULL) == OK);
        note(r, constant, len % sizeof constant);
        break;
    case 2:
        put_msg(r, what, len);
        break;
    case 3:
        if (what & 0x40) {
            outq_reset(&r->q);
            r->n_out = r->n_in;
        }
        break;
    default:
        take(r, len * (what & 0x80 ? 64 : 1));
    }
    must(outq_bytes(&r->q) == r->n_in - r->n_out);
    must((outq_own_bytes(&r->q) == 0) == (r->q.first == NULL) && (r->q.first == NULL) == (r->q.last == NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t in[MOST], out[MOST];
    struct run r = {.in = in, .out = out, .shared = ws_msg_new(bytes_of("a message for many", 18), false)};
    must(r.shared);
    struct rd rd = rd_of(bytes_of(data, len < 1000 ? len : 1000));
    while (rd_left(&rd) >= 2) {
        uint8_t what = rd_u8(&rd);
        step(&r, what, rd_u8(&rd));
    }
    while (outq_bytes(&r.q))
        take(&r, 1000);
    outq_reset(&r.q);
    must(outq_own_bytes(&r.q) == 0);
    ws_msg_unref(r.shared);
    return 0;
}
