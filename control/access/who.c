#include "access/who.h"
#include "app/app.h"
#include "access/db.h"
#include "access/secrets.h"
#include "access/session.h"
#include "access/who_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SESSION_SEEN_EVERY (3600 * SEC)
#define KEY_SEEN_EVERY     (60 * SEC)

enum credential { CREDENTIAL_NONE, CREDENTIAL_SESSION, CREDENTIAL_KEY };

static const struct class
{
    enum limit limit;
    enum credential credential;
    bool admin; /* of the server */
    bool token; /* of the meeting */
} classes[ACCESS_CLASSES] = {
    [ACCESS_ANYONE] = {LIMIT_NONE, CREDENTIAL_NONE, false, false},
    [ACCESS_GUEST_LIMIT] = {LIMIT_GUEST, CREDENTIAL_NONE, false, false},
    [ACCESS_LOGIN] = {LIMIT_LOGIN, CREDENTIAL_NONE, false, false},
    [ACCESS_RESET] = {LIMIT_RESET, CREDENTIAL_NONE, false, false},
    [ACCESS_API] = {LIMIT_API, CREDENTIAL_NONE, false, false},
    [ACCESS_SESSION_FREE] = {LIMIT_NONE, CREDENTIAL_SESSION, false, false},
    [ACCESS_SESSION] = {LIMIT_API, CREDENTIAL_SESSION, false, false},
    [ACCESS_ADMIN] = {LIMIT_NONE, CREDENTIAL_SESSION, true, false},
    [ACCESS_KEY] = {LIMIT_API, CREDENTIAL_KEY, false, false},
    [ACCESS_TOKEN] = {LIMIT_API, CREDENTIAL_NONE, false, true},
    [ACCESS_KEY_TOKEN] = {LIMIT_API, CREDENTIAL_KEY, false, true},
};

/* What the hook keeps with a call. */
struct asker {
    struct who who;    /* user_id 0: not known (yet) */
    uint64_t asked_at; /* who_memory_forgets() then */
};

const struct who *call_who(const struct call *c)
{
    const struct asker *a = call_data(c, CALL_WHO);
    return a && a->who.user_id ? &a->who : NULL;
}

struct meeting *call_meeting(const struct call *c)
{
    const struct app *app = call_app(c);
    const char *id = call_param(c, "meetingId");
    return id ? meetings_find(app->rt.meetings, id) : NULL;
}

bool who_owns(const struct who *w, const struct meeting *m)
{
    return meeting_is_guest(m) || meeting_owner_user(m) == w->user_id ||
           (w->company_id && meeting_owner_company(m) == w->company_id);
}

/* ---- how often ---- */

static void set_number_header(struct call *c, const char *name, unsigned value)
{
    char text[16];
    snprintf(text, sizeof text, "%u", value);
    call_set_header(c, name, text);
}

static enum may within_limit(struct call *c, enum limit limit)
{
    const struct app *app = call_app(c);
    if (limit == LIMIT_NONE || !app->cfg.rate_limits)
        return MAY;
    struct rate_limit_answer a = rate_limit_count(app->limits[limit], loop_now(app->loop), call_ip(c));
    set_number_header(c, "RateLimit-Limit", a.limit);
    set_number_header(c, "RateLimit-Remaining", a.remaining);
    set_number_header(c, "RateLimit-Reset", a.reset_s);
    if (a.allowed)
        return MAY;
    set_number_header(c, "Retry-After", a.reset_s);
    call_error(c, 429, "Too many requests, please try again later");
    return MAY_NOT;
}

/* ---- the meeting ---- */

static enum may token_ok(struct call *c)
{
    const struct app *app = call_app(c);
    const struct meeting *m = call_meeting(c);
    const struct who *w = call_who(c);
    if (!m && !app->meetings_loaded) {
        db_unavailable(c);
        return MAY_NOT;
    }
    if (!m || (w && !who_owns(w, m))) {
        call_error(c, 404, "Meeting not found");
        return MAY_NOT;
    }
    if (meeting_admin_token_ok(m, call_header(c, "x-admin-token")))
        return MAY;
    call_error(c, 403, "Missing or invalid x-admin-token");
    return MAY_NOT;
}

/* Of one that is gone its id tells, as in qwerty-abc: its host, who has the token alone, is told 404 and not 401. */
static bool is_guests_meeting(const struct call *c)
{
    const struct meeting *m = call_meeting(c);
    const char *id = call_param(c, "meetingId");
    return m ? meeting_is_guest(m) : id && strlen(id) == 10 && id[6] == '-';
}

/* ---- the account ---- */

/* Writes down that a key or session is in use, and keeps the cookie of a session for another 30 days. */
static void used(struct call *c, struct who *w)
{
    struct app *app = call_app(c);
    usec_t now = usec_wall();
    if (w->seen_at && now - w->seen_at < (w->key_id ? KEY_SEEN_EVERY : SESSION_SEEN_EVERY))
        return;
    struct sql_query touch = w->key_id ? sql_api_keys_touch(.id = w->key_id, .last_used_at = now)
                                       : sql_sessions_touch(.id_hash = w->secret_hash, .seen_at = now);
    if (store_write(app->store, WQ_MAY_BE_LOST, touch))
        return;
    w->seen_at = now;
    who_memory_seen(app->who, w->secret_hash, now);
    if (w->key_id)
        return;
    char header[SESSION_HEADER_CAP];
    session_header_of(header, call_cookie(c, "sid"), config_is_https(&app->cfg));
    call_set_header(c, "Set-Cookie", header);
}

