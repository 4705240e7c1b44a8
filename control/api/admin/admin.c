/* admin.c: what administrators may do besides looking at statistics (resolutions on §15 and §18): see accounts, give
 * credit, set the rate, look at an account whose owner asked for it. */
#include "access/access.h"
#include "access/db.h"
#include "access/email.h"
#include "api/admin/admin_api.h"
#include "http/ids.h"
#include "billing/usd.h"
#include "common/digest.h"
#include "common/random.h"

#include <stdio.h>
#include <string.h>

#define PAGE        50
#define PAGE_MAX    200
#define CREDIT_MAX  USD(1000000)
#define RATE_MAX    USD(1000)
#define DESCRIPTION 200
#define KEY_MAX     255
/* clang-format off */
#define AMOUNT_FIELD { "amountUsd", FIELD_ANY, REQUIRED }
/* clang-format on */

static enum err users_list(struct call *c)
{
    const char *query = call_query(c, "query"), *limit = call_query(c, "limit"), *offset = call_query(c, "offset");
    int64_t n = limit ? number_of(limit, 1, PAGE_MAX, 0) : PAGE;
    int64_t from = offset ? number_of(offset, 0, INT32_MAX, -1) : 0;
    char part[EMAIL_CAP];
    if (!n || from < 0 || (query && email_fold(query, part))) {
        call_error(c, 400, "limit must be a number from 1 to %d, offset a number, and query part of an e-mail address",
                   PAGE_MAX);
        return OK;
    }
    return db_reply(c, 200, sql_users_list(.part = query && *query ? part : NULL, .most = (int32_t)n, .skip = from));
}

/* ---- credit ---- */

static const struct field credit_body[] = {
    {"email", FIELD_CHARS, REQUIRED, 1, EMAIL_CAP - 1, NULL},
    AMOUNT_FIELD,
    {"description", FIELD_CHARS, NULLABLE, 0, DESCRIPTION, NULL},
    {0},
};

struct credit {
    char email[EMAIL_CAP], amount[PARAM_CAP];
};

static void on_credited(struct call *c, const struct rows *rows)
{
    const struct admin_api *api = call_part(c);
    const struct credit *credit = call_data(c, CALL_STATE);
    struct sql_users_credit_row r = sql_users_credit_row(rows, 0);
    if (!r.outcome || strcmp(r.outcome, "unknown") == 0) {
        call_error(c, 404, "User not found");
        return;
    }
    if (strcmp(r.outcome, "other") == 0) {
        call_error(c, 409, "This Idempotency-Key came with another request");
        return;
    }
    log_info(api->log, "credit", "user=%lld amount_usd=%s admin=%lld outcome=%s", (long long)r.user_id, credit->amount,
             (long long)access_who(c)->user_id, r.outcome);
    json_t *message = json_sprintf("Credited $%s to %s", credit->amount, credit->email);
    call_reply_json(c, 201, json_pack("{s:o,s:s?}", "message", message, "balance", r.balance));
}

/* The key's name in the database, and what it stands for: the administrator's own, and this request. False: answered.
 */
static bool key_read(struct call *c, const struct credit *credit, const char *why, char key[DIGEST_HEX_CAP],
                     char request[DIGEST_HEX_CAP])
{
    const char *sent = call_header(c, "idempotency-key");
    char text[EMAIL_CAP + PARAM_CAP + 4 * DESCRIPTION + 8];
    snprintf(text, sizeof text, "%s\n%s\n%s", credit->email, credit->amount, why);
    sha256_hex_of(request, text);
    key[0] = '\0';
    if (!sent)
        return true;
    size_t len = strlen(sent);
    if (!len || len > KEY_MAX) {
        call_error(c, 400, "Idempotency-Key must have 1 to %d characters", KEY_MAX);
        return false;
    }
    snprintf(text, sizeof text, "%lld:%s", (long long)access_who(c)->user_id, sent);
    sha256_hex_of(key, text);
    return true;
}

