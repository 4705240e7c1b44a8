/* create.c: POST /api/meetings (API documentation §3, 5): checks, one statement that looks for credit and keeps the
 * meeting, and then the meeting itself; and POST /api/meetings/guest (§4): meetings that anybody may make, in memory,
 * free, gone when the server restarts. */
#include "access/access.h"
#include "access/db.h"
#include "api/meetings/meetings_api.h"
#include "live/live.h"
#include "api/meetings/show.h"
#include "common/digest.h"
#include "common/random.h"
#include "common/text.h"
#include "meeting/iso_time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIVE_MAX  1000 /* meetings of one user at a time */
#define ID_TRIES  8    /* of 26^9 or 26^10 ids: one is enough but for a miracle */
#define YEAR_MOST (366 * (86400 * SEC))

static const struct field create_body[] = {
    MEETING_TITLE_WISH,
    {"scheduledAt", FIELD_CHARS, NULLABLE, 1, 64},
    {.type = FIELD_ROWS, .rows = meeting_settings_fields, .marks = SETTING_AT_CREATION},
    {0},
};

/* A meeting on its way through the database. Owned by itself: the client may go away meanwhile. */
struct creation {
    const struct meetings_api *api;
    int64_t user_id;
    char id[MEETING_ID_CAP];
    char token[RANDOM_UUID_CAP], token_hash[DIGEST_HEX_CAP];
    struct meeting_settings settings;
    usec_t scheduled_at, created_at;
    unsigned tries;
};

/* ---- what is wished ---- */

/* False: answered 400. */
static bool time_read(struct call *c, usec_t now, usec_t *at)
{
    const char *text = call_str(c, "scheduledAt");
    if (!text)
        return true;
    enum err e = iso_time_read(text, at);
    if (e)
        call_error(c, 400, "scheduledAt must be a time of ISO 8601 with a zone, like 2026-04-01T14:00:00Z");
    else if (*at <= now)
        call_error(c, 400, "scheduledAt must be in the future");
    else if (*at > now + YEAR_MOST)
        call_error(c, 400, "scheduledAt must be in the future, at most one year ahead");
    *at = *at / MSEC * MSEC;
    return !call_answered(c);
}

/* False: answered 400. */
static bool settings_read(struct call *c, struct meeting_settings *s)
{
    const struct meetings_api *api = call_part(c);
    const char *title = call_str(c, "title");
    unsigned cap = api->participants_cap;
    bool is_blank = !title || !title[strspn(title, " \t\r\n")];
    *s = (struct meeting_settings){.max_participants = cap < MEETING_PARTICIPANTS ? cap : MEETING_PARTICIPANTS};
    fields_load(meeting_settings_fields, SETTING_AT_CREATION, call_json(c), s);
    text_copy(s->title, sizeof s->title, is_blank ? MEETING_UNTITLED : title);
    if (s->max_participants > cap)
        call_error(c, 400, "maxParticipants must be at most %u on this server", cap);
    return s->max_participants <= cap;
}

static char *settings_text(const struct meeting_settings *s)
{
    json_t *json = fields_dump(meeting_settings_fields, SETTING_STORED, s);
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    return text;
}

/* ---- into the database ---- */

/* "abc-defg-hij" */
static void draw_id(char out[MEETING_ID_CAP])
{
    char a[4], b[5], d[4];
    random_text(a, 3, RANDOM_LETTERS);
    random_text(b, 4, RANDOM_LETTERS);
    random_text(d, 3, RANDOM_LETTERS);
    snprintf(out, MEETING_ID_CAP, "%s-%s-%s", a, b, d);
}

static void on_created(void *arg, struct call *c, enum err e, const struct rows *rows);

/* An error: 503 is answered. */
static enum err creation_ask(struct call *c, struct creation *n)
{
    char *settings = settings_text(&n->settings);
    if (!settings) {
        db_unavailable(c);
        return ERR_NOMEM;
    }
    draw_id(n->id);
    struct sql_query create =
        sql_meetings_create(.user_id = n->user_id, .meeting_id = n->id, .title = n->settings.title,
                            .admin_token_hash = n->token_hash, .settings = settings, .scheduled_at = n->scheduled_at,
                            .created_at = n->created_at, .most = LIVE_MAX);
    bool asked = db_attempt(c, create, on_created, n);
    free(settings);
    return asked ? OK : ERR_IO;
}

/* ---- and into the world ---- */

static const struct refusal {
    const char *outcome;
    unsigned status;
    const char *message;
} refusals[] = {
    {"credit", 402, "Insufficient credits: add some to start a meeting"},
    {"many", 429, "Too many meetings: one account may have 1000 live ones"},
    {"gone", 401, "Missing or invalid x-api-key"},
    {"taken", 503, "No meeting id was free, please try again"},
};

static void refuse(struct call *c, const char *outcome)
{
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
        if (!strcmp(refusals[i].outcome, outcome))
            call_error(c, refusals[i].status, "%s", refusals[i].message);
}

