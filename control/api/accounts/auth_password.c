/* auth_password.c: passwords that are forgotten, or changed (API documentation §1). */
#include "access/access.h"
#include "access/db.h"
#include "access/email.h"
#include "access/spend.h"
#include "api/accounts/accounts_api.h"
#include "common/text.h"
#include "mail/mail.h"
#include "store/store.h"
#include "api/accounts/passwords.h"

#include <stdlib.h>
#include <string.h>

#define RESET_TOKEN_MAX 256

static const struct field forgot_body[] = {
    {"email", FIELD_CHARS, REQUIRED, 1, EMAIL_CAP - 1, NULL},
    {0},
};
static const struct field reset_body[] = {
    {"token", FIELD_CHARS, REQUIRED, 1, RESET_TOKEN_MAX, NULL, .is_word = true},
    FIELD_PASSWORD_NEW("password"),
    {0},
};
static const struct field change_body[] = {
    FIELD_PASSWORD_GIVEN("currentPassword"), FIELD_PASSWORD_NEW("newPassword"), {0}};

/* ---- forgotten ---- */

static void on_reset_begun(void *arg, enum err e, const struct rows *rows)
{
    const struct accounts_api *api = arg;
    (void)rows;
    if (e)
        log_warn(api->log, "password_reset_lost", "reason=%s", err_name(e));
    else
        mail_poke(api->mail);
}

/* Answers before it is known whether there is such an account: neither the words nor the time tell. */
static enum err password_forgot(struct call *c)
{
    const struct accounts_api *api = call_part(c);
    char email[EMAIL_CAP], token[TOKEN_CAP], token_hash[DIGEST_HEX_CAP];
    if (email_fold(call_str(c, "email"), email))
        email[0] = '\0'; /* nobody's */
    secret_draw_token(token);
    sha256_hex_of(token_hash, token);
    struct sql_query begin =
        sql_password_resets_insert(.email = email, .token_hash = token_hash, .token = api->sends_mail ? token : NULL);
    bool is_due =
        spend_mail_to(c, email); /* one more letter than a mailbox can bear isn't written, and nobody is told */
    if (is_due && store_ask(api->store, begin, on_reset_begun, call_part(c)))
        db_unavailable(c);
    else
        call_message(c, 200, "If that address has an account, a link to reset its password is on its way");
    explicit_bzero(token, sizeof token);
    return OK;
}

static void token_refuse(struct call *c)
{
    call_error(c, 400, "Invalid or expired reset token");
}

static void on_token(struct call *c, const struct rows *rows)
{
    if (rows_len(rows))
        call_reply_json(c, 200, json_pack("{s:b}", "valid", 1));
    else
        token_refuse(c);
}

static enum err token_find(struct call *c, const char *token, db_then *then)
{
    char hash[DIGEST_HEX_CAP];
    struct bytes bare = text_bare(token);
    sha256_hex(hash, bare.p, bare.len);
    return db_ask(c, sql_password_resets_find(.token_hash = hash), then);
}

static enum err token_check(struct call *c)
{
    const char *token = call_query(c, "token");
    if (token && *token)
        return token_find(c, token, on_token);
    call_error(c, 400, "token is required");
    return OK;
}

/* ---- reset ---- */

struct reset {
    char token_hash[DIGEST_HEX_CAP];
    char password[PASSWORD_MAX_BYTES + 1];
};

static void reset_free(void *data)
{
    explicit_bzero(data, sizeof(struct reset));
    free(data);
}

static void on_reset(struct call *c, const struct rows *rows)
{
    const struct accounts_api *api = call_part(c);
    int64_t user_id = sql_password_resets_use_row(rows, 0).user_id;
    if (!user_id) {
        token_refuse(c);
        return;
    }
    access_forget_user(c, user_id);
    mail_poke(api->mail);
    log_info(api->log, "reset", "user=%lld", (long long)user_id);
    call_message(c, 200, "Password has been reset; log in with the new one");
}

static void on_reset_hashed(struct call *c, enum err e, const char *made)
{
    const struct accounts_api *api = call_part(c);
    const struct reset *r = call_data(c, CALL_STATE);
    (void)e; /* there was nothing to verify */
    (void)db_revoke(
        c, sql_password_resets_use(.token_hash = r->token_hash, .password_hash = made, .notify = api->sends_mail),
        on_reset);
}

