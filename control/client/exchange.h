/* exchange.h: one request and its answer, as a handle of libcurl with all that we want and don't want of it. Knows no
 * loop: client.c runs it. Owns copies of the request and what it has read of the answer. */
#pragma once
#include "client/client.h"
#include "common/buf.h"
#include <curl/curl.h>

struct exchange {
    CURL *easy;
    struct curl_slist *headers;
    struct buf body; /* of the answer */
    size_t body_max, head_len;
    unsigned allow;
    bool is_cut, denied, head_too_long;
    usec_t started_at;
    client_fn *done;
    void *arg;
    struct exchange *next, *prev; /* client.c's list of those under way */
};

/* ERR_SYNTAX, ERR_DENIED, ERR_NOMEM */
MUST_CHECK enum err exchange_new(const struct client_request *request, const char *ca_file, struct exchange **x);
void exchange_free(struct exchange *x);

/* What came of it, after libcurl said how it ended. */
struct client_answer exchange_answer(const struct exchange *x, CURLcode code, usec_t now);
