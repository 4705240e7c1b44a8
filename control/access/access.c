/* access.c: who may: a table of the classes, and the account, session or meeting that each asks for. */
#include "access/access_priv.h"
#include "access/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SESSION_SEEN_EVERY (3600 * SEC)
#define KEY_SEEN_EVERY     (60 * SEC)

enum credential { CREDENTIAL_NONE, CREDENTIAL_SESSION, CREDENTIAL_KEY, CREDENTIAL_BEARER };

/* clang-format off */
static const struct class {
    const char *name;
    enum limit limit;
    enum credential credential;
    bool admin; /* of the server */
    bool token; /* of the meeting */
} classes[ACCESS_CLASSES] = {
    [ACCESS_ANYONE]       = { "anyone",       LIMIT_NONE,  CREDENTIAL_NONE,    false, false },
    [ACCESS_GUEST_LIMIT]  = { "guest-limit",  LIMIT_GUEST, CREDENTIAL_NONE,    false, false },
    [ACCESS_LOGIN]        = { "login",        LIMIT_LOGIN, CREDENTIAL_NONE,    false, false },
    [ACCESS_RESET]        = { "reset",        LIMIT_RESET, CREDENTIAL_NONE,    false, false },
    [ACCESS_API]          = { "api",          LIMIT_API,   CREDENTIAL_NONE,    false, false },
    [ACCESS_SESSION_FREE] = { "session-free", LIMIT_NONE,  CREDENTIAL_SESSION, false, false },
    [ACCESS_SESSION]      = { "session",      LIMIT_API,   CREDENTIAL_SESSION, false, false },
    [ACCESS_ADMIN]        = { "admin",        LIMIT_NONE,  CREDENTIAL_SESSION, true,  false },
    [ACCESS_KEY]          = { "key",          LIMIT_API,   CREDENTIAL_KEY,     false, false },
    [ACCESS_TOKEN]        = { "token",        LIMIT_API,   CREDENTIAL_NONE,    false, true  },
    [ACCESS_KEY_TOKEN]    = { "key-token",    LIMIT_API,   CREDENTIAL_KEY,     false, true  },
    [ACCESS_OPERATOR]     = { "operator",     LIMIT_NONE,  CREDENTIAL_BEARER,  false, false },
};
/* clang-format on */

const char *access_class_name(enum access_class class)
{
    return classes[class].name;
}

/* ---- its life ---- */

static enum err limits_new(struct access *a)
{
    static const struct rate_limit_config limits[LIMITS] = {
        [LIMIT_GUEST] = {5, 3600 * SEC},
        [LIMIT_LOGIN] = {10, 900 * SEC},
        [LIMIT_RESET] = {3, 900 * SEC},
        [LIMIT_API] = {100, 900 * SEC},
    };
    enum err e = OK;
    for (unsigned i = LIMIT_NONE + 1; i < LIMITS && !e; i++)
        e = rate_limit_new(&limits[i], &a->limits[i]);
    return e;
}

enum err access_new(const struct access_config *cfg, struct access **a)
{
    struct access *made = calloc(1, sizeof *made);
    if (!made)
        return ERR_NOMEM;
    made->cfg = *cfg;
    enum err e = limits_new(made);
    if (!e)
        e = who_memory_new(&made->memory);
    if (e) {
        access_free(made);
        return e;
    }
    *a = made;
    return OK;
}

void access_free(struct access *a)
{
    if (!a)
        return;
    for (unsigned i = 0; i < LIMITS; i++)
        rate_limit_free(a->limits[i]);
    who_memory_free(a->memory);
    free(a);
}

void access_serve(struct access *a, struct http *http)
{
    a->http = http;
}

/* ---- what was found ---- */

/* What the hook keeps with a call. */
struct asker {
    struct who who;    /* user_id 0: not known (yet) */
    uint64_t asked_at; /* who_memory_forgets() then */
};

const struct who *access_who(const struct call *c)
{
    const struct asker *a = call_data(c, CALL_WHO);
    return a && a->who.user_id ? &a->who : NULL;
}

struct meeting *access_meeting(const struct call *c)
{
    const struct access *a = call_gate(c);
    const char *id = call_param(c, "meetingId");
    return id ? meetings_find(a->cfg.meetings, id) : NULL;
}

bool access_owns(const struct who *w, const struct meeting *m)
{
    return meeting_is_guest(m) || meeting_owner_user(m) == w->user_id ||
           (w->company_id && meeting_owner_company(m) == w->company_id);
}

