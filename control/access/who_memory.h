/* who_memory.h: the accounts behind credentials seen in the last seconds. Bounded: a new one takes the place of another
 * with the same place. Pure: the time is handed in. Loop thread only. */
#pragma once
#include "access/access.h"
#include "common/usec.h"

struct who_memory;
MUST_CHECK enum err who_memory_new(struct who_memory **m);
void who_memory_free(struct who_memory *m);

#define WHO_MEMORY_PLACES 4096
#define WHO_MEMORY_KEEPS  (30 * SEC)

/* Borrowed until the next put or forget; NULL: not known. */
const struct who *who_memory_find(const struct who_memory *m, usec_t now, const char *secret_hash);

/* What the database answered to a question asked when who_memory_forgets() was `asked_at`. If anything was forgotten
 * since, the answer may be older than that: it isn't kept. */
uint64_t who_memory_forgets(const struct who_memory *m);
void who_memory_put(struct who_memory *m, usec_t now, uint64_t asked_at, const struct who *w);

void who_memory_seen(struct who_memory *m, const char *secret_hash, usec_t seen_at); /* if it is known */

/* Forget at once: what is asked next is read from the database. */
void who_memory_forget_user(struct who_memory *m, int64_t user_id);
void who_memory_forget_secret(struct who_memory *m, const char *secret_hash);
void who_memory_forget_everybody(struct who_memory *m);
