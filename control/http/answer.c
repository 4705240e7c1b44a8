/* answer.c: answers of handlers, and the head that goes out with them: security headers, CORS, caching, compression. */
#include "http/http_priv.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#define COMPRESS_MIN 1024
#define COMPRESS_MAX (4u << 20) /* what is larger goes out as it is: the loop must not stand still */

const char *status_text(unsigned status)
{
    static const struct {
        unsigned status;
        const char *text;
    } texts[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {402, "Payment Required"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {422, "Unprocessable Content"},
        {426, "Upgrade Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (texts[i].status == status)
            return texts[i].text;
    return "Status";
}

/* For what lies under a prefix: messages for programs, many of them, that a browser never shows as a page. */
static void headers_of_messages(struct buf *t)
{
    buf_printf(t, "Cross-Origin-Resource-Policy: same-origin\r\n"
                  "X-Content-Type-Options: nosniff\r\n");
}

/* What helmet.js sends by default, with a stricter policy for scripts and what WebRTC needs. */
static void headers_of_pages(const struct http_config *cfg, struct buf *t)
{
    buf_printf(t,
               "Content-Security-Policy: default-src 'self';connect-src 'self'%s%s;img-src 'self' data: blob:;"
               "media-src 'self' blob:;script-src 'self' 'wasm-unsafe-eval';worker-src 'self' blob:;style-src 'self';"
               "font-src 'self';object-src 'none';script-src-attr 'none';frame-ancestors 'self';base-uri "
               "'self';form-action 'self'\r\n",
               cfg->csp_connect ? " " : "", cfg->csp_connect ? cfg->csp_connect : "");
    buf_printf(t, "Cross-Origin-Opener-Policy: same-origin\r\n"
                  "Cross-Origin-Resource-Policy: same-origin\r\n"
                  "Origin-Agent-Cluster: ?1\r\n"
                  "Permissions-Policy: camera=(self), microphone=(self), display-capture=(self)\r\n"
                  "Referrer-Policy: no-referrer\r\n"
                  "X-Content-Type-Options: nosniff\r\n"
                  "X-DNS-Prefetch-Control: off\r\n"
                  "X-Download-Options: noopen\r\n"
                  "X-Frame-Options: SAMEORIGIN\r\n"
                  "X-Permitted-Cross-Domain-Policies: none\r\n"
                  "X-XSS-Protection: 0\r\n");
}

char *security_headers_new(const struct http_config *cfg, bool pages)
{
    struct buf t = {0};
    if (pages)
        headers_of_pages(cfg, &t);
    else
        headers_of_messages(&t);
    /* Always, as helmet does: browsers heed it over https alone, and behind a proxy we can't tell. */
    buf_printf(&t, "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n");
    return buf_give(&t);
}

/* --- what handlers say --- */
void call_set_header(struct call *c, const char *name, const char *value)
{
    if (c->answer.status || strpbrk(value, "\r\n") || strpbrk(name, "\r\n: "))
        return;
    if (!strcasecmp(name, "cache-control"))
        c->answer.has_cache_control = true;
    buf_printf(&c->answer.headers, "%s: %s\r\n", name, value);
}

static void answered(struct call *c, unsigned status, const char *type)
{
    c->answer.status = status;
    snprintf(c->answer.type, sizeof c->answer.type, "%s", type);
    if (status >= 500 && c->h->cfg.failed)
        c->h->cfg.failed(c->h->cfg.failed_arg, c, status);
    if (c->on_answer)
        c->on_answer(c);
}

void call_reply(struct call *c, unsigned status, const char *content_type, struct bytes body)
{
    if (c->answer.status)
        return;
    c->answer.body = malloc(body.len + 1);
    if (!c->answer.body) {
        answered(c, 500, "text/plain");
        return;
    }
    if (body.len)
        memcpy(c->answer.body, body.p, body.len);
    c->answer.len = body.len;
    answered(c, status, content_type);
}

/* What the API says is about somebody, and now. */
static void not_to_be_kept(struct call *c)
{
    if (!c->answer.has_cache_control)
        call_set_header(c, "Cache-Control", "no-store");
}

void call_reply_json(struct call *c, unsigned status, json_t *take)
{
    char *text = take && !c->answer.status ? json_dumps(take, JSON_COMPACT) : NULL;
    json_decref(take);
    if (c->answer.status)
        return;
    if (!text) {
        static const char fallback[] = "{\"error\":\"Internal error\"}";
        call_reply(c, 500, "application/json; charset=utf-8", bytes_of(fallback, sizeof fallback - 1));
        return;
    }
    not_to_be_kept(c);
    c->answer.body = (uint8_t *)text;
    c->answer.len = strlen(text);
    answered(c, status, "application/json; charset=utf-8");
}

void call_reply_json_text(struct call *c, unsigned status, const char *json)
{
    not_to_be_kept(c);
    call_reply(c, status, "application/json; charset=utf-8", bytes_str(json));
}

static void reply_sentence(struct call *c, unsigned status, const char *key, const char *fmt, va_list args)
{
    char sentence[512];
    vsnprintf(sentence, sizeof sentence, fmt, args);
    call_reply_json(c, status, json_pack("{s:s}", key, sentence));
}

void call_error(struct call *c, unsigned status, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    reply_sentence(c, status, "error", fmt, args);
    va_end(args);
}

void call_message(struct call *c, unsigned status, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    reply_sentence(c, status, "message", fmt, args);
    va_end(args);
}

void call_reply_empty(struct call *c, unsigned status)
{
    if (!c->answer.status)
        answered(c, status, "");
}

void call_reply_err(struct call *c, enum err e)
{
    static const struct {
        enum err e;
        unsigned status;
        const char *text;
    } rows[] = {
        /* clang-format off */
        {ERR_NOT_FOUND, 404, "Not found"},
        {ERR_DENIED, 403, "Forbidden"},
        {ERR_AUTH, 401, "Not authenticated"},
        {ERR_SYNTAX, 400, "Bad request"},
        {ERR_SHORT, 400, "Bad request"},
        {ERR_FULL, 429, "Too many requests"},
        {ERR_IO, 503, "Service unavailable"},
        /* clang-format on */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].e == e) {
            call_error(c, rows[i].status, "%s", rows[i].text);
            return;
        }
    }
    log_error(c->h->cfg.log, "http_handler", "path=%s err=%s", c->route ? c->route->path : "-", err_name(e));
    call_error(c, 500, "Internal error");
}

void call_no_compress(struct call *c)
{
    c->answer.no_compress = true;
}

/* --- the head --- */
static void compress_if_it_pays(struct call *c)
{
    struct call_answer *a = &c->answer;
    if (a->no_compress || a->encoding || a->borrowed || a->len < COMPRESS_MIN || a->len > COMPRESS_MAX ||
        !content_type_is_text(a->type))
        return;
    a->vary_encoding = true;
    enum encoding e = encoding_choose(call_header(c, "accept-encoding"), 1u << ENC_GZIP | 1u << ENC_BROTLI);
    uint8_t *out = NULL;
    size_t len = 0;
    if (!e || compress_bytes(e, a->len > 65536 ? 1 : 4, bytes_of(a->body, a->len), &out, &len))
        return;
    free(a->body);
    a->body = out;
    a->len = len;
    a->encoding = e;
}

/* "*" is leave to read what is public, not to read it with somebody's cookies. */
static void cors_add(const struct call *c, struct buf *head)
{
    const char *origin = call_header(c, "origin"), *allowed = c->h->cfg.allowed_origins;
    buf_printf(head, "Vary: Origin%s\r\n", c->answer.vary_encoding ? ", Accept-Encoding" : "");
    if (origin && origin_listed(allowed, origin))
        buf_printf(head, "Access-Control-Allow-Origin: %s\r\n", origin);
    if (origin && origin_named(allowed, origin))
        buf_printf(head, "Access-Control-Allow-Credentials: true\r\n");
}

static bool status_has_body(unsigned status)
{
    return status != 204 && status != 304;
}

/* The same for a second. */
static const char *date_now(struct http *h)
{
    struct tm tm;
    time_t now = (time_t)(loop_wall(h->loop) / SEC);
    if (now != h->date_of) {
        strftime(h->date, sizeof h->date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &tm));
        h->date_of = now;
    }
    return h->date;
}

