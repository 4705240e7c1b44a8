/* paths.h: which session a 5-tuple belongs to (our end of it is the worker's one socket, so the peer's address tells).
 * Open addressing; one per worker. Only addresses that answered an ICE check get in, a bounded number for each session.
 */
#pragma once
#include "net/addr.h"

struct paths;

MUST_CHECK enum err paths_new(uint64_t seed, struct paths **paths); /* ERR_NOMEM */
void paths_free(struct paths *p);
MUST_CHECK enum err paths_put(struct paths *p, const struct addr *a,
                              void *owner);                                  /* replaces an earlier owner; ERR_NOMEM */
void *paths_find(const struct paths *p, const struct addr *a);               /* NULL: unknown */
void paths_remove(struct paths *p, const struct addr *a, const void *owner); /* only if it is still that owner's */