static enum err user_credit(struct call *c)
{
    struct credit *credit = call_state_new(c, sizeof *credit);
    const char *why = call_str(c, "description");
    char reference[64], uuid[RANDOM_UUID_CAP], key[DIGEST_HEX_CAP], request[DIGEST_HEX_CAP];
    int64_t amount = 0;
    if (!credit)
        return ERR_NOMEM;
    enum err e = usd_of_json(json_object_get(call_json(c), "amountUsd"), &amount);
    if (e || amount <= 0 || amount > CREDIT_MAX) {
        call_error(c, 400, "amountUsd must be an amount above 0 and up to 1000000, with at most 4 decimal places");
        return OK;
    }
    if (email_fold(call_str(c, "email"), credit->email))
        return ERR_NOT_FOUND;
    random_uuid(uuid);
    snprintf(reference, sizeof reference, "admin_credit:%s", uuid);
    struct sql_decimal exact = sql_decimal(amount, 4);
    param_decimal(credit->amount, exact);
    why = why && *why ? why : "Credit by an administrator";
    if (!key_read(c, credit, why, key, request))
        return OK;
    return db_ask(c,
                  sql_users_credit(.key_hash = *key ? key : NULL, .request_hash = request, .email = credit->email,
                                   .amount = exact, .description = why, .reference = reference),
                  on_credited);
}

/* ---- payments that want a look ---- */

static enum err problems_list(struct call *c)
{
    return db_reply(c, 200, sql_payment_problems_list());
}

/* ---- settings ---- */

static const struct field settings_body[] = {
    {"ratePerMinute", FIELD_ANY, REQUIRED},
    {0},
};

static enum err settings_get(struct call *c)
{
    return db_reply(c, 200, sql_settings_list());
}

static void on_set(struct call *c, const struct rows *rows)
{
    (void)rows;
    (void)db_reply(c, 200, sql_settings_list());
}

static enum err settings_put(struct call *c)
{
    const struct admin_api *api = call_part(c);
    int64_t rate = 0;
    enum err e = usd_of_json(json_object_get(call_json(c), "ratePerMinute"), &rate);
    if (e || rate < 0 || rate > RATE_MAX) {
        call_error(c, 400, "ratePerMinute must be an amount from 0 to 1000, with at most 4 decimal places");
        return OK;
    }
    log_info(api->log, "rate_set", "usd_per_10000_minutes=%lld admin=%lld", (long long)rate,
             (long long)access_who(c)->user_id);
    return db_ask(c, sql_settings_set_rate(.rate_per_minute = sql_decimal(rate, 4)), on_set);
}

/* ---- an account whose owner asked for a look ---- */

static const struct field support_redeem_body[] = {
    {"key", FIELD_CHARS, REQUIRED, 1, 256, NULL, .is_word = true},
    {0},
};

static void on_redeemed(struct call *c, const struct rows *rows)
{
    const struct admin_api *api = call_part(c);
    struct sql_support_keys_redeem_row r = sql_support_keys_redeem_row(rows, 0);
    if (!r.user_id || !r.activity) {
        call_error(c, 404, "This support key is unknown, used or expired");
        return;
    }
    log_info(api->log, "support_key_redeemed", "user=%lld admin=%lld", (long long)r.user_id,
             (long long)access_who(c)->user_id);
    call_reply(c, 200, "application/json; charset=utf-8", bytes_str(r.activity));
}

static enum err support_key_redeem(struct call *c)
{
    char hash[DIGEST_HEX_CAP];
    sha256_hex_of(hash, call_str(c, "key"));
    return db_ask(c, sql_support_keys_redeem(.key_hash = hash, .admin_id = access_who(c)->user_id), on_redeemed);
}

/* clang-format off */
const struct route admin_routes[] = {
    /* method  path                             who may       body                 does */
    { "GET",  "/admin/api/users",               ACCESS_ADMIN, no_body,             users_list         },
    { "POST", "/admin/api/users/credit",        ACCESS_ADMIN, credit_body,         user_credit        },
    { "GET",  "/admin/api/payments/problems",   ACCESS_ADMIN, no_body,             problems_list      },
    { "GET",  "/admin/api/settings",            ACCESS_ADMIN, no_body,             settings_get       },
    { "PUT",  "/admin/api/settings",            ACCESS_ADMIN, settings_body,       settings_put       },
    { "POST", "/admin/api/support-key/redeem",  ACCESS_ADMIN, support_redeem_body, support_key_redeem },
    { 0 },
};
/* clang-format on */
