/* admin_api.h: the part of the API that administrators see: accounts, credit, the rate (resolutions on §15 and §18),
 * and what there is to know of the server (API documentation §18): analytics.c answers from the sums that the database
 * keeps (docs/analytics.md) and from memory. */
#pragma once
#include "common/log.h"
#include "common/usec.h"
#include "http/route.h"

struct meetings;
struct store;

/* What its handlers reach: call_part(). */
struct admin_api {
    const struct log *log;
    const struct meetings *meetings;
    const struct store *store;
    usec_t started_at; /* monotonic */
};

extern const struct route admin_routes[];     /* admin.c: users, credit, settings */
extern const struct route analytics_routes[]; /* analytics.c: §18 */

#define ANALYTICS_DAYS_MAX 3650

/* The value of ?days=; absent (NULL): the default. ERR_SYNTAX: not a whole number of 1…3650. */
MUST_CHECK enum err analytics_days(const char *text, int absent, int *days);

double analytics_resident_bytes(void); /* of this process; 0: unknown */
