/* keep.h: what is kept of meetings in PostgreSQL: live ones, so that they outlive control (load.h
 * brings them back), and what they leave behind: history, charges, webhook events, analytics. All of it goes through
 * the store's write queue: while PostgreSQL is away meetings go on. Loop thread only. */
#pragma once
#include "loop/loop.h"
#include "meeting/meeting.h"

struct live;

struct keep {
    struct loop_timer seen;
    usec_t wall_ahead; /* of the monotonic clock, when it was last looked at */
    bool hooks_asked, hooks_news;
};

/* One for each effect that is kept; what can't be queued is counted in l->n.effects_lost. */
void keep_analytics(struct live *l, const struct effect *e);
void keep_ended(struct live *l, const struct effect *e);
void keep_settings(struct live *l, const struct effect *e);
void keep_activated(struct live *l, const struct effect *e);
void keep_sfu(struct live *l, const struct effect *e);
void keep_invite(struct live *l, const struct effect *e);
void keep_joined(struct live *l, const struct effect *e);
void keep_left(struct live *l, const struct effect *e);

/* The analytics event meeting.created; user_id 0: a guest meeting. */
void keep_created(struct live *l, int64_t user_id, const struct meeting *m);

/* From now on says every 10 s which meetings have somebody in them, and for how long: so long one that ends in a crash
 * is charged. Sees, too, whether the wall clock was set. */
void keep_seen_start(struct live *l);
void keep_reset(struct live *l);
