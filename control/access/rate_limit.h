/* rate_limit.h: how often an address may do something (API documentation §16): fixed windows, counted from the first
 * call. Pure: the time is handed in. IPv6 counts by /64, which is what one subscriber has, and
 * by /48, which may have SHARES_NETWORK_FACTOR times as much: a new address is drawn, a new network isn't. Owns its
 * table; bounded: when RATE_LIMIT_ADDRESSES are known, the one whose window began first is forgotten. */
#pragma once
#include "common/err.h"
#include "common/usec.h"
#include <stdbool.h>

#define RATE_LIMIT_ADDRESSES 65536

struct rate_limit_config {
    unsigned max; /* calls a window */
    usec_t window;
};

struct rate_limit_answer {
    bool allowed;
    unsigned limit, remaining;
    unsigned reset_s; /* until the window ends; at least 1 */
};

struct rate_limit;
MUST_CHECK enum err rate_limit_new(const struct rate_limit_config *cfg, struct rate_limit **r);
void rate_limit_free(struct rate_limit *r);
/* Counts this call, refused ones too. */
struct rate_limit_answer rate_limit_count(struct rate_limit *r, usec_t now, const char *ip);
