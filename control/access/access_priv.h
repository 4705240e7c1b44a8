/* access_priv.h: what access.c and db.c share. */
#pragma once
#include "access/access.h"
#include "access/rate_limit.h"
#include "access/who_memory.h"
#include "http/http.h"
#include "loop/loop.h"
#include "store/store.h"

/* Counted by address, each by itself (API documentation §16). */
enum limit { LIMIT_NONE, LIMIT_GUEST, LIMIT_LOGIN, LIMIT_RESET, LIMIT_API, LIMITS };

struct access {
    struct access_config cfg;
    struct http *http;                 /* NULL: gone */
    struct rate_limit *limits[LIMITS]; /* [LIMIT_NONE]: NULL */
    struct who_memory *memory;
};
