/* call.c: one request and what is asked of it. */
#include "common/fields.h"
#include "common/text.h"
#include "http/forwarding.h"
#include "http/http_priv.h"
#include <stdlib.h>
#include <strings.h>

/* A NUL-terminated copy of b at *at, which moves on. */
static const char *place(char **at, struct bytes b)
{
    char *s = *at;
    if (b.len)
        memcpy(s, b.p, b.len);
    s[b.len] = '\0';
    *at += b.len + 1;
    return s;
}

/* "a, b": lines of one name are one list (RFC 9110 5.3); of cookies "a; b" (RFC 6265 5.4). What may not be a list is no
 * better as one. Each line is placed once; those that were joined to an earlier one have p NULL in `values`. */
static const char *place_joined(char **at, const struct h1_head *head, struct bytes values[H1_MAX_HEADERS], unsigned i)
{
    const char *s = place(at, values[i]);
    struct bytes name = head->headers[i].name;
    char between = text_is_nocase(name, "cookie") ? ';' : ',';
    for (unsigned k = i + 1; k < head->n_headers; k++) {
        if (name.len != head->headers[k].name.len ||
            strncasecmp((const char *)name.p, (const char *)head->headers[k].name.p, name.len) != 0)
            continue;
        (*at)[-1] = between;
        *(*at)++ = ' ';
        place(at, values[k]);
        values[k].p = NULL;
    }
    return s;
}

static enum err strings_copy(struct call *c, const struct h1_head *head)
{
    size_t size = head->method.len + 1;
    for (unsigned i = 0; i < head->n_headers; i++)
        size += head->headers[i].name.len + head->headers[i].value.len + 2;
    c->block = malloc(size);
    c->headers = calloc(head->n_headers + 1, sizeof *c->headers);
    size_t target_cap = head->target.len * 2 + 64;
    c->target_buf = malloc(target_cap);
    if (!c->block || !c->headers || !c->target_buf)
        return ERR_NOMEM;
    char *at = c->block;
    c->method = place(&at, head->method);
    struct bytes values[H1_MAX_HEADERS];
    for (unsigned i = 0; i < head->n_headers; i++)
        values[i] = head->headers[i].value;
    for (unsigned i = 0; i < head->n_headers; i++) {
        if (!values[i].p)
            continue;
        struct call_header *header = &c->headers[c->n_headers++];
        header->name = place(&at, head->headers[i].name);
        header->value = place_joined(&at, head, values, i);
    }
    c->is_head = !strcmp(c->method, "HEAD");
    if (c->is_head)
        c->method = "GET";
    return target_parse(head->target, c->target_buf, target_cap, &c->target);
}

/* A proxy's header, the one that we would read before others; NULL: there is none. */
static const char *forwarding_of(const struct call *c)
{
    const char *found = NULL;
    for (unsigned i = 0; i < c->n_headers; i++) {
        const char *header = forwarding_header(c->headers[i].name);
        if (header && (!found || strcmp(header, "X-Forwarded-For") == 0))
            found = header;
    }
    return found;
}

/* Whose request it is, as far as its headers may say so. */
static void origin_read(struct call *c, const char *peer_ip)
{
    struct http *h = c->h;
    const char *header = forwarding_of(c);
    client_ip(&h->trusted, peer_ip, call_header(c, "x-forwarded-for"), c->ip);
    c->is_from_here = !header && ip_is_loopback(peer_ip);
    if (header && !cidr_list_has(&h->trusted, peer_ip))
        forwarding_stranger(&h->strangers, loop_now(h->loop), header, peer_ip, h->cfg.log);
}

enum err call_new(struct http *h, const struct h1_head *head, const char *peer_ip, struct call **out)
{
    struct call *c = calloc(1, sizeof *c);
    if (!c)
        return ERR_NOMEM;
    c->h = h;
    enum err e = strings_copy(c, head);
    if (!e)
        e = slots_put(&h->calls, c, UINT32_MAX, &c->id.slot, &c->id.generation);
    if (e) {
        free(c->block);
        free(c->headers);
        free(c->target_buf);
        free(c);
        return e;
    }
    origin_read(c, peer_ip);
    h->counters.requests++;
    h->counters.calls_open++;
    *out = c;
    return OK;
}

void call_free(struct call *c)
{
    if (!c)
        return;
    void (*gone)(void *) = c->answer.status ? NULL : c->gone;
    struct http_counters *counters = &c->h->counters;
    counters->calls_open--;
    counters->answers[c->answer.status ? c->answer.status / 100 % 6 : 0]++;
    slots_remove(&c->h->calls, c->id.slot);
    if (gone)
        gone(c->gone_arg);
    for (size_t i = 0; i < ARRAY_LEN(c->slots); i++)
        call_set_data(c, (enum call_slot)i, NULL, NULL);
    json_decref(c->json);
    buf_reset(&c->answer.headers);
    free(c->answer.body);
    buf_reset(&c->body);
    free(c->cookies);
    free(c->block);
    free(c->headers);
    free(c->target_buf);
    free(c);
}

