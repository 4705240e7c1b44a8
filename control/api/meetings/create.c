#include "api/meetings/create.h"
#include "app/app.h"
#include "access/db.h"
#include "api/meetings/json.h"
#include "live/keep.h"
#include "common/random.h"
#include "common/text.h"
#include "meeting/iso_time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIVE_MAX  1000 /* meetings of one user at a time */
#define ID_TRIES  8    /* of 26^10 ids: one is enough but for a miracle */
#define YEAR_MOST (366 * (86400 * SEC))
#define UNTITLED  "Untitled Meeting"

const struct field meeting_create_body[] = {
    MEETING_TITLE_WISH,
    {"scheduledAt", FIELD_CHARS, NULLABLE, 1, 64},
    {.type = FIELD_ROWS, .rows = meeting_settings_fields, .marks = SETTING_AT_CREATION},
    {0},
};

/* A meeting on its way through the database. Owned by itself: the client may go away meanwhile. */
struct creation {
    struct app *app;
    struct call_id call;
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
    const struct app *app = call_app(c);
    const char *title = call_str(c, "title");
    long long cap = app->cfg.participants_cap;
    bool is_blank = !title || !title[strspn(title, " \t\r\n")];
    *s = (struct meeting_settings){.max_participants = (unsigned)(cap < 50 ? cap : 50)};
    fields_load(meeting_settings_fields, SETTING_AT_CREATION, call_json(c), s);
    text_copy(s->title, sizeof s->title, is_blank ? UNTITLED : title);
    if (s->max_participants > cap)
        call_error(c, 400, "maxParticipants must be at most %lld on this server", cap);
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

static void on_created(void *arg, enum err e, const struct rows *rows);

static enum err creation_ask(struct creation *n)
{
    char *settings = settings_text(&n->settings);
    if (!settings)
        return ERR_NOMEM;
    draw_id(n->id);
    struct sql_query create =
        sql_meetings_create(.user_id = n->user_id, .meeting_id = n->id, .title = n->settings.title,
                            .admin_token_hash = n->token_hash, .settings = settings, .scheduled_at = n->scheduled_at,
                            .created_at = n->created_at, .most = LIVE_MAX);
    enum err e = store_ask(n->app->store, create, on_created, n);
    free(settings);
    return e;
}

/* The row may be there, or may yet be: a meeting that nobody was told of costs nothing, and isn't wanted. */
static void take_back(struct creation *n)
{
    enum err e = store_write(n->app->store, WQ_MUST_NOT_BE_LOST, sql_meetings_delete(.meeting_id = n->id));
    log_info(&n->app->log, "meeting_taken_back", "meeting=%s result=%s", n->id, err_name(e));
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
    for (size_t i = 0; c && i < ARRAY_LEN(refusals); i++)
        if (!strcmp(refusals[i].outcome, outcome))
            call_error(c, refusals[i].status, "%s", refusals[i].message);
}

static void make(struct creation *n, struct call *c, int64_t company_id)
{
    struct realtime *rt = &n->app->rt;
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
    enum err e = c ? meetings_create(rt->meetings, &cfg, realtime_moment(rt), &m) : ERR_IO;
    if (e) {
        take_back(n);
        if (c && e == ERR_FULL)
            call_error(c, 503, "Too many meetings are running; try again later");
        else if (c)
            call_reply_err(c, e);
        return;
    }
    realtime_rearm(rt);
    keep_created(rt, n->user_id, m);
    log_info(&n->app->log, "meeting_created", "meeting=%s user=%lld scheduled=%d", n->id, (long long)n->user_id,
             n->scheduled_at != 0);
    call_reply_json(c, 201, meeting_created_json(m, n->token));
}

static void on_created(void *arg, enum err e, const struct rows *rows)
{
    struct creation *n = arg;
    struct call *c = n->app->http ? call_find(n->app->http, n->call) : NULL;
    struct sql_meetings_create_row r = sql_meetings_create_row(rows, 0);
    bool taken = r.outcome && !strcmp(r.outcome, "taken");
    if (taken && ++n->tries < ID_TRIES && creation_ask(n) == OK)
        return;
    if (e || !r.outcome) {
        take_back(n);
        if (c)
            db_unavailable(c);
    } else if (!strcmp(r.outcome, "created")) {
        make(n, c, r.company_id);
    } else {
        refuse(c, r.outcome);
    }
    explicit_bzero(n, sizeof *n);
    free(n);
}

enum err meeting_create(struct call *c)
{
    struct app *app = call_app(c);
    struct creation wished = {.app = app, .user_id = call_who(c)->user_id, .created_at = usec_wall()};
    if (!time_read(c, wished.created_at, &wished.scheduled_at) || !settings_read(c, &wished.settings))
        return OK;
    if (!app->meetings_loaded) {
        db_unavailable(c);
        return OK;
    }
    random_uuid(wished.token);
    sha256_hex_of(wished.token_hash, wished.token);
    struct creation *n = malloc(sizeof *n);
    if (!n)
        return ERR_NOMEM;
    *n = wished;
    n->call = call_defer(c);
    if (creation_ask(n)) {
        free(n);
        db_unavailable(c);
    }
    return OK;
}