static void make(const struct creation *n, struct call *c, int64_t company_id)
{
    struct meeting_config cfg = {
        .id = n->id,
        .admin_token_hash = n->token_hash,
        .owner_user = n->user_id,
        .owner_company = company_id,
        .settings = n->settings,
        .scheduled_at = n->scheduled_at,
        .created_at = n->created_at,
        .started_at = n->scheduled_at ? n->scheduled_at : n->created_at,
    };
    struct meeting *m = NULL;
    enum err e = live_create(n->api->live, &cfg, n->user_id, &m);
    if (e) {
        live_take_back(n->api->live, n->id);
        if (e == ERR_FULL)
            call_error(c, 503, "Too many meetings are running; try again later");
        else
            call_reply_err(c, e);
        return;
    }
    log_info(n->api->log, "meeting_created", "meeting=%s user=%lld scheduled=%d", n->id, (long long)n->user_id,
             n->scheduled_at != 0);
    call_reply_json(c, 201, show_created(m, n->token));
}

static void creation_free(struct creation *n)
{
    explicit_bzero(n, sizeof *n);
    free(n);
}

/* A meeting that nobody was told of costs nothing, and isn't wanted. */
static void on_created(void *arg, struct call *c, enum err e, const struct rows *rows)
{
    struct creation *n = arg;
    struct sql_meetings_create_row r = sql_meetings_create_row(rows, 0);
    bool is_made = r.outcome && !strcmp(r.outcome, "created");
    if (c && r.outcome && !strcmp(r.outcome, "taken") && ++n->tries < ID_TRIES) {
        if (creation_ask(c, n))
            creation_free(n);
        return;
    }
    if (e || !r.outcome || (is_made && !c))
        live_take_back(n->api->live, n->id);
    if (c && (e || !r.outcome))
        db_unavailable(c);
    else if (c && is_made)
        make(n, c, r.company_id);
    else if (c)
        refuse(c, r.outcome);
    creation_free(n);
}

static enum err create(struct call *c)
{
    const struct meetings_api *api = call_part(c);
    struct creation wished = {.api = api, .user_id = access_who(c)->user_id, .created_at = usec_wall()};
    if (!time_read(c, wished.created_at, &wished.scheduled_at) || !settings_read(c, &wished.settings))
        return OK;
    if (db_is_loading(c))
        return OK;
    random_uuid(wished.token);
    sha256_hex_of(wished.token_hash, wished.token);
    struct creation *n = malloc(sizeof *n);
    if (!n)
        return ERR_NOMEM;
    *n = wished;
    if (creation_ask(c, n))
        creation_free(n);
    return OK;
}

/* ---- guests ---- */

static const struct field guest_body[] = {
    MEETING_TITLE_WISH,
    {.type = FIELD_ROWS, .rows = meeting_settings_fields, .marks = SETTING_BY_GUEST},
    {0},
};

/* "qwerty-abc" */
static void draw_guest_id(char out[MEETING_ID_CAP])
{
    char first[7], second[4];
    random_text(first, 6, RANDOM_LETTERS);
    random_text(second, 3, RANDOM_LETTERS);
    snprintf(out, MEETING_ID_CAP, "%s-%s", first, second);
}

static enum err guest_make(struct live *live, const struct meeting_config *wanted, struct meeting **m)
{
    char id[MEETING_ID_CAP];
    struct meeting_config cfg = *wanted;
    cfg.id = id;
    enum err e = ERR_STATE;
    for (unsigned i = 0; i < ID_TRIES && e == ERR_STATE; i++) {
        draw_guest_id(id);
        e = meetings_ended_lately(live_meetings(live), id) ? ERR_STATE : live_create(live, &cfg, 0, m);
    }
    return e;
}

static enum err guest_create(struct call *c)
{
    const struct meetings_api *api = call_part(c);
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
    enum err e = guest_make(api->live, &cfg, &m);
    if (e == ERR_FULL) {
        call_error(c, 503, "Too many meetings are running; try again later");
        return OK;
    }
    if (e)
        return e;
    snprintf(join_url, sizeof join_url, "/join/%s", meeting_id(m));
    log_info(api->log, "meeting_created", "meeting=%s guest=1", meeting_id(m));
    call_reply_json(c, 201,
                    json_pack("{s:s,s:s,s:s,s:s}", "meetingId", meeting_id(m), "adminToken", token, "joinUrl", join_url,
                              "title", meeting_title(m)));
    return OK;
}

/* clang-format off */
const struct route create_routes[] = {
    /* method  path                   who may             body         does */
    { "POST", "/api/meetings",       ACCESS_KEY,         create_body, create       },
    { "POST", "/api/meetings/guest", ACCESS_GUEST_LIMIT, guest_body,  guest_create },
    { 0 },
};
/* clang-format on */
