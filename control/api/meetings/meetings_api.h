/* meetings_api.h: the part of the API about meetings, live ones and those that were (API documentation §3–8, 13). */
#pragma once
#include "common/log.h"
#include "http/route.h"

struct live;

/* What its handlers reach: call_part(). */
struct meetings_api {
    const struct log *log;
    struct live *live;
    unsigned participants_cap; /* the server's cap of maxParticipants */
};

extern const struct route create_routes[]; /* create.c: §3, 4, 5 */
extern const struct route show_routes[];   /* show.c: §3, 5, 8, 13 */
extern const struct route host_routes[];   /* hosts.c: §6, 7 */
