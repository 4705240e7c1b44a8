/* ice_servers.h: the list of STUN and TURN servers that clients get (API documentation §13). Pure. */
#pragma once
#include "common/usec.h"
#include <jansson.h>

struct ice_config {
    const char *turn_urls; /* NULL: no TURN */
    const char *turn_username, *turn_credential;
    const char *turn_secret; /* NULL: the two above */
};

#define TURN_LIFETIME (86400 * SEC) /* a day */

/* The array; a new reference, NULL without memory. With TURN_SECRET the credentials are made for this client and end
 * TURN_LIFETIME from `wall` (the "TURN REST API" draft: username "expiry:user", password base64(HMAC-SHA1(secret,
 * username))). */
json_t *ice_servers_json(const struct ice_config *cfg, usec_t wall, const char *user);
