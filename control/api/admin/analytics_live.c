/* analytics_live.c: what is so right now, from memory: no question to PostgreSQL. */
#include "api/admin/analytics.h"
#include "app/app.h"
#include "app/metrics.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

static json_t *meeting_line(const struct meeting *m, usec_t now)
{
    usec_t lasted = now - meeting_started_at(m);
    return json_pack("{s:s,s:s,s:i,s:I,s:b}", "id", meeting_id(m), "title", meeting_title(m), "participantCount",
                     (int)meeting_n_participants(m), "duration", (json_int_t)(lasted > 0 ? lasted / SEC : 0),
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

enum err analytics_realtime(struct call *c)
{
    const struct app *app = call_app(c);
    const struct meetings *ms = app->rt.meetings;
    struct meetings_counts n = meetings_count(ms);
    json_t *list = active_meetings(ms, usec_wall());
    call_reply_json(c, 200,
                    list ? json_pack("{s:i,s:i,s:i,s:i,s:o}", "activeMeetings", (int)n.active, "totalParticipants",
                                     (int)n.participants, "activeRecordings", (int)n.recordings, "activeScreenShares",
                                     (int)n.screen_shares, "meetingList", list)
                         : NULL);
    return OK;
}

static double megabytes(double bytes)
{
    return bytes / (1024 * 1024);
}

/* Written by hand: as JSON numbers of Jansson's, 95.2 would be 95.200000000000003. */
enum err analytics_health(struct call *c)
{
    const struct app *app = call_app(c);
    struct meetings_counts n = meetings_count(app->rt.meetings);
    struct mallinfo2 heap = mallinfo2();
    struct store_counters db;
    char json[512];
    store_counters(app->store, &db);
    int len = snprintf(json, sizeof json,
                       "{\"uptimeSeconds\":%lld,\"memoryMB\":%.1f,\"heapUsedMB\":%.1f,\"heapTotalMB\":%.1f,"
                       "\"dbPoolTotal\":%u,\"dbPoolIdle\":%u,\"dbPoolWaiting\":%u,"
                       "\"activeMeetings\":%u,\"scheduledMeetings\":%u}",
                       (long long)((usec_monotonic() - app->started_at) / SEC), megabytes(resident_bytes()),
                       megabytes((double)(heap.uordblks + heap.hblkhd)), megabytes((double)(heap.arena + heap.hblkhd)),
                       db.pool_total, db.pool_idle, db.asks_waiting, n.active, n.scheduled);
    call_reply(c, 200, "application/json; charset=utf-8", bytes_of(json, (size_t)len));
    return OK;
}
