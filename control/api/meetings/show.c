/* show.c: meetings as the API shows them (API documentation §3, 5): listed, in detail; those that have ended (§8;
 * besides what the document has: ?limit=1…500 and ?before=<id>, for those who want to leaf); and the ICE servers (§13).
 */
#include "api/meetings/show.h"
#include "access/access.h"
#include "access/db.h"
#include "access/spend.h"
#include "api/meetings/meetings_api.h"
#include "live/live.h"
#include "http/ids.h"
#include "meeting/iso_time.h"

#include <stdlib.h>

#define HISTORY_MOST 500

/* ---- as JSON: each a new reference, NULL without memory ---- */

static const char *status_name(const struct meeting *m)
{
    return meeting_status(m) == MEETING_SCHEDULED ? "scheduled" : "active";
}

/* NULL, which leaves it out, unless the meeting is still scheduled. */
static json_t *scheduled_at(const struct meeting *m)
{
    char text[ISO_TIME_CAP];
    if (meeting_status(m) != MEETING_SCHEDULED)
        return NULL;
    iso_time_write(text, meeting_scheduled_at(m));
    return json_string(text);
}

static json_int_t created_ms(const struct meeting *m)
{
    return (json_int_t)(meeting_created_at(m) / MSEC);
}

json_t *show_created(const struct meeting *m, const char *admin_token)
{
    return json_pack("{s:s, s:s, s:o, s:s, s:o*, s:s, s:o}", "meetingId", meeting_id(m), "adminToken", admin_token,
                     "joinUrl", json_sprintf("/join/%s", meeting_id(m)), "title", meeting_title(m), "scheduledAt",
                     scheduled_at(m), "status", status_name(m), "settings", meeting_settings_json(m));
}

static json_t *listed_json(const struct meeting *m)
{
    return json_pack("{s:s, s:s, s:s, s:o*, s:i, s:I}", "meetingId", meeting_id(m), "title", meeting_title(m), "status",
                     status_name(m), "scheduledAt", scheduled_at(m), "participantCount", (int)meeting_n_participants(m),
                     "createdAt", created_ms(m));
}

static json_t *scheduled_json(const struct meeting *m)
{
    return json_pack("{s:s, s:s, s:o*, s:s, s:I}", "meetingId", meeting_id(m), "title", meeting_title(m), "scheduledAt",
                     scheduled_at(m), "status", status_name(m), "createdAt", created_ms(m));
}

static json_t *details_json(const struct meeting *m)
{
    return json_pack("{s:s, s:s, s:s, s:o*, s:I, s:i, s:o, s:o}", "meetingId", meeting_id(m), "title", meeting_title(m),
                     "status", status_name(m), "scheduledAt", scheduled_at(m), "createdAt", created_ms(m),
                     "participantCount", (int)meeting_n_participants(m), "participants", meeting_participants_json(m),
                     "settings", meeting_settings_json(m));
}

/* ---- an account's ---- */

static bool is_listed(const struct who *w, const struct meeting *m, bool scheduled_only)
{
    return !meeting_is_guest(m) && access_owns(w, m) && (!scheduled_only || meeting_status(m) == MEETING_SCHEDULED);
}

/* Active ones first, the newest first; then scheduled ones, the next first. */
static int by_interest(const void *a, const void *b)
{
    const struct meeting *const *x = a, *const *y = b;
    bool x_waits = meeting_status(*x) == MEETING_SCHEDULED, y_waits = meeting_status(*y) == MEETING_SCHEDULED;
    if (x_waits != y_waits)
        return x_waits - y_waits;
    usec_t s = x_waits ? meeting_scheduled_at(*x) : -meeting_created_at(*x);
    usec_t t = x_waits ? meeting_scheduled_at(*y) : -meeting_created_at(*y);
    return (s > t) - (s < t);
}

/* In one block for free(); ERR_NOMEM. */
static enum err own_meetings(struct call *c, bool scheduled_only, const struct meeting ***own, size_t *n)
{
    const struct meetings_api *api = call_part(c);
    const struct who *w = access_who(c);
    const struct meeting *m;
    size_t at = 0, cap = 0;
    while ((m = meetings_next(live_meetings(api->live), &at)))
        cap += is_listed(w, m, scheduled_only);
    const struct meeting **list = calloc(cap ? cap : 1, sizeof(struct meeting *));
    if (!list)
        return ERR_NOMEM;
    at = *n = 0;
    while ((m = meetings_next(live_meetings(api->live), &at)))
        if (is_listed(w, m, scheduled_only))
            list[(*n)++] = m;
    qsort((void *)list, *n, sizeof(struct meeting *), by_interest);
    *own = list;
    return OK;
}

static enum err list_reply(struct call *c, bool scheduled_only)
{
    const struct meeting **own = NULL;
    size_t n = 0;
    if (db_is_loading(c))
        return OK;
    enum err e = own_meetings(c, scheduled_only, &own, &n);
    if (e)
        return e;
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, scheduled_only ? scheduled_json(own[i]) : listed_json(own[i]));
    free((void *)own);
    call_reply_json(c, 200, json_pack("{s:o}", "meetings", list));
    return OK;
}

static enum err meetings_list(struct call *c)
{
    return list_reply(c, false);
}

static enum err scheduled_list(struct call *c)
{
    return list_reply(c, true);
}

static enum err meeting_get(struct call *c)
{
    const struct meeting *m = access_meeting(c);
    if (m && access_owns(access_who(c), m))
        call_reply_json(c, 200, details_json(m));
    else if (m || !db_is_loading(c))
        call_error(c, 404, "Meeting not found");
    return OK;
}

/* ---- that have ended ---- */

/* A whole number of the query; `absent` if it isn't there. False: answered 400. */
static bool query_number(struct call *c, const char *name, int64_t most, int64_t absent, int64_t *value)
{
    const char *text = call_query(c, name);
    *value = text ? number_of(text, 1, most, 0) : absent;
    if (!text || *value)
        return true;
    call_error(c, 400, "%s must be a whole number from 1 to %lld", name, (long long)most);
    return false;
}

static enum err history_list(struct call *c)
{
    const struct who *w = access_who(c);
    int64_t limit = 0, before = 0;
    if (!query_number(c, "limit", HISTORY_MOST, HISTORY_MOST, &limit) ||
        !query_number(c, "before", INT64_MAX, 0, &before))
        return OK;
    return db_reply(c, 200,
                    sql_meeting_history_list(.user_id = w->user_id, .company_id = w->company_id, .most = (int32_t)limit,
                                             .before_id = before));
}

/* ---- ICE servers ---- */

static enum err ice_servers_get(struct call *c)
{
    const struct meetings_api *api = call_part(c);
    if (!spend_credential(c)) {
        spend_refuse(c);
        return OK;
    }
    json_t *servers = live_ice_servers(api->live, "guest");
    call_reply_json(c, 200, servers ? json_pack("{s:o}", "iceServers", servers) : NULL);
    return OK;
}

/* clang-format off */
const struct route show_routes[] = {
    /* method  path                            who may         body     does */
    { "GET",  "/api/meetings",                ACCESS_KEY,     no_body, meetings_list   },
    { "GET",  "/api/meetings/scheduled/list", ACCESS_KEY,     no_body, scheduled_list  },
    { "GET",  "/api/meetings/:meetingId",     ACCESS_KEY,     no_body, meeting_get     },
    { "GET",  "/api/meetings/history",        ACCESS_SESSION, no_body, history_list    },
    { "GET",  "/api/config/ice-servers",      ACCESS_ANYONE,  no_body, ice_servers_get },
    { 0 },
};
/* clang-format on */
