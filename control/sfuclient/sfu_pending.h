/* sfu_pending.h: the requests that the SFU hasn't answered yet. Ids count up and all wait equally long, so the oldest
 * id is the first to time out and a ring is enough. Pure: the time is handed in. Owns its ring. Full (SFU_PENDING_MAX
 * ids between the oldest unanswered and the newest): no new id. */
#pragma once
#include "common/err.h"
#include "common/usec.h"
#include <stdbool.h>
#include <stdint.h>

#define SFU_PENDING_MAX 4096
#define SFU_TIMEOUT     (5 * SEC)
#define SFU_NAME_CAP    32

/* Whatever the asker needs to know when the answer comes; given back as it was. */
struct sfu_tag {
    int kind;
    char room[SFU_NAME_CAP], participant[SFU_NAME_CAP];
    uint64_t request;
};

struct sfu_pending;
MUST_CHECK enum err sfu_pending_new(struct sfu_pending **p);
void sfu_pending_free(struct sfu_pending *p);

MUST_CHECK enum err sfu_pending_add(struct sfu_pending *p, usec_t now, const struct sfu_tag *tag,
                                    uint64_t *id); /* FULL */
/* The answer to id came. ERR_NOT_FOUND: never asked, answered already or timed out. */
MUST_CHECK enum err sfu_pending_take(struct sfu_pending *p, uint64_t id, struct sfu_tag *tag);
/* The oldest one that is due, or any while `all`; false when there is none (more). */
bool sfu_pending_expire(struct sfu_pending *p, usec_t now, bool all, struct sfu_tag *tag);
usec_t sfu_pending_deadline(struct sfu_pending *p); /* USEC_NEVER: nothing waits */
unsigned sfu_pending_len(const struct sfu_pending *p);
