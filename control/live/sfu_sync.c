/* sfu_sync.c: after the SFU came (back), or we did: rooms and people that it has and we don't are ended there. What we
 * have and it doesn't, the meetings bring back themselves when they hear MEETING_SFU_UP and MEETING_SFU_HAS. */
#include "app/app.h"

#include <string.h>

void sfu_sync_ask(struct app *app)
{
    if (!app->meetings_loaded)
        return; /* load.c asks when we know which are ours */
    enum err e = sfuclient_request(app->sfu, "state.dump", NULL, &(struct sfu_tag){.kind = SFU_KIND_SYNC});
    if (e)
        log_warn(&app->log, "sfu_not_asked", "op=state.dump reason=%s", err_name(e));
}

static void tell_sfu(struct app *app, const char *op, const char *room, const char *participant)
{
    json_t *fields = json_pack("{s:s,s:s*}", "room", room, "participant", participant);
    char safe[LOG_SAFE_CAP];
    enum err e =
        fields ? sfuclient_request(app->sfu, op, fields, &(struct sfu_tag){.kind = SFU_KIND_PLAIN}) : ERR_NOMEM;
    log_info(&app->log, "sfu_cleanup", "op=%s room=%s result=%s", op, log_safe(safe, room), err_name(e));
    json_decref(fields);
}

static void sync_room(struct app *app, const char *room, const json_t *participants)
{
    const struct meeting *m = meetings_find(app->rt.meetings, room);
    if (!m) {
        tell_sfu(app, "room.close", room, NULL);
        return;
    }
    for (size_t i = 0; i < json_array_size(participants); i++) {
        const char *name = json_string_value(json_object_get(json_array_get(participants, i), "participant"));
        if (name && !meeting_has_participant(m, name))
            tell_sfu(app, "participant.leave", room, name);
    }
}

void sfu_sync_answer(struct app *app, const json_t *dump)
{
    const json_t *rooms = json_object_get(dump, "rooms");
    json_t *by_room = json_object();
    for (size_t i = 0; i < json_array_size(rooms); i++) {
        const json_t *room = json_array_get(rooms, i);
        const char *name = json_string_value(json_object_get(room, "room"));
        json_t *participants = json_object_get(room, "participants");
        if (!name)
            continue;
        sync_room(app, name, participants);
        json_object_set(by_room, name, participants);
    }
    realtime_sfu_has(&app->rt, by_room);
    json_decref(by_room);
}
