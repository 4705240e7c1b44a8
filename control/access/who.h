/* who.h: who is asking, and who may (API documentation §16; order 401, 404, 403). The hook of http_config: it counts
 * the call against its limit, finds the account behind the credential (in a bounded memory of the last seconds, else in
 * the database) and checks the meeting's admin token, before the body is looked at. Loop thread only. */
#pragma once
#include "common/digest.h"
#include "common/usec.h"
#include "http/call.h"
#include "http/route.h"
#include "meeting/meetings.h"

/* route.auth: what a row asks of the caller. */
enum access {
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
    ACCESS_CLASSES,
};

struct who {
    int64_t user_id, company_id; /* company_id 0: none */
    int64_t key_id;              /* 0: by session */
    bool is_company_owner, is_admin;
    char email[255], account_type[16];
    char secret_hash[DIGEST_HEX_CAP]; /* of the key or the session's id: its name in the database */
    usec_t seen_at;                   /* wall; the key's or session's last use that was written down; 0: never */
};

/* Counted by address, each by itself (API documentation §16). */
enum limit { LIMIT_NONE, LIMIT_GUEST, LIMIT_LOGIN, LIMIT_RESET, LIMIT_API, LIMITS };

enum may who_may(struct call *c, int access); /* for http_config.may */

/* A page of another site had this sent (Sec-Fetch-Site, Origin). The hook refuses changes by cookie from there with
 * 403; a row that is open to anyone and changes cookies asks for itself. */
bool who_is_from_elsewhere(const struct call *c);

/* Behind a class that asks for a credential; NULL behind the others, and for a guest meeting's host without a key. */
const struct who *call_who(const struct call *c);
/* The live meeting :meetingId; NULL: there is none (any more), ask again after each wait. */
struct meeting *call_meeting(const struct call *c);
/* Whether w may act on m: it owns it, or its company does; a guest meeting may be seen by any key. */
bool who_owns(const struct who *w, const struct meeting *m);

/* What was found lately, by the SHA-256 of the secret. */
struct who_memory;
MUST_CHECK enum err who_memory_new(struct who_memory **m);
void who_memory_free(struct who_memory *m);
/* Forget at once: what is asked next is read from the database. */
void who_forget_user(struct who_memory *m, int64_t user_id);
void who_forget_secret(struct who_memory *m, const char *secret_hash);
void who_forget_everybody(struct who_memory *m);
