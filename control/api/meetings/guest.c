#include "api/meetings/guest.h"
#include "app/app.h"
#include "live/keep.h"
#include "common/digest.h"
#include "common/random.h"
#include "common/text.h"

#include <stdio.h>
#include <string.h>

#define ID_TRIES 8 /* of 26^9 ids: one is enough but for a miracle */

const struct field guest_create_body[] = {
    MEETING_TITLE_WISH,
    {.type = FIELD_ROWS, .rows = meeting_settings_fields, .marks = SETTING_BY_GUEST},
    {0},
};

/* "qwerty-abc" */
static void draw_id(char out[MEETING_ID_CAP])
{
    char first[7], second[4];
    random_text(first, 6, RANDOM_LETTERS);
    random_text(second, 3, RANDOM_LETTERS);
    snprintf(out, MEETING_ID_CAP, "%s-%s", first, second);
}

static enum err create(struct app *app, const struct meeting_config *wanted, struct meeting **m)
{
    char id[MEETING_ID_CAP];
    struct meeting_config cfg = *wanted;
    cfg.id = id;
    enum err e = ERR_STATE;
    for (unsigned i = 0; i < ID_TRIES && e == ERR_STATE; i++) {
        draw_id(id);
        e = meetings_ended_lately(app->rt.meetings, id)
                ? ERR_STATE
                : meetings_create(app->rt.meetings, &cfg, realtime_moment(&app->rt), m);
    }
    return e;
}

enum err guest_create(struct call *c)
{
    struct app *app = call_app(c);
    char token[RANDOM_UUID_CAP], token_hash[DIGEST_HEX_CAP], join_url[64];
    const char *title = call_str(c, "title");
    struct meeting_config cfg = {
        .admin_token_hash = token_hash,
        .guest = true,
    };
    struct meeting *m = NULL;
    random_uuid(token);
    sha256_hex_of(token_hash, token);
    fields_load(meeting_settings_fields, SETTING_BY_GUEST, call_json(c), &cfg.settings);
    text_copy(cfg.settings.title, sizeof cfg.settings.title, title ? title : "");
    enum err e = create(app, &cfg, &m);
    if (e == ERR_FULL) {
        call_error(c, 503, "Too many meetings are running; try again later");
        return OK;
    }
    if (e)
        return e;
    realtime_rearm(&app->rt);
    keep_created(&app->rt, 0, m);
    snprintf(join_url, sizeof join_url, "/join/%s", meeting_id(m));
    log_info(&app->log, "meeting_created", "meeting=%s guest=1", meeting_id(m));
    call_reply_json(c, 201,
                    json_pack("{s:s,s:s,s:s,s:s}", "meetingId", meeting_id(m), "adminToken", token, "joinUrl", join_url,
                              "title", meeting_title(m)));
    return OK;
}