static enum may known(struct call *c, const struct class *class, struct who *w)
{
    used(c, w);
    if (class->admin && !w->is_admin) {
        call_error(c, 403, "Administrators only");
        return MAY_NOT;
    }
    return class->token ? token_ok(c) : MAY;
}

static enum may unknown(struct call *c, const struct class *class)
{
    call_error(c, 401, class->credential == CREDENTIAL_KEY ? "Missing or invalid x-api-key" : "Not logged in");
    return MAY_NOT;
}

/* A session's row has the same columns as a key's. */
static void who_read(struct who *w, const struct rows *rows)
{
    struct sql_api_keys_find_row r = sql_api_keys_find_row(rows, 0);
    w->user_id = r.user_id;
    w->company_id = r.company_id;
    w->is_company_owner = r.is_company_owner;
    w->is_admin = r.is_admin;
    w->key_id = r.key_id;
    w->seen_at = r.seen_at;
    snprintf(w->email, sizeof w->email, "%s", r.email);
    snprintf(w->account_type, sizeof w->account_type, "%s", r.account_type);
}

/* The secret's name in the database. ERR_AUTH: none, or one that can't be ours. */
static enum err secret_hash_of(struct call *c, const struct class *class, char hash[DIGEST_HEX_CAP])
{
    const struct app *app = call_app(c);
    if (class->credential == CREDENTIAL_SESSION) {
        const char *cookie = call_cookie(c, "sid");
        return cookie ? session_of_cookie(app->cfg.session_secret, cookie, hash) : ERR_AUTH;
    }
    const char *key = call_header(c, "x-api-key");
    if (!key || strlen(key) != API_KEY_LEN || strncmp(key, "mk_", 3) != 0)
        return ERR_AUTH;
    sha256_hex_of(hash, key);
    return OK;
}

static void on_found(struct call *c, const struct rows *rows)
{
    struct app *app = call_app(c);
    const struct class *class = &classes[call_route_auth(c)];
    struct asker *a = call_data(c, CALL_WHO);
    if (!rows_len(rows)) {
        (void)unknown(c, class);
        return;
    }
    who_read(&a->who, rows);
    who_memory_put(app->who, loop_now(app->loop), a->asked_at, &a->who);
    if (known(c, class, &a->who) == MAY)
        call_continue(c);
}

static enum may who_find(struct call *c, const struct class *class)
{
    const struct app *app = call_app(c);
    struct asker *a = calloc(1, sizeof *a);
    call_set_data(c, CALL_WHO, a, free);
    if (!a) {
        call_reply_err(c, ERR_NOMEM);
        return MAY_NOT;
    }
    if (secret_hash_of(c, class, a->who.secret_hash))
        return unknown(c, class);
    const struct who *w = who_memory_find(app->who, loop_now(app->loop), a->who.secret_hash);
    if (w) {
        a->who = *w;
        return known(c, class, &a->who);
    }
    a->asked_at = who_memory_forgets(app->who);
    struct sql_query find = class->credential == CREDENTIAL_KEY ? sql_api_keys_find(.key_hash = a->who.secret_hash)
                                                                : sql_sessions_find(.id_hash = a->who.secret_hash);
    return db_ask(c, find, on_found) ? MAY_NOT : MAY_BE_ASKED;
}

/* ---- other sites ---- */

static bool is_our_origin(const struct call *c, const char *origin)
{
    const struct app *app = call_app(c);
    const char *authority = strstr(origin, "://"), *host = call_header(c, "host"), *url = app->cfg.app_url;
    size_t len = strlen(origin);
    if (authority && host && strcasecmp(authority + 3, host) == 0)
        return true;
    return strncasecmp(url, origin, len) == 0 && (url[len] == '\0' || url[len] == '/');
}

/* ALLOWED_ORIGINS=* lets everybody read what is public; it isn't leave to act with the cookies of others. */
bool who_is_from_elsewhere(const struct call *c)
{
    const struct app *app = call_app(c);
    const char *site = call_header(c, "sec-fetch-site"), *origin = call_header(c, "origin");
    if (site)
        return strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0;
    if (!origin || is_our_origin(c, origin))
        return false;
    const char *allowed = app->cfg.allowed_origins;
    return !allowed || strchr(allowed, '*') || !call_origin_allowed(c);
}

/* A cookie travels with requests that other sites make, and they may not log anybody in. */
static bool is_forged(const struct call *c, const struct class *class)
{
    bool has_cookie =
        class->credential == CREDENTIAL_SESSION || class->limit == LIMIT_LOGIN || class->limit == LIMIT_RESET;
    return has_cookie && strcmp(call_method(c), "GET") != 0 && who_is_from_elsewhere(c);
}

enum may who_may(struct call *c, int access)
{
    const struct class *class = &classes[access];
    if (within_limit(c, class->limit) != MAY)
        return MAY_NOT;
    if (is_forged(c, class)) {
        call_error(c, 403, "This request came from another site");
        return MAY_NOT;
    }
    bool token_alone = class->token && (class->credential == CREDENTIAL_NONE || is_guests_meeting(c));
    if (token_alone)
        return token_ok(c);
    return class->credential == CREDENTIAL_NONE ? MAY : who_find(c, class);
}