/* Only a token that is good now is worth a hash. */
static void on_token_check(struct call *c, const struct rows *rows)
{
    struct reset *r = call_data(c, CALL_STATE);
    if (!rows_len(rows)) {
        token_refuse(c);
        return;
    }
    if (passwords_ask(c, &(struct passwords_task){.fresh = r->password}, on_reset_hashed))
        call_reply_err(c, ERR_NOMEM);
    explicit_bzero(r->password, sizeof r->password);
}

static enum err password_reset(struct call *c)
{
    struct reset *r = calloc(1, sizeof *r);
    if (!r)
        return ERR_NOMEM;
    call_set_data(c, CALL_STATE, r, reset_free);
    if (!passwords_fit(c, "password"))
        return OK;
    sha256_hex_of(r->token_hash, call_str(c, "token"));
    strncpy(r->password, call_str(c, "password"), sizeof r->password - 1);
    enum err e = token_find(c, call_str(c, "token"), on_token_check);
    call_forget(c, "password");
    return e;
}

/* ---- changed ---- */

struct change {
    char given[PASSWORD_MAX_BYTES + 1], fresh[PASSWORD_MAX_BYTES + 1];
    char hash[PASSWORD_HASH_CAP]; /* of the current one */
};

static void change_free(void *data)
{
    explicit_bzero(data, sizeof(struct change));
    free(data);
}

static void change_refuse(struct call *c)
{
    call_error(c, 401, "The current password is wrong");
}

static void on_changed(struct call *c, const struct rows *rows)
{
    const struct accounts_api *api = call_part(c);
    int64_t user_id = access_who(c)->user_id;
    if (!sql_users_change_password_row(rows, 0).is_changed) {
        change_refuse(c);
        return;
    }
    access_forget_user(c, user_id);
    mail_poke(api->mail);
    log_info(api->log, "password_changed", "user=%lld", (long long)user_id);
    call_message(c, 200, "Password changed");
}

static void on_change_verified(struct call *c, enum err e, const char *made)
{
    const struct accounts_api *api = call_part(c);
    const struct who *w = access_who(c);
    const struct change *change = call_data(c, CALL_STATE);
    if (e) {
        change_refuse(c);
        return;
    }
    (void)db_revoke(c,
                    sql_users_change_password(.user_id = w->user_id, .verified_hash = change->hash,
                                              .password_hash = made, .kept_session = w->secret_hash /* this one */,
                                              .notify = api->sends_mail),
                    on_changed);
}

static void on_current(struct call *c, const struct rows *rows)
{
    struct change *change = call_data(c, CALL_STATE);
    const char *hash = sql_users_find_password_row(rows, 0).password_hash;
    strncpy(change->hash, hash ? hash : password_of_nobody, sizeof change->hash - 1);
    struct passwords_task task = {.given = change->given, .hash = change->hash, .fresh = change->fresh};
    if (passwords_ask(c, &task, on_change_verified))
        call_reply_err(c, ERR_NOMEM);
    explicit_bzero(change->given, sizeof change->given);
    explicit_bzero(change->fresh, sizeof change->fresh);
}

static enum err password_change(struct call *c)
{
    struct change *change = calloc(1, sizeof *change);
    if (!change)
        return ERR_NOMEM;
    call_set_data(c, CALL_STATE, change, change_free);
    if (!passwords_fit(c, "currentPassword") || !passwords_fit(c, "newPassword"))
        return OK;
    strncpy(change->given, call_str(c, "currentPassword"), sizeof change->given - 1);
    strncpy(change->fresh, call_str(c, "newPassword"), sizeof change->fresh - 1);
    call_forget(c, "currentPassword");
    call_forget(c, "newPassword");
    if (!spend_guess_of_account(c, access_who(c)->user_id)) {
        spend_refuse(c);
        return OK;
    }
    return db_ask(c, sql_users_find_password(.user_id = access_who(c)->user_id), on_current);
}

/* clang-format off */
const struct route password_routes[] = {
    /* method  path                        who may         body         does */
    { "POST", "/api/auth/forgot-password", ACCESS_RESET,   forgot_body, password_forgot      },
    { "GET",  "/api/auth/reset-password",  ACCESS_API,     no_body,     token_check },
    { "POST", "/api/auth/reset-password",  ACCESS_RESET,   reset_body,  password_reset       },
    { "POST", "/api/auth/change-password", ACCESS_SESSION, change_body, password_change      },
    { 0 },
};
/* clang-format on */
