/* play.c: requests without sockets, for tests of handlers. They go the same way as real ones from the parsed head on.
 */
#include "http/http_priv.h"
#include "common/text.h"
#include <stdlib.h>

static void on_played_answer(struct call *c)
{
    struct http_answer *answer = c->sink;
    struct buf head = {0};
    if (answer_head(c, true, &head)) { /* no memory: a real one's connection would close now */
        answer->status = 503;
        buf_reset(&head);
        return;
    }
    struct bytes body = answer_body(c);
    char *headers = strstr(head.p, "\r\n") + 2;
    answer->status = c->answer.status;
    answer->headers = strdup(headers);
    answer->content_type = strdup(c->answer.type);
    answer->body = calloc(1, body.len + 1);
    if (answer->body && body.len)
        memcpy(answer->body, body.p, body.len);
    answer->body_len = body.len;
    buf_reset(&head);
}

static enum err request_write(const struct http_play *p, struct buf *t)
{
    bool typed = false;
    buf_printf(t, "%s %s HTTP/1.1\r\nHost: localhost\r\n", p->method, p->target);
    for (unsigned i = 0; i < ARRAY_LEN(p->headers) && p->headers[i].name; i++) {
        buf_printf(t, "%s: %s\r\n", p->headers[i].name, p->headers[i].value);
        typed = typed || text_is_nocase(bytes_str(p->headers[i].name), "content-type");
    }
    if (p->body)
        buf_printf(t, "Content-Length: %zu\r\n%s", strlen(p->body), typed ? "" : "Content-Type: application/json\r\n");
    buf_printf(t, "\r\n");
    return t->bad ? ERR_NOMEM : OK;
}

/* Calls that are answered end now, not inside their handler. */
static void answered_free(struct http *h)
{
    for (uint32_t i = 0; i < h->calls.n; i++) {
        struct call *c = slots_at(&h->calls, i);
        if (c && c->on_answer == on_played_answer && c->answer.status)
            call_free(c);
    }
}

void http_play(struct http *h, const struct http_play *request, struct http_answer *answer)
{
    struct buf t = {0};
    struct h1_head head;
    struct call *c = NULL;
    *answer = (struct http_answer){0};
    answered_free(h);
    enum err e = request_write(request, &t);
    if (!e)
        e = h1_parse(buf_bytes(&t), &head);
    if (!e)
        e = call_new(h, &head, request->ip ? request->ip : "127.0.0.1", &c);
    if (!e) {
        c->on_answer = on_played_answer;
        c->sink = answer;
        call_route(c);
        struct bytes body = request->body ? bytes_str(request->body) : bytes_of(NULL, 0);
        if (!c->answer.status && call_append_body(c, body))
            call_error(c, 413, "The body is too large");
        call_dispatch(c);
    } else {
        answer->status = 400;
    }
    buf_reset(&t);
}

void http_answer_reset(struct http_answer *answer)
{
    free(answer->body);
    free(answer->headers);
    free(answer->content_type);
    *answer = (struct http_answer){0};
}
