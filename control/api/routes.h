/* routes.h: the table of everything that can be asked by HTTP, and who may. */
#pragma once
#include "http/route.h"

/* route.auth: what a row asks of the caller before its body is looked at. */
enum access {
    ACCESS_ANYONE = 0,
    ACCESS_GUEST_LIMIT, /* anyone, so often an hour */
};

extern const struct route *const api_routes[];   /* for http_config.routes */
extern const struct prefix_route api_prefixes[]; /* Engine.IO */
enum may api_may(struct call *c, int access);    /* for http_config.may */
