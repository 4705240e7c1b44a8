/* analytics.c: GET /admin/api/analytics/…: a question, and its row is the answer; or what is so now, from memory. */
#include "api/admin/admin_api.h"
#include "meeting/meetings.h"
#include "store/store.h"
#include "access/access.h"
#include "access/db.h"
#include "common/usec.h"
#include "http/forwarding.h"
#include "http/http.h"
#include "http/ids.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum err analytics_days(const char *text, int absent, int *days)
{
    if (!text) {
        *days = absent;
        return OK;
    }
    int n = strlen(text) <= 4 ? (int)number_of(text, 1, ANALYTICS_DAYS_MAX, 0) : 0;
    if (!n)
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

/* ---- right now ---- */

static json_t *meeting_line(const struct meeting *m, usec_t now)
{
    return json_pack("{s:s,s:s,s:i,s:I,s:b}", "id", meeting_id(m), "title", meeting_title(m), "participantCount",
                     (int)meeting_n_participants(m), "duration", (json_int_t)(meeting_lasted(m, now) / SEC),
                     "isRecording", meeting_is_recording(m));
}

static json_t *active_meetings(const struct meetings *ms, usec_t now)
{
    size_t at = 0;
    json_t *list = json_array();
    for (const struct meeting *m; (m = meetings_next(ms, &at));)
        if (meeting_status(m) == MEETING_ACTIVE && json_array_append_new(list, meeting_line(m, now))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static enum err realtime_get(struct call *c)
{
    const struct admin_api *api = call_part(c);
    const struct meetings *ms = api->meetings;
    struct meetings_counts n = meetings_count(ms);
    json_t *list = active_meetings(ms, usec_monotonic());
    call_reply_json(c, 200,
                    list ? json_pack("{s:i,s:i,s:i,s:i,s:o}", "activeMeetings", (int)n.active, "totalParticipants",
                                     (int)n.participants, "activeRecordings", (int)n.recordings, "activeScreenShares",
                                     (int)n.screen_shares, "meetingList", list)
                         : NULL);
    return OK;
}

double analytics_resident_bytes(void)
{
    long pages = 0, resident = 0;
    FILE *statm = fopen("/proc/self/statm", "re");
    if (!statm)
        return 0;
    if (fscanf(statm, "%ld %ld", &pages, &resident) != 2) // NOLINT(cert-err34-c): the kernel's own numbers
        resident = 0;
    fclose(statm);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static double megabytes(double bytes)
{
    return bytes / (1024 * 1024);
}

/* What the operator should set, as the end of the answer's JSON: ,"warnings":["…"]; "" without any. */
static void warnings_write(const struct call *c, char *out, size_t cap)
{
    const struct forwarding_strangers *s = http_strangers(call_http(c));
    out[0] = '\0';
    if (s->n)
        snprintf(out, cap,
                 ",\"warnings\":[\"%llu requests came with %s from %s, which TRUSTED_PROXIES doesn't name: if that is "
                 "your proxy, set it, or all who come that way count as one address.\"]",
                 (unsigned long long)s->n, s->header, s->from);
}

/* Written by hand: as JSON numbers of Jansson's, 95.2 would be 95.200000000000003. */
static enum err health_get(struct call *c)
{
    const struct admin_api *api = call_part(c);
    struct meetings_counts n = meetings_count(api->meetings);
    struct mallinfo2 heap = mallinfo2();
    struct store_counters db;
    char json[1024], warnings[512];
    store_counters(api->store, &db);
    warnings_write(c, warnings, sizeof warnings);
    int len = snprintf(json, sizeof json,
                       "{\"uptimeSeconds\":%lld,\"memoryMB\":%.1f,\"heapUsedMB\":%.1f,\"heapTotalMB\":%.1f,"
                       "\"dbPoolTotal\":%u,\"dbPoolIdle\":%u,\"dbPoolWaiting\":%u,"
                       "\"activeMeetings\":%u,\"scheduledMeetings\":%u%s}",
                       (long long)((usec_monotonic() - api->started_at) / SEC), megabytes(analytics_resident_bytes()),
                       megabytes((double)(heap.uordblks + heap.hblkhd)), megabytes((double)(heap.arena + heap.hblkhd)),
                       db.pool_total, db.pool_idle, db.asks_waiting, n.active, n.scheduled, warnings);
    call_reply(c, 200, "application/json; charset=utf-8", bytes_of(json, (size_t)len));
    return OK;
}

/* clang-format off */
const struct route analytics_routes[] = {
    /* method path                             who may       body     does                page  */
    { "GET", "/admin/api/analytics/features",   ACCESS_ADMIN, no_body, features_get,       NULL, 0 },
    { "GET", "/admin/api/analytics/errors",     ACCESS_ADMIN, no_body, errors_get,         NULL, 0 },
    { "GET", "/admin/api/analytics/realtime",   ACCESS_ADMIN, no_body, realtime_get,       NULL, 0 },
    { "GET", "/admin/api/analytics/retention",  ACCESS_ADMIN, no_body, retention_get,      NULL, 0 },
    { "GET", "/admin/api/analytics/health",     ACCESS_ADMIN, no_body, health_get,         NULL, 0 },
    { "GET", "/admin/api/analytics/peak-hours", ACCESS_ADMIN, no_body, peak_hours_get,     NULL, 0 },
    { 0 },
};
/* clang-format on */