enum err answer_head(struct call *c, bool keep_alive, struct buf *head)
{
    struct call_answer *a = &c->answer;
    compress_if_it_pays(c);
    buf_printf(head, "HTTP/1.1 %u %s\r\nDate: %s\r\nConnection: %s\r\n", a->status, status_text(a->status),
               date_now(c->h), keep_alive ? "keep-alive" : "close");
    if (status_has_body(a->status))
        buf_printf(head, "Content-Length: %zu\r\n", a->len);
    if (status_has_body(a->status) && a->type[0])
        buf_printf(head, "Content-Type: %s\r\n", a->type);
    if (a->encoding)
        buf_printf(head, "Content-Encoding: %s\r\n", encoding_name(a->encoding));
    cors_add(c, head);
    const char *security = c->prefix ? c->h->message_headers : c->h->page_headers;
    buf_add(head, security, strlen(security));
    if (a->headers.len)
        buf_add(head, a->headers.p, a->headers.len);
    buf_add(head, "\r\n", 2);
    return head->bad || a->headers.bad ? ERR_NOMEM : OK;
}

struct bytes answer_body(const struct call *c)
{
    const struct call_answer *a = &c->answer;
    if (c->is_head || !status_has_body(a->status))
        return bytes_of(NULL, 0);
    return bytes_of(a->borrowed ? a->borrowed : a->body, a->len);
}
