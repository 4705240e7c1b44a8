#include "api/meetings/json.h"
#include "meeting/iso_time.h"

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

json_t *meeting_created_json(const struct meeting *m, const char *admin_token)
{
    return json_pack("{s:s, s:s, s:o, s:s, s:o*, s:s, s:o}", "meetingId", meeting_id(m), "adminToken", admin_token,
                     "joinUrl", json_sprintf("/join/%s", meeting_id(m)), "title", meeting_title(m), "scheduledAt",
                     scheduled_at(m), "status", status_name(m), "settings", meeting_settings_json(m));
}

json_t *meeting_listed_json(const struct meeting *m)
{
    return json_pack("{s:s, s:s, s:s, s:o*, s:i, s:I}", "meetingId", meeting_id(m), "title", meeting_title(m), "status",
                     status_name(m), "scheduledAt", scheduled_at(m), "participantCount", (int)meeting_n_participants(m),
                     "createdAt", created_ms(m));
}

json_t *meeting_scheduled_json(const struct meeting *m)
{
    return json_pack("{s:s, s:s, s:o*, s:s, s:I}", "meetingId", meeting_id(m), "title", meeting_title(m), "scheduledAt",
                     scheduled_at(m), "status", status_name(m), "createdAt", created_ms(m));
}

json_t *meeting_details_json(const struct meeting *m)
{
    return json_pack("{s:s, s:s, s:s, s:o*, s:I, s:i, s:o, s:o}", "meetingId", meeting_id(m), "title", meeting_title(m),
                     "status", status_name(m), "scheduledAt", scheduled_at(m), "createdAt", created_ms(m),
                     "participantCount", (int)meeting_n_participants(m), "participants", meeting_participants_json(m),
                     "settings", meeting_settings_json(m));
}
