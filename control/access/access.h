/* access.h: who is asking, and who may (API documentation §16; order 401, 404, 403). The hook of http_config: it counts
 * the call against its limit, finds the account behind the credential (in a bounded memory of the last seconds, else in
 * the database) and checks the meeting's admin token, before the body is looked at. Also what handlers do with
 * sessions. A struct access is its server's http_config.gate, so calls lead to it. Loop thread only. */
#pragma once
#include "access/secrets.h"
#include "common/usec.h"
#include "http/route.h"
#include "meeting/meetings.h"

struct access;
struct loop;
struct shares;
struct store;

/* All borrowed for life. */
struct access_config {
    struct loop *loop;
    struct store *store;
    const struct meetings *meetings;
    const char *session_secret, *app_url;
    const char *allowed_origins; /* NULL: none but ours */
    const char *metrics_token;   /* of ACCESS_OPERATOR; NULL: none */
    bool is_https;               /* people reach us by https */
    bool rate_limits;
    struct shares *shares; /* of guesses, mails, credentials (spend.h); NULL: nobody is limited */
};
MUST_CHECK enum err access_new(const struct access_config *cfg, struct access **a);
/* After store_free(): its last answers come here. */
void access_free(struct access *a);
/* The calls are of this server; NULL: it has gone, and whatever is still answered has nobody to hear it. */
void access_serve(struct access *a, struct http *http);

/* ---- the hook ---- */

/* route.auth: what a row asks of the caller. */
enum access_class {
    ACCESS_ANYONE = 0,
    ACCESS_GUEST_LIMIT,  /* anyone, 5 an hour */
    ACCESS_LOGIN,        /* anyone, 10 in 15 minutes: login, register */
    ACCESS_RESET,        /* anyone, 3 in 15 minutes: forgot, reset password */
    ACCESS_API,          /* anyone, 100 in 15 minutes together with all below but ACCESS_ADMIN */
    ACCESS_SESSION_FREE, /* a session cookie; not limited */
    ACCESS_SESSION,      /* a session cookie */
    ACCESS_ADMIN,        /* an administrator's session; not limited */
    ACCESS_KEY,          /* x-api-key */
    ACCESS_TOKEN,        /* x-admin-token of the meeting :meetingId */
    ACCESS_KEY_TOKEN,    /* x-api-key of the meeting's owner or its company, and x-admin-token; for a guest meeting
                            the token alone */
    ACCESS_OPERATOR,     /* the bearer token METRICS_TOKEN (RFC 6750), or a program on this machine; not limited */
    ACCESS_CLASSES,
};
const char *access_class_name(enum access_class class); /* "key-token" */

enum may access_may(struct call *c, int class); /* for http_config.may */

/* A page of another site had this sent (Sec-Fetch-Site, Origin). The hook refuses changes by cookie from there with
 * 403; a row that is open to anyone and changes cookies asks for itself. */
bool access_is_from_elsewhere(const struct call *c);

/* ---- what it found ---- */

struct who {
    int64_t user_id, company_id; /* company_id 0: none */
    int64_t key_id;              /* 0: by session */
    bool is_company_owner, is_admin;
    char email[255], account_type[16];
    char secret_hash[DIGEST_HEX_CAP]; /* of the key or the session's id: its name in the database */
    usec_t seen_at;                   /* wall; the key's or session's last use that was written down; 0: never */
};

/* Behind a class that asks for a credential; NULL behind the others, and for a guest meeting's host without a key. */
const struct who *access_who(const struct call *c);
/* The live meeting :meetingId; NULL: there is none (any more), ask again after each wait. */
struct meeting *access_meeting(const struct call *c);
/* Whether w may act on m: it owns it, or its company does; a guest meeting may be seen by any key. */
bool access_owns(const struct who *w, const struct meeting *m);

/* Forget what was found lately: what is asked next is read from the database. */
void access_forget_user(const struct call *c, int64_t user_id);
void access_forget_secret(const struct call *c, const char *secret_hash);

/* ---- sessions ---- */

/* The name in the database of the session whose cookie the call brings. ERR_AUTH: none of ours. */
MUST_CHECK enum err access_session(struct call *c, char id_hash[DIGEST_HEX_CAP]);
/* Has the answer give this cookie (secrets.h); "" takes it back. */
void access_set_cookie(struct call *c, const char *cookie);
/* A cookie for a new session, and its name in the database. */
void access_draw_session(const struct call *c, char cookie[SESSION_COOKIE_CAP], char id_hash[DIGEST_HEX_CAP]);