void access_forget_user(const struct call *c, int64_t user_id)
{
    const struct access *a = call_gate(c);
    who_memory_forget_user(a->memory, user_id);
}

void access_forget_secret(const struct call *c, const char *secret_hash)
{
    const struct access *a = call_gate(c);
    who_memory_forget_secret(a->memory, secret_hash);
}

/* ---- sessions ---- */

/* The first of the cookies that is of ours; NULL: none is. */
static const char *session_cookie(struct call *c, char id_hash[DIGEST_HEX_CAP])
{
    const struct access *a = call_gate(c);
    const char *name = secret_cookie_name(a->cfg.is_https), *cookie = NULL;
    while ((cookie = call_next_cookie(c, name, cookie)))
        if (secret_of_cookie(a->cfg.session_secret, cookie, id_hash) == OK)
            return cookie;
    return NULL;
}

enum err access_session(struct call *c, char id_hash[DIGEST_HEX_CAP])
{
    return session_cookie(c, id_hash) ? OK : ERR_AUTH;
}

void access_set_cookie(struct call *c, const char *cookie)
{
    const struct access *a = call_gate(c);
    char header[SESSION_HEADER_CAP];
    secret_cookie_header(header, cookie, a->cfg.is_https);
    call_set_header(c, "Set-Cookie", header);
}

void access_draw_session(const struct call *c, char cookie[SESSION_COOKIE_CAP], char id_hash[DIGEST_HEX_CAP])
{
    const struct access *a = call_gate(c);
    char token[TOKEN_CAP];
    secret_draw_token(token);
    secret_cookie_of(cookie, a->cfg.session_secret, token);
    sha256_hex_of(id_hash, token);
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
    const struct access *a = call_gate(c);
    if (limit == LIMIT_NONE || !a->cfg.rate_limits)
        return MAY;
    struct rate_limit_answer counted = rate_limit_count(a->limits[limit], loop_now(a->cfg.loop), call_ip(c));
    set_number_header(c, "RateLimit-Limit", counted.limit);
    set_number_header(c, "RateLimit-Remaining", counted.remaining);
    set_number_header(c, "RateLimit-Reset", counted.reset_s);
    if (counted.allowed)
        return MAY;
    set_number_header(c, "Retry-After", counted.reset_s);
    call_error(c, 429, "Too many requests, please try again later");
    return MAY_NOT;
}

/* ---- the meeting ---- */

