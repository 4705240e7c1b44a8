/* call.h: one HTTP request and its one answer. What handlers see: no socket, no libwebsockets.
 * A call lives until its answer is sent or its client has gone. A handler that cannot answer at once takes the call's
 * id with call_defer() and returns; later call_find() gives the call back, or NULL when the client has gone meanwhile.
 * All strings are borrowed and live as long as the call. Loop thread only. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct http;
struct call;
struct call_id {
    uint32_t slot, generation; /* generation 0: no call */
};

/* --- the request --- */
const char *call_method(const struct call *c); /* "GET"; for HEAD also "GET": the body is cut on the way out */
int call_route_auth(const struct call *c);     /* route.auth of the row it met; 0: none */
/* Of ":name" in the route's path; NULL if it has none. */
const char *call_param(const struct call *c, const char *name);
const char *call_query(const struct call *c, const char *name); /* first one, decoded; NULL if absent */
const char *call_header(const struct call *c,
                        const char *name);                 /* case-insensitive, its lines joined; NULL if absent */
const char *call_cookie(struct call *c, const char *name); /* NULL if absent */
/* Of several of that name the one after `before`, a value that was given (NULL: the first); NULL: no more. A page of a
 * sibling domain can set one of our name, and it may come first. */
const char *call_next_cookie(struct call *c, const char *name, const char *before);
const char *call_ip(const struct call *c);    /* the client's, behind TRUSTED_PROXIES too */
bool call_is_from_here(const struct call *c); /* from loopback, and no proxy says that it passed it on */
struct bytes call_body(const struct call *c);
const json_t *call_json(const struct call *c); /* checked object; {} if the body was empty; NULL if raw */
const char *call_str(const struct call *c, const char *field); /* of call_json(); NULL if absent or null */
/* Overwrites a secret in the body once it has been taken: call_str() of it is "" then, call_body() is all zeros. */
void call_forget(struct call *c, const char *field);

/* No Origin header, our own (it names our Host), or one of ALLOWED_ORIGINS. */
bool call_origin_allowed(const struct call *c);

/* --- who is asking, and where the handler's world is --- */
void *call_part(const struct call *c); /* of the table that the call's row is in, or of its prefix */
void *call_gate(const struct call *c); /* http_config.gate: what the auth hook knows */
struct http *call_http(const struct call *c);
/* Two pointers of the caller's per call, freed by release() (may be NULL) when the call ends: one for the auth hook,
 * one for the handler. */
enum call_slot { CALL_WHO, CALL_STATE };
void call_set_data(struct call *c, enum call_slot slot, void *data, void (*release)(void *data));
void *call_data(const struct call *c, enum call_slot slot);
/* size zeroed bytes as CALL_STATE, for free(); NULL: no memory. */
void *call_state_new(struct call *c, size_t size);

/* --- the answer: the first one counts, later ones are ignored --- */
/* Copied; repeats are sent as such (Set-Cookie). */
void call_set_header(struct call *c, const char *name, const char *value);
void call_reply_json(struct call *c, unsigned status, json_t *take); /* takes the reference; NULL answers 500 */
void call_reply_json_text(struct call *c, unsigned status, const char *json);                  /* copied */
void call_reply(struct call *c, unsigned status, const char *content_type, struct bytes body); /* copied */
void call_error(struct call *c, unsigned status, const char *fmt, ...) PRINTF_LIKE(3, 4);      /* { "error": … } */
void call_message(struct call *c, unsigned status, const char *fmt, ...) PRINTF_LIKE(3, 4);    /* { "message": … } */
void call_reply_empty(struct call *c, unsigned status);                                        /* 204 */
/* NOT_FOUND 404, DENIED 403, AUTH 401, SYNTAX 400, FULL 429, IO 503, else 500. */
void call_reply_err(struct call *c, enum err e);
void call_no_compress(struct call *c); /* for long-polling: the answer goes out as it is */
bool call_answered(const struct call *c);
/* For http_config.failed. */
const char *call_route_path(const struct call *c); /* as the row has it, "/api/meetings/:meetingId"; "" without a row */
struct bytes call_answer_body(const struct call *c);

/* --- later --- */
struct call_id call_defer(struct call *c);
/* NULL once answered and sent, or when the client has gone. */
struct call *call_find(struct http *h, struct call_id id);
/* gone(arg) is called if the client goes away before the answer was given. NULL takes it back. */
void call_on_gone(struct call *c, void (*gone)(void *arg), void *arg);
/* For the auth hook (route.h): the caller may; body check and handler run now. */
void call_continue(struct call *c);
