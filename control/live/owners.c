/* owners.c: what becomes of a member's meetings when it leaves its company: those that are on end, those that are
 * scheduled are its own. */
#include "live/owners.h"
#include "common/vec.h"
#include "live/live_priv.h"
#include "store/query.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_EVERY (30 * SEC)

void owners_end(struct live *l, const char *meeting, const char *reason)
{
    json_t *payload = json_pack("{s:s}", "reason", reason);
    struct meeting_reply reply;
    live_command(l, meeting, "admin:end", payload, &reply);
    json_decref(reply.data);
    json_decref(payload);
}

static void left_behind(struct live *l, const char *meeting)
{
    log_info(l->cfg.log, "meeting_left_behind", "meeting=%s", meeting);
    owners_end(l, meeting, "The organizer is no longer in the company");
}

void live_member_joined(struct live *l, int64_t user_id, int64_t company_id)
{
    meetings_set_payer(l->meetings, live_now(l), user_id, company_id);
    credit_look(l);
}

void live_member_removed(struct live *l, int64_t user_id, int64_t company_id)
{
    char(*ids)[MEETING_ID_CAP] = NULL; /* the table changes while they are ended */
    unsigned n = 0, cap = 0;
    size_t at = 0;
    for (struct meeting *m; (m = meetings_next(l->meetings, &at));) {
        if (meeting_is_guest(m) || meeting_owner_user(m) != user_id || meeting_owner_company(m) != company_id)
            continue;
        if (meeting_status(m) == MEETING_SCHEDULED)
            meeting_leave_company(m);
        else if (!vec_reserve(ids, cap, n + 1, VEC_MOST)) /* else owners_look() finds it */
            memcpy(ids[n++], meeting_id(m), strlen(meeting_id(m)) + 1);
    }
    for (unsigned i = 0; i < n; i++)
        left_behind(l, ids[i]);
    free(ids);
    live_member_joined(l, user_id, 0);
}

static void on_orphans(void *arg, enum err e, const struct rows *rows)
{
    struct live *l = arg;
    l->owners.asking = false;
    for (unsigned i = 0; !e && i < rows_len(rows); i++) {
        struct sql_meetings_orphans_row r = sql_meetings_orphans_row(rows, i);
        struct meeting *m = meetings_find(l->meetings, r.meeting_id);
        if (m && r.is_scheduled) {
            meeting_leave_company(m);
            meetings_set_payer(l->meetings, live_now(l), meeting_owner_user(m), 0);
        } else if (m)
            left_behind(l, r.meeting_id);
    }
}

void owners_look(struct live *l)
{
    usec_t now = loop_now(l->cfg.loop);
    if (l->owners.asking || now < l->owners.look_at)
        return;
    l->owners.look_at = now + LOOK_EVERY;
    l->owners.asking = store_ask(l->cfg.store, sql_meetings_orphans(), on_orphans, l) == OK;
}
