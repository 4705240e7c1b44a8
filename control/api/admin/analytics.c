/* analytics.c: GET /admin/api/analytics/…: a question, and its row is the answer. */
#include "api/admin/analytics.h"
#include "access/db.h"
#include "app/routes.h"
#include "access/who.h"
#include "common/usec.h"

#include <string.h>

enum err analytics_days(const char *text, int absent, int *days)
{
    int n = 0;
    if (!text) {
        *days = absent;
        return OK;
    }
    if (strlen(text) > 4)
        return ERR_SYNTAX;
    for (const char *p = text; *p; p++) {
        if (*p < '0' || *p > '9')
            return ERR_SYNTAX;
        n = n * 10 + (*p - '0');
    }
    if (n < 1 || n > ANALYTICS_DAYS_MAX)
        return ERR_SYNTAX;
    *days = n;
    return OK;
}

/* False: answered. */
static bool days_of(struct call *c, int absent, int *days)
{
    if (analytics_days(call_query(c, "days"), absent, days) == OK)
        return true;
    call_error(c, 400, "days must be a whole number from 1 to %d", ANALYTICS_DAYS_MAX);
    return false;
}

/* Now, as a number that is cheap to compare with. */
static int32_t hours_now(void)
{
    return (int32_t)(usec_wall() / (3600 * SEC));
}

static enum err features_get(struct call *c)
{
    int days = 0;
    if (!days_of(c, 30, &days))
        return OK;
    return db_reply(c, 200, sql_analytics_features(.days = days, .now_hours = hours_now()));
}

static enum err errors_get(struct call *c)
{
    int days = 0;
    if (!days_of(c, 30, &days))
        return OK;
    return db_reply(c, 200, sql_analytics_errors(.days = days, .now_hours = hours_now()));
}

static enum err peak_hours_get(struct call *c)
{
    int days = 0;
    if (!days_of(c, 90, &days))
        return OK;
    return db_reply(c, 200, sql_analytics_peak_hours(.days = days, .now_hours = hours_now()));
}

static enum err retention_get(struct call *c)
{
    return db_reply(c, 200, sql_analytics_retention());
}

/* clang-format off */
const struct route analytics_routes[] = {
    /* method path                             who may       body     does                page  */
    { "GET", "/admin/api/analytics/features",   ACCESS_ADMIN, no_body, features_get,       NULL, 0 },
    { "GET", "/admin/api/analytics/errors",     ACCESS_ADMIN, no_body, errors_get,         NULL, 0 },
    { "GET", "/admin/api/analytics/realtime",   ACCESS_ADMIN, no_body, analytics_realtime, NULL, 0 },
    { "GET", "/admin/api/analytics/retention",  ACCESS_ADMIN, no_body, retention_get,      NULL, 0 },
    { "GET", "/admin/api/analytics/health",     ACCESS_ADMIN, no_body, analytics_health,   NULL, 0 },
    { "GET", "/admin/api/analytics/peak-hours", ACCESS_ADMIN, no_body, peak_hours_get,     NULL, 0 },
    { 0 },
};
/* clang-format on */
