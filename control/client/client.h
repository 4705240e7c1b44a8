/* client.h: HTTP requests to others, on the loop. https with the system's certificate authorities; no redirects, no
 * proxy, no cookies, HTTP/1.1. Connections are kept for the next request to the same server. Unless a request allows
 * private addresses, the address is checked after its name was resolved and just before it is connected to, and again
 * before a kept connection is used: a name server can't lead us into our own network.
 * At most max_running requests at a time, each with a deadline and a bound on what it may answer. Loop thread only. */
#pragma once
#include "client/url.h"
#include "common/bytes.h"
#include "common/log.h"
#include "loop/loop.h"

struct client;

struct client_config {
    struct loop *loop;
    const struct log *log;
    const char *ca_file;  /* PEM: trusted besides the system's authorities; NULL. Borrowed for life */
    unsigned max_running; /* 1…256 */
};

MUST_CHECK enum err client_new(const struct client_config *cfg, struct client **c); /* ERR_NOMEM */
void client_free(struct client *c); /* what is under way is dropped: done() isn't called any more */

struct client_header {
    const char *name, *value; /* printable; the value isn't empty */
};

#define CLIENT_BODY_MAX ((size_t)4 * 1024 * 1024)

struct client_request {
    const char *method, *url; /* "GET", "POST", "PUT", "PATCH", "DELETE" */
    unsigned allow;           /* URL_ALLOW_HTTP, URL_ALLOW_PRIVATE */
    const struct client_header *headers;
    unsigned n_headers;
    struct bytes body;      /* sent when the method isn't GET; the caller says its Content-Type */
    usec_t timeout;         /* from now to the answer's last byte, looking the name up included */
    size_t max_answer_body; /* 0…CLIENT_BODY_MAX; an answer with more is cut there and the rest isn't read */
};

/* Borrowed until done() returns. */
struct client_answer {
    enum err err;       /* OK: an HTTP answer, whatever its status. ERR_DENIED: the address isn't public. ERR_IO */
    unsigned status;    /* 0 unless OK */
    struct bytes body;  /* a NUL follows it */
    bool is_cut;        /* there was more of it */
    const char *reason; /* for people, when not OK: "no answer in time" */
    usec_t took;
};
typedef void client_fn(void *arg, const struct client_answer *answer);

/* All of the request is copied. OK: done() is called once, on a later turn; it may send again but not free the client.
 * ERR_SYNTAX, ERR_DENIED: the request is wrong or its URL may not be called (url_check()). ERR_FULL: max_running.
 * ERR_NOMEM. */
MUST_CHECK enum err client_send(struct client *c, const struct client_request *request, client_fn *done, void *arg);

/* Where an API of others is that knows us by a secret key. */
struct client_api {
    char url[4200], authorization[600]; /* "https://api.example.com/v1/things", "Bearer key" */
};
/* path ("/v1/things") goes behind base, less the slashes that it ends with. ERR_SYNTAX: too long. */
MUST_CHECK enum err client_api_init(struct client_api *api, const char *base, const char *path, const char *key);

struct client_counters {
    unsigned running;
    uint64_t requests, failures, denials; /* denials: private addresses that a name led to */
};
void client_counters(const struct client *c, struct client_counters *out);
