/* resolve.h: a database server's addresses, asked for in a thread of their own so that a name server that doesn't
 * answer holds nothing up. libpq itself would wait for it. Loop thread only. */
#pragma once
#include "common/err.h"

#define RESOLVE_ADDRESSES 4 /* the first of them; the others are passed over */
#define RESOLVE_CAP       (RESOLVE_ADDRESSES * 300)

/* hosts and addresses as libpq wants them for its keywords `host` and `hostaddr`: lists of equal length. */
struct resolved {
    char hosts[RESOLVE_CAP], addresses[RESOLVE_CAP];
};

struct resolve;
/* ERR_UNSUPPORTED: the connection string has no single host name that needs it: a socket's folder, an address, more. */
MUST_CHECK enum err resolve_new(const char *url, struct resolve **r);
/* ERR_STATE: not yet. ERR_NOT_FOUND: there is no such host, or no name server answered. */
MUST_CHECK enum err resolve_poll(struct resolve *r, struct resolved *out);
void resolve_free(struct resolve *r); /* one that is under way is left to its thread */
