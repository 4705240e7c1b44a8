/* A head that parses can be written from its parts and parses to the same; a body gives the same data in one piece as
 * in bytes. */
#include "http/h1.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put(struct wr *w, struct bytes a, const char *b)
{
    wr_bytes(w, a);
    wr_bytes(w, bytes_str(b));
}

static void check_head(struct bytes in, const struct h1_head *head)
{
    uint8_t text[2 * 65536];
    struct wr w = wr_of(text, sizeof text);
    put(&w, head->method, " ");
    put(&w, head->target, head->http10 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
    for (unsigned i = 0; i < head->n_headers; i++) {
        put(&w, head->headers[i].name, ": ");
        put(&w, head->headers[i].value, "\r\n");
    }
    wr_bytes(&w, bytes_str("\r\n"));
    struct h1_head again;
    size_t scanned = 0;
    if (w.bad || in.len > 65536)
        return;
    if (h1_head_len(bytes_of(text, wr_len(&w)), &scanned) != wr_len(&w) || h1_parse(bytes_of(text, wr_len(&w)), &again))
        abort();
    if (again.content_length != head->content_length || again.chunked != head->chunked ||
        again.n_headers != head->n_headers)
        abort();
}

static size_t body_len(const struct h1_head *head, struct bytes in, size_t piece, bool *bad)
{
    struct h1_body b;
    size_t n = 0;
    h1_body_init(&b, head);
    for (size_t at = 0; at < in.len && !h1_body_done(&b) && !*bad; at += piece) {
        struct rd r = rd_of(bytes_of(in.p + at, piece < in.len - at ? piece : in.len - at));
        while (rd_left(&r) && !h1_body_done(&b) && !*bad) {
            struct bytes part;
            *bad = h1_body_read(&b, &r, &part) != OK;
            n += *bad ? 0 : part.len;
        }
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = bytes_of(data, size);
    struct h1_head head;
    size_t scanned = 0, len = h1_head_len(in, &scanned);
    if (!len || h1_parse(bytes_of(data, len), &head))
        return 0;
    check_head(bytes_of(data, len), &head);
    bool bad_whole = false, bad_bytes = false;
    struct bytes body = bytes_of(data + len, size - len);
    size_t whole = body_len(&head, body, body.len ? body.len : 1, &bad_whole);
    size_t bytes = body_len(&head, body, 1, &bad_bytes);
    /* The bound on framing is a running one, so only what is good both ways must be equal. */
    if (!bad_whole && !bad_bytes && whole != bytes)
        abort();
    return 0;
}
