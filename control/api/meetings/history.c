/* meeting_history.c: the meetings that have ended (API documentation §8). Besides what the document has: ?limit=1…500
 * and ?before=<id>, for those who want to leaf. */
#include "access/db.h"
#include "http/ids.h"
#include "app/routes.h"
#include "access/who.h"

#define LIST_MOST 500

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
    const struct who *w = call_who(c);
    int64_t limit = 0, before = 0;
    if (!query_number(c, "limit", LIST_MOST, LIST_MOST, &limit) || !query_number(c, "before", INT64_MAX, 0, &before))
        return OK;
    return db_reply(c, 200,
                    sql_meeting_history_list(.user_id = w->user_id, .company_id = w->company_id, .most = (int32_t)limit,
                                             .before_id = before));
}

const struct route history_routes[] = {
    {"GET", "/api/meetings/history", ACCESS_SESSION, no_body, history_list, NULL, 0},
    {0},
};