void call_set_101(struct call *c)
{
    c->answer.status = 101;
}

enum err call_append_body(struct call *c, struct bytes part)
{
    return part.len ? buf_put(&c->body, part, c->body_max) : OK;
}

/* --- what handlers ask --- */
const char *call_method(const struct call *c)
{
    return c->method;
}

const char *call_param(const struct call *c, const char *name)
{
    size_t len = strlen(name);
    unsigned at = 0;
    for (const char *p = c->route ? c->route->path : ""; *p;) {
        size_t segment = strcspn(p, "/");
        if (*p == ':') {
            if (segment == len + 1 && !memcmp(p + 1, name, len))
                return at < c->n_params ? c->params[at] : NULL;
            at++;
        }
        p += segment;
        p += *p == '/';
    }
    return NULL;
}

const char *call_query(const struct call *c, const char *name)
{
    return target_query(&c->target, name);
}

const char *call_header(const struct call *c, const char *name)
{
    for (unsigned i = 0; i < c->n_headers; i++)
        if (!strcasecmp(c->headers[i].name, name))
            return c->headers[i].value;
    return NULL;
}

/* The Cookie header cut into NUL-terminated "name=value" strings, once. */
static bool cookies_cut(struct call *c)
{
    const char *header = call_header(c, "cookie");
    if (c->cookies || !header)
        return c->cookies;
    c->cookies = strdup(header);
    if (!c->cookies)
        return false;
    c->cookies_len = strlen(c->cookies);
    for (char *p = c->cookies; (p = strchr(p, ';')); p++)
        *p = '\0';
    return true;
}

const char *call_cookie(struct call *c, const char *name)
{
    return call_next_cookie(c, name, NULL);
}

const char *call_next_cookie(struct call *c, const char *name, const char *before)
{
    if (!cookies_cut(c))
        return NULL;
    size_t len = strlen(name);
    const char *end = c->cookies + c->cookies_len;
    for (const char *p = before ? before + strlen(before) + 1 : c->cookies; p < end; p += strlen(p) + 1) {
        const char *start = p + strspn(p, " \t");
        if (!strncmp(start, name, len) && start[len] == '=')
            return start + len + 1;
    }
    return NULL;
}

const char *call_ip(const struct call *c)
{
    return c->ip;
}

bool call_is_from_here(const struct call *c)
{
    return c->is_from_here;
}

struct bytes call_body(const struct call *c)
{
    return buf_bytes(&c->body);
}

const json_t *call_json(const struct call *c)
{
    return c->json;
}

const char *call_str(const struct call *c, const char *field)
{
    return field_str(c->json, field, NULL);
}

void call_forget(struct call *c, const char *field)
{
    const json_t *v = json_object_get(c->json, field);
    if (json_is_string(v))
        explicit_bzero((char *)json_string_value(v), json_string_length(v));
    if (c->body.len)
        explicit_bzero(c->body.p, c->body.len);
}

bool call_origin_allowed(const struct call *c)
{
    const char *origin = call_header(c, "origin"), *host = call_header(c, "host");
    if (!origin)
        return true;
    const char *authority = strstr(origin, "://");
    if (authority && host && !strcasecmp(authority + 3, host))
        return true;
    return origin_listed(c->h->cfg.allowed_origins, origin);
}

int call_route_auth(const struct call *c)
{
    return c->route ? c->route->auth : 0;
}

void *call_part(const struct call *c)
{
    return c->part;
}

void *call_gate(const struct call *c)
{
    return c->h->cfg.gate;
}

struct http *call_http(const struct call *c)
{
    return c->h;
}

void call_set_data(struct call *c, enum call_slot slot, void *data, void (*release)(void *data))
{
    if (c->slots[slot].release)
        c->slots[slot].release(c->slots[slot].data);
    c->slots[slot].data = data;
    c->slots[slot].release = release;
}

void *call_data(const struct call *c, enum call_slot slot)
{
    return c->slots[slot].data;
}

void *call_state_new(struct call *c, size_t size)
{
    void *state = calloc(1, size);
    if (state)
        call_set_data(c, CALL_STATE, state, free);
    return state;
}

struct call_id call_defer(struct call *c)
{
    c->deferred = true;
    return c->id;
}

struct call *call_find(struct http *h, struct call_id id)
{
    struct call *c = slots_find(&h->calls, id.slot, id.generation);
    return c && !c->answer.status ? c : NULL;
}

void call_on_gone(struct call *c, void (*gone)(void *arg), void *arg)
{
    c->gone = gone;
    c->gone_arg = arg;
}

bool call_answered(const struct call *c)
{
    return c->answer.status != 0;
}

const char *call_route_path(const struct call *c)
{
    return c->route ? c->route->path : c->prefix ? c->prefix->prefix : "";
}

struct bytes call_answer_body(const struct call *c)
{
    return c->answer.borrowed ? bytes_of(c->answer.borrowed, c->answer.len) : bytes_of(c->answer.body, c->answer.len);
}
