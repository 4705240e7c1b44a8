/* webhooks_api.h: the part of the API about webhooks (API documentation §9, docs/webhooks.md). */
#pragma once
#include "http/route.h"

struct webhooks;

/* What its handlers reach: call_part(). */
struct webhooks_api {
    struct webhooks *webhooks;
};

extern const struct route webhook_routes[];
