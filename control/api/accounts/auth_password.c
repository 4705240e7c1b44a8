/* auth_password.c: passwords that are forgotten, or changed (API documentation §1). */
#include "app/app.h"
#include "api/accounts/auth.h"
#include "access/db.h"
#include "access/email.h"
#include "api/accounts/passwords.h"
#include "access/secrets.h"

#include <stdlib.h>
#include <string.h>

#define RESET_TOKEN_MAX 256

const struct field password_forgot_body[] = {
    {"email", FIELD_CHARS, REQUIRED, 1, EMAIL_CAP - 1, NULL},
    {0},
};
const struct field password_reset_body[] = {
    {"token", FIELD_CHARS, REQUIRED, 1, RESET_TOKEN_MAX, NULL},
    FIELD_PASSWORD_NEW("password"),
    {0},
};
const struct field password_change_body[] = {
    FIELD_PASSWORD_GIVEN("currentPassword"), FIELD_PASSWORD_NEW("newPassword"), {0}};

/* ---- forgotten ---- */

static void on_reset_begun(void *arg, enum err e, const struct rows *rows)
{
    const struct app *app = arg;
    (void)rows;
    if (e)
        log_warn(&app->log, "password_reset_lost", "reason=%s", err_name(e));
    else
        mail_poke(app->mail);
}

/* Answers before it is known whether there is such an account: neither the words nor the time tell. */
enum err password_forgot(struct call *c)
{
    struct app *app = call_app(c);
    char email[EMAIL_CAP], token[TOKEN_CAP], token_hash[DIGEST_HEX_CAP];
    if (email_fold(call_str(c, "email"), email))
        email[0] = '\0'; /* nobody's */
    draw_token(token);
    sha256_hex_of(token_hash, token);
    struct sql_query begin = sql_password_resets_insert(.email = email, .token_hash = token_hash,
                                                        .token = app->cfg.resend_api_key ? token : NULL);
    if (store_ask(app->store, begin, on_reset_begun, app))
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
    sha256_hex_of(hash, token);
    return db_ask(c, sql_password_resets_find(.token_hash = hash), then);
}

enum err password_token(struct call *c)
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
    struct app *app = call_app(c);
    int64_t user_id = sql_password_resets_use_row(rows, 0).user_id;
    if (!user_id) {
        token_refuse(c);
        return;
    }
    who_forget_user(app->who, user_id);
    mail_poke(app->mail);
    log_info(&app->log, "password_reset", "user=%lld", (long long)user_id);
    call_message(c, 200, "Password has been reset; log in with the new one");
}

static void on_reset_hashed(struct call *c, enum err e, const char *made)
{
    const struct app *app = call_app(c);
    const struct reset *r = call_data(c, CALL_STATE);
    (void)e; /* there was nothing to verify */
    (void)db_revoke(c,
                    sql_password_resets_use(.token_hash = r->token_hash, .password_hash = made,
                                            .notify = app->cfg.resend_api_key != NULL),
                    on_reset);
}

/* Only a token that is good now is worth a hash. */
static void on_reset_token(struct call *c, const struct rows *rows)
{
    struct reset *r = call_data(c, CALL_STATE);
    if (!rows_len(rows)) {
        token_refuse(c);
        return;
    }
    if (password_ask(c, &(struct password_task){.fresh = r->password}, on_reset_hashed))
        call_reply_err(c, ERR_NOMEM);
    explicit_bzero(r->password, sizeof r->password);
}

enum err password_reset(struct call *c)
{
    struct reset *r = calloc(1, sizeof *r);
    if (!r)
        return ERR_NOMEM;
    call_set_data(c, CALL_STATE, r, reset_free);
    if (!password_fits(c, "password"))
        return OK;
    sha256_hex_of(r->token_hash, call_str(c, "token"));
    strncpy(r->password, call_str(c, "password"), sizeof r->password - 1);
    enum err e = token_find(c, call_str(c, "token"), on_reset_token);
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
    struct app *app = call_app(c);
    int64_t user_id = call_who(c)->user_id;
    if (!sql_users_change_password_row(rows, 0).is_changed) {
        change_refuse(c);
        return;
    }
    who_forget_user(app->who, user_id);
    mail_poke(app->mail);
    log_info(&app->log, "password_changed", "user=%lld", (long long)user_id);
    call_message(c, 200, "Password changed");
}

static void on_change_verified(struct call *c, enum err e, const char *made)
{
    const struct app *app = call_app(c);
    const struct who *w = call_who(c);
    const struct change *change = call_data(c, CALL_STATE);
    if (e) {
        change_refuse(c);
        return;
    }
    (void)db_revoke(c,
                    sql_users_change_password(.user_id = w->user_id, .verified_hash = change->hash,
                                              .password_hash = made, .kept_session = w->secret_hash /* this one */,
                                              .notify = app->cfg.resend_api_key != NULL),
                    on_changed);
}

static void on_current(struct call *c, const struct rows *rows)
{
    struct change *change = call_data(c, CALL_STATE);
    const char *hash = sql_users_find_password_row(rows, 0).password_hash;
    strncpy(change->hash, hash ? hash : password_of_nobody, sizeof change->hash - 1);
    struct password_task task = {.given = change->given, .hash = change->hash, .fresh = change->fresh};
    if (password_ask(c, &task, on_change_verified))
        call_reply_err(c, ERR_NOMEM);
    explicit_bzero(change->given, sizeof change->given);
    explicit_bzero(change->fresh, sizeof change->fresh);
}

enum err password_change(struct call *c)
{
    struct change *change = calloc(1, sizeof *change);
    if (!change)
        return ERR_NOMEM;
    call_set_data(c, CALL_STATE, change, change_free);
    if (!password_fits(c, "currentPassword") || !password_fits(c, "newPassword"))
        return OK;
    strncpy(change->given, call_str(c, "currentPassword"), sizeof change->given - 1);
    strncpy(change->fresh, call_str(c, "newPassword"), sizeof change->fresh - 1);
    call_forget(c, "currentPassword");
    call_forget(c, "newPassword");
    return db_ask(c, sql_users_find_password(.user_id = call_who(c)->user_id), on_current);
}