static enum may token_ok(struct call *c)
{
    const struct access *a = call_gate(c);
    const struct meeting *m = access_meeting(c);
    const struct who *w = access_who(c);
    if (!m && meetings_are_loading(a->cfg.meetings)) {
        db_unavailable(c);
        return MAY_NOT;
    }
    if (!m || (w && !access_owns(w, m))) {
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
    const struct meeting *m = access_meeting(c);
    const char *id = call_param(c, "meetingId");
    return m ? meeting_is_guest(m) : id && meeting_id_is_guests(id);
}

/* ---- the account ---- */

/* Writes down that a key or session is in use, and keeps the cookie of a session for another 30 days. */
static void used(struct call *c, struct who *w)
{
    const struct access *a = call_gate(c);
    usec_t now = usec_wall();
    if (w->seen_at && now - w->seen_at < (w->key_id ? KEY_SEEN_EVERY : SESSION_SEEN_EVERY))
        return;
    struct sql_query touch = w->key_id ? sql_api_keys_touch(.id = w->key_id, .last_used_at = now)
                                       : sql_sessions_touch(.id_hash = w->secret_hash, .seen_at = now);
    if (store_write(a->cfg.store, WQ_MAY_BE_LOST, touch))
        return;
    w->seen_at = now;
    who_memory_seen(a->memory, w->secret_hash, now);
    char id_hash[DIGEST_HEX_CAP];
    const char *cookie = w->key_id ? NULL : session_cookie(c, id_hash);
    if (cookie)
        access_set_cookie(c, cookie);
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
    if (class->credential == CREDENTIAL_SESSION)
        return access_session(c, hash);
    const char *key = call_header(c, "x-api-key");
    if (!key || strlen(key) != API_KEY_LEN || strncmp(key, "mk_", 3) != 0)
        return ERR_AUTH;
    sha256_hex_of(hash, key);
    return OK;
}

static void on_found(struct call *c, const struct rows *rows)
{
    const struct access *a = call_gate(c);
    const struct class *class = &classes[call_route_auth(c)];
    struct asker *asker = call_data(c, CALL_WHO);
    if (!rows_len(rows)) {
        (void)unknown(c, class);
        return;
    }
    who_read(&asker->who, rows);
    who_memory_put(a->memory, loop_now(a->cfg.loop), asker->asked_at, &asker->who);
    if (known(c, class, &asker->who) == MAY)
        call_continue(c);
}

static enum may who_find(struct call *c, const struct class *class)
{
    const struct access *a = call_gate(c);
    struct asker *asker = calloc(1, sizeof *asker);
    call_set_data(c, CALL_WHO, asker, free);
    if (!asker) {
        call_reply_err(c, ERR_NOMEM);
        return MAY_NOT;
    }
    if (secret_hash_of(c, class, asker->who.secret_hash))
        return unknown(c, class);
    const struct who *w = who_memory_find(a->memory, loop_now(a->cfg.loop), asker->who.secret_hash);
    if (w) {
        asker->who = *w;
        return known(c, class, &asker->who);
    }
    asker->asked_at = who_memory_forgets(a->memory);
    const char *hash = asker->who.secret_hash;
    struct sql_query find =
        class->credential == CREDENTIAL_KEY ? sql_api_keys_find(.key_hash = hash) : sql_sessions_find(.id_hash = hash);
    return db_ask(c, find, on_found) ? MAY_NOT : MAY_BE_ASKED;
}

/* ---- the operator ---- */

/* Digests are compared, so that not even the token's length shows. */
static enum may bearer_ok(struct call *c)
{
    static const char scheme[] = "Bearer ";
    const struct access *a = call_gate(c);
    const char *token = a->cfg.metrics_token, *said = call_header(c, "authorization");
    char ours[DIGEST_HEX_CAP], theirs[DIGEST_HEX_CAP];
    if (call_is_from_here(c))
        return MAY;
    if (token && said && strncasecmp(said, scheme, sizeof scheme - 1) == 0) {
        sha256_hex_of(ours, token);
        sha256_hex_of(theirs, said + sizeof scheme - 1);
        if (same_secret(ours, theirs, sizeof ours))
            return MAY;
    }
    call_set_header(c, "WWW-Authenticate", "Bearer");
    call_error(c, 401, "Missing or invalid bearer token");
    return MAY_NOT;
}

/* ---- other sites ---- */

static bool is_our_origin(const struct call *c, const char *origin)
{
    const struct access *a = call_gate(c);
    const char *authority = strstr(origin, "://"), *host = call_header(c, "host"), *url = a->cfg.app_url;
    size_t len = strlen(origin);
    if (authority && host && strcasecmp(authority + 3, host) == 0)
        return true;
    return strncasecmp(url, origin, len) == 0 && (url[len] == '\0' || url[len] == '/');
}

/* ALLOWED_ORIGINS=* lets everybody read what is public; it isn't leave to act with the cookies of others. */
bool access_is_from_elsewhere(const struct call *c)
{
    const struct access *a = call_gate(c);
    const char *site = call_header(c, "sec-fetch-site"), *origin = call_header(c, "origin");
    if (site)
        return strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0;
    if (!origin || is_our_origin(c, origin))
        return false;
    const char *allowed = a->cfg.allowed_origins;
    return !allowed || strchr(allowed, '*') || !call_origin_allowed(c);
}

/* A cookie travels with requests that other sites make, and they may not log anybody in. */
static bool is_forged(const struct call *c, const struct class *class)
{
    bool has_cookie =
        class->credential == CREDENTIAL_SESSION || class->limit == LIMIT_LOGIN || class->limit == LIMIT_RESET;
    return has_cookie && strcmp(call_method(c), "GET") != 0 && access_is_from_elsewhere(c);
}

enum may access_may(struct call *c, int asked)
{
    const struct class *class = &classes[asked];
    if (within_limit(c, class->limit) != MAY)
        return MAY_NOT;
    if (is_forged(c, class)) {
        call_error(c, 403, "This request came from another site");
        return MAY_NOT;
    }
    if (class->credential == CREDENTIAL_BEARER)
        return bearer_ok(c);
    bool token_alone = class->token && (class->credential == CREDENTIAL_NONE || is_guests_meeting(c));
    if (token_alone)
        return token_ok(c);
    return class->credential == CREDENTIAL_NONE ? MAY : who_find(c, class);
}
