/* keep.h: what is kept of meetings in PostgreSQL: live ones, so that they outlive control (load.c
 * brings them back), and what they leave behind: history, charges, webhook events, analytics. All of it goes through
 * the store's write queue: while PostgreSQL is away meetings go on. Loop thread only. */
#pragma once
#include "live/live.h"

/* One for each effect that is kept; what can't be queued is counted in rt->effects_lost. */
void keep_analytics(struct realtime *rt, const struct effect *e);
void keep_ended(struct realtime *rt, const struct effect *e);
void keep_settings(struct realtime *rt, const struct effect *e);
void keep_activated(struct realtime *rt, const struct effect *e);
void keep_sfu(struct realtime *rt, const struct effect *e);
void keep_invite(struct realtime *rt, const struct effect *e);
void keep_joined(struct realtime *rt, const struct effect *e);
void keep_left(struct realtime *rt, const struct effect *e);

/* The analytics event meeting.created; user_id 0: a guest meeting. */
void keep_created(struct realtime *rt, int64_t user_id, const struct meeting *m);

/* From now on says every 10 s which meetings have somebody in them: as long as one that ends in a crash is charged. */
void keep_seen_start(struct realtime *rt);
