/* router.c: from a request to the row that serves it, and what the dispatcher answers by itself. */
#include "common/fields.h"
#include "common/text.h"
#include "http/http_priv.h"
#include <limits.h>
#include <stdio.h>

#define BODY_MAX 65536

static bool prefix_fits(const char *prefix, const char *path)
{
    size_t len = strlen(prefix);
    return !strncmp(path, prefix, len) || (len && strlen(path) == len - 1 && !strncmp(path, prefix, len - 1));
}

static const struct prefix_route *prefix_find(const struct call *c)
{
    for (const struct prefix_route *p = c->h->cfg.prefixes; p && p->prefix; p++)
        if (prefix_fits(p->prefix, c->target.path))
            return p;
    return NULL;
}

static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};

#define ALL_METHODS ((1u << ARRAY_LEN(methods)) - 1)

static unsigned method_bit(const char *method)
{
    for (unsigned i = 0; i < ARRAY_LEN(methods); i++)
        if (!strcmp(method, methods[i]))
            return 1u << i;
    return 0;
}

static void allow_text(unsigned allowed, char out[64])
{
    size_t len = 0;
    for (unsigned i = 0; i < ARRAY_LEN(methods); i++)
        if (allowed >> i & 1)
            len += (size_t)snprintf(out + len, 64 - len, "%s%s", methods[i], i ? ", " : ", HEAD, ");
    snprintf(out + len, 64 - len, "OPTIONS");
}

/* An id that was pasted with spaces around it: they are taken off where it stands, in the call's own buffer. */
static const char *param_bare(struct call *c, const char *param)
{
    struct bytes bare = text_bare(param);
    char *at = c->target_buf + ((const char *)bare.p - c->target_buf);
    at[bare.len] = '\0';
    return at;
}

/* The row with this method and path. Of the rows with this path only those with the fewest ":" segments count, whatever
 * their methods: a literal path is never somebody's parameter. *allowed: the methods that it has. */
static const struct route *row_find(struct call *c, unsigned *allowed)
{
    const struct route *found = NULL;
    const char *params[TARGET_MAX_SEGMENTS];
    unsigned n_params = 0, fewest = UINT_MAX;
    *allowed = 0;
    for (const struct route_table *table = c->h->cfg.tables; table && table->rows; table++) {
        for (const struct route *r = table->rows; r->method; r++) {
            if (!target_match(&c->target, r->path, params, &n_params) || n_params > fewest)
                continue;
            if (n_params < fewest) {
                fewest = n_params;
                found = NULL;
                *allowed = 0;
            }
            *allowed |= method_bit(r->method);
            if (found || strcmp(r->method, c->method) != 0)
                continue;
            found = r;
            c->part = table->part;
            c->n_params = n_params;
            for (unsigned i = 0; i < n_params; i++)
                c->params[i] = param_bare(c, params[i]);
        }
    }
    return found;
}

/* CORS (Fetch 4.8): what the browser asks before it sends. The CORS headers themselves come with every answer. */
static void preflight_answer(struct call *c, unsigned allowed)
{
    char allow[64];
    allow_text(allowed, allow);
    call_set_header(c, "Allow", allow);
    const char *headers = call_header(c, "access-control-request-headers");
    if (call_header(c, "access-control-request-method") && call_origin_allowed(c)) {
        call_set_header(c, "Access-Control-Allow-Methods", allow);
        if (headers)
            call_set_header(c, "Access-Control-Allow-Headers", headers);
        call_set_header(c, "Access-Control-Max-Age", "600");
    }
    call_reply_empty(c, 204);
}

static void route(struct call *c)
{
    unsigned allowed = 0;
    bool get = !strcmp(c->method, "GET");
    c->prefix = prefix_find(c);
    if (c->prefix) {
        c->part = c->prefix->part;
        if (!strcmp(c->method, "OPTIONS"))
            preflight_answer(c, ALL_METHODS); /* the handler refuses those it doesn't know in its own words */
        return;
    }
    c->route = row_find(c, &allowed);
    if (c->route || (get && statics_answer(c->h->statics, c, c->target.path)))
        return;
    if (!strcmp(c->method, "OPTIONS") && (allowed || c->target.path[0] == '*')) {
        preflight_answer(c, allowed);
        return;
    }
    if (!allowed) {
        call_error(c, 404, "Not found");
        return;
    }
    char allow[64];
    allow_text(allowed, allow);
    call_set_header(c, "Allow", allow);
    call_error(c, 405, "Method not allowed");
}

const struct field no_body[] = {
    {0},
};
const struct field raw_body[] = {
    {0},
};

/* Before the body is read. */
static size_t body_max(struct call *c)
{
    if (c->prefix)
        return c->prefix->body_max ? c->prefix->body_max(c) : BODY_MAX;
    return c->route && c->route->body_max ? c->route->body_max : BODY_MAX;
}

void call_route(struct call *c)
{
    route(c);
    if (!c->answer.status)
        c->body_max = body_max(c);
}

/* The body as the row wants it. False: answered. */
static bool body_check(struct call *c)
{
    const struct field *fields = c->route->body;
    struct field_fault fault;
    json_error_t error;
    if (!fields || fields->type == FIELD_END)
        return true;
    if (!c->body.len) {
        c->json = json_object();
    } else {
        if (!content_type_is_json(call_header(c, "content-type"))) {
            call_error(c, 415, "The body must be application/json");
            return false;
        }
        c->json = json_loadb(c->body.p, c->body.len, JSON_REJECT_DUPLICATES, &error);
        if (!c->json) {
            call_error(c, 400, "The body is not valid JSON");
            return false;
        }
    }
    bool is_object = json_is_object(c->json);
    fields_trim(fields, c->json);
    if (is_object && fields_check(fields, c->json, FIELDS_BODY, &fault) == OK)
        return true;
    call_error(c, 400, "%s", is_object ? fault.why : "The body must be a JSON object");
    return false;
}

static void handler_run(struct call *c, enum err (*handler)(struct call *c))
{
    enum err e = handler(c);
    if (e && !c->answer.status)
        call_reply_err(c, e);
    else if (!c->answer.status && !c->deferred)
        call_reply_err(c, ERR_STATE);
}

void call_continue(struct call *c)
{
    c->deferred = false;
    if (c->answer.status || !c->route || !body_check(c))
        return;
    if (!c->route->page)
        handler_run(c, c->route->handler);
    else if (!statics_answer(c->h->statics, c, c->route->page))
        call_error(c, 404, "Not found");
}

void call_dispatch(struct call *c)
{
    if (c->answer.status)
        return;
    if (c->prefix) {
        handler_run(c, c->prefix->handler);
        return;
    }
    may_fn *may = c->h->cfg.may;
    enum may verdict = !c->route->auth ? MAY : may ? may(c, c->route->auth) : MAY_NOT;
    if (verdict == MAY)
        call_continue(c);
    else if (!c->answer.status && !(verdict == MAY_BE_ASKED && c->deferred))
        call_error(c, 403, "Forbidden");
}
