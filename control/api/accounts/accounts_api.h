/* accounts_api.h: the part of the API about accounts: who one is, keys, companies (API documentation §1, 2, 14). */
#pragma once
#include "common/log.h"
#include "http/route.h"

struct live;
struct mail;
struct store;
struct work;

/* What its handlers reach: call_part(). */
struct accounts_api {
    const struct log *log;
    struct store *store;
    struct work *work; /* hashes passwords */
    struct mail *mail;
    struct live *live;
    bool sends_mail; /* or people who forgot their password wait for none */
};

extern const struct route auth_routes[];     /* auth.c: §1 */
extern const struct route password_routes[]; /* auth_password.c: §1 */
extern const struct route key_routes[];      /* keys.c: §2, the support key */
extern const struct route company_routes[];  /* company.c: §14 */
