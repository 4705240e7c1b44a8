/* registry.h: which participants there are, in which room, and on which worker each one's session lives. On the main
 * thread. A new participant goes to the worker with the fewest, so that one large room uses every core. */
#pragma once
#include "common/err.h"

#include <jansson.h>
#include <stdbool.h>

struct registry;

MUST_CHECK enum err registry_new(unsigned n_workers, struct registry **r);
void registry_free(struct registry *r);

bool registry_add_room(struct registry *r, const char *room);  /* false: it was there */
bool registry_drop_room(struct registry *r, const char *room); /* false: it wasn't */
MUST_CHECK enum err registry_add(struct registry *r, const char *room, const char *participant, unsigned *worker,
                                 bool *created);
MUST_CHECK enum err registry_find(const struct registry *r, const char *room, const char *participant,
                                  unsigned *worker); /* ERR_NOT_FOUND */
void registry_drop(struct registry *r, const char *room, const char *participant);
void registry_set_state(struct registry *r, const char *room, const char *participant, const char *state);
json_t *registry_dump(const struct registry *r); /* the rooms of state.dump; the caller's */
