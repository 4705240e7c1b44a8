/* meetings.c: an account's meetings (API documentation §3, 5): made, listed, looked into, ended. */
#include "app/app.h"
#include "access/db.h"
#include "api/meetings/host_action.h"
#include "api/meetings/create.h"
#include "api/meetings/json.h"
#include "app/routes.h"

#include <stdlib.h>

/* Until all are loaded a list would be wrong, and what isn't found may exist. */
static bool is_loading(struct call *c)
{
    const struct app *app = call_app(c);
    if (!app->meetings_loaded)
        db_unavailable(c);
    return !app->meetings_loaded;
}

static bool is_listed(const struct who *w, const struct meeting *m, bool scheduled_only)
{
    return !meeting_is_guest(m) && who_owns(w, m) && (!scheduled_only || meeting_status(m) == MEETING_SCHEDULED);
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
    const struct app *app = call_app(c);
    const struct who *w = call_who(c);
    const struct meeting *m;
    size_t at = 0, cap = 0;
    while ((m = meetings_next(app->rt.meetings, &at)))
        cap += is_listed(w, m, scheduled_only);
    const struct meeting **list = calloc(cap ? cap : 1, sizeof(struct meeting *));
    if (!list)
        return ERR_NOMEM;
    at = *n = 0;
    while ((m = meetings_next(app->rt.meetings, &at)))
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
    if (is_loading(c))
        return OK;
    enum err e = own_meetings(c, scheduled_only, &own, &n);
    if (e)
        return e;
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, scheduled_only ? meeting_scheduled_json(own[i]) : meeting_listed_json(own[i]));
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
    const struct meeting *m = call_meeting(c);
    if (m && who_owns(call_who(c), m))
        call_reply_json(c, 200, meeting_details_json(m));
    else if (m || !is_loading(c))
        call_error(c, 404, "Meeting not found");
    return OK;
}

static enum err meeting_delete(struct call *c)
{
    bool waits = meeting_status(call_meeting(c)) == MEETING_SCHEDULED;
    return host_action(c, "admin:end", NULL, waits ? "Meeting cancelled" : "Meeting ended");
}

/* clang-format off */
const struct route meeting_routes[] = {
    /* method    path                           who may           body                 does            */
    { "POST",   "/api/meetings",                ACCESS_KEY,       meeting_create_body, meeting_create, NULL, 0 },
    { "GET",    "/api/meetings",                ACCESS_KEY,       no_body,             meetings_list,  NULL, 0 },
    { "GET",    "/api/meetings/scheduled/list", ACCESS_KEY,       no_body,             scheduled_list, NULL, 0 },
    { "GET",    "/api/meetings/:meetingId",     ACCESS_KEY,       no_body,             meeting_get,    NULL, 0 },
    { "DELETE", "/api/meetings/:meetingId",     ACCESS_KEY_TOKEN, no_body,             meeting_delete, NULL, 0 },
    { 0 },
};
/* clang-format on */
