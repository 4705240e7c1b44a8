/* auth.c: accounts and sessions (API documentation §1): register, log in and out, who am I. */
#include "access/access.h"
#include "access/db.h"
#include "access/email.h"
#include "access/spend.h"
#include "api/accounts/accounts_api.h"
#include "mail/mail.h"
#include "store/store.h"
#include "api/accounts/passwords.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define COMPANY_NAME_MAX 200
/* clang-format off */
#define EMAIL_FIELD { "email", FIELD_CHARS, REQUIRED, 1, EMAIL_CAP - 1, NULL }
/* clang-format on */

/* ---- register ---- */

static const struct field register_body[] = {
    EMAIL_FIELD,
    FIELD_PASSWORD_NEW("password"),
    {"accountType", FIELD_CHOICE, OPTIONAL, 1, 16, "personal|company"},
    {"companyName", FIELD_CHARS, NULLABLE, 0, COMPANY_NAME_MAX, NULL},
    {0},
};

struct registration {
    char email[EMAIL_CAP], key[API_KEY_CAP];
    char invite_code[INVITE_CODE_CAP];           /* "": a personal account */
    char company_name[COMPANY_NAME_MAX * 4 + 1]; /* trimmed */
};

static void on_registered(struct call *c, const struct rows *rows)
{
    const struct accounts_api *api = call_part(c);
    struct registration *r = call_data(c, CALL_STATE);
    bool is_company = r->invite_code[0] != '\0';
    int64_t id = sql_users_register_row(rows, 0).user_id;
    if (!id) {
        call_error(c, 409, "This e-mail address is already in use");
        return;
    }
    mail_poke(api->mail);
    log_info(api->log, "account_created", "user=%lld type=%s", (long long)id, is_company ? "company" : "personal");
    json_t *answer =
        json_pack("{s:s,s:s,s:s,s:s*,s:s}", "message", "Account created", "email", r->email, "apiKey", r->key,
                  "inviteCode", is_company ? r->invite_code : NULL, "accountType", is_company ? "company" : "personal");
    call_reply_json(c, 201, answer);
    explicit_bzero(r->key, sizeof r->key);
}

static void on_hashed(struct call *c, enum err e, const char *hash)
{
    const struct accounts_api *api = call_part(c);
    struct registration *r = call_data(c, CALL_STATE);
    char key_hash[DIGEST_HEX_CAP], shown[SECRET_SHOWN_CAP];
    bool is_company = r->invite_code[0] != '\0';
    (void)e; /* there was nothing to verify */
    secret_draw_api_key(r->key);
    sha256_hex_of(key_hash, r->key);
    secret_shown(shown, r->key);
    (void)db_ask(c,
                 sql_users_register(.email = r->email, .password_hash = hash,
                                    .account_type = is_company ? "company" : "personal",
                                    .company_name = is_company ? r->company_name : NULL,
                                    .invite_code = is_company ? r->invite_code : NULL, .key_hash = key_hash,
                                    .key_shown = shown, .notify = api->sends_mail),
                 on_registered);
}

/* Without the white space around it. False: nothing is left, or it has control characters. */
static bool company_name_read(const char *text, char out[COMPANY_NAME_MAX * 4 + 1])
{
    text += strspn(text, " \t\r\n");
    size_t len = strlen(text);
    while (len && isspace((unsigned char)text[len - 1]))
        len--;
    for (size_t i = 0; i < len; i++)
        if (iscntrl((unsigned char)text[i]))
            return false;
    memcpy(out, text, len);
    out[len] = '\0';
    return len > 0;
}

static enum err register_account(struct call *c)
{
    struct registration *r = call_state_new(c, sizeof *r);
    const char *type = call_str(c, "accountType"), *name = call_str(c, "companyName");
    if (!r)
        return ERR_NOMEM;
    if (email_read(call_str(c, "email"), r->email)) {
        call_error(c, 400, "email must be a valid e-mail address");
        return OK;
    }
    if (!passwords_fit(c, "password"))
        return OK;
    if (type && strcmp(type, "company") == 0) {
        if (!company_name_read(name ? name : "", r->company_name)) {
            call_error(c, 400, "companyName is required for a company account, in one line of text");
            return OK;
        }
        secret_draw_invite_code(r->invite_code);
    }
    enum err e = passwords_ask(c, &(struct passwords_task){.fresh = call_str(c, "password")}, on_hashed);
    call_forget(c, "password");
    return e;
}

/* ---- log in ---- */

static const struct field login_body[] = {EMAIL_FIELD, FIELD_PASSWORD_GIVEN("password"), {0}};

struct login {
    char email[EMAIL_CAP];
    char password[PASSWORD_MAX_BYTES + 1];
    int64_t user_id; /* 0: nobody has this address */
    char hash[PASSWORD_HASH_CAP], account_type[16];
    char cookie[SESSION_COOKIE_CAP];
};

static void login_free(void *data)
{
    explicit_bzero(data, sizeof(struct login));
    free(data);
}

static void login_refuse(struct call *c)
{
    call_error(c, 401, "Invalid email or password");
}

static void on_session(struct call *c, const struct rows *rows)
{
    const struct login *l = call_data(c, CALL_STATE);
    if (!sql_sessions_insert_row(rows, 0).has_begun) {
        login_refuse(c);
        return;
    }
    access_set_cookie(c, l->cookie);
    call_reply_json(
        c, 200, json_pack("{s:s,s:s,s:s}", "message", "Logged in", "email", l->email, "accountType", l->account_type));
}

/* The password is right: its hash is made anew if it is of old parameters. */
static void rehash(const struct accounts_api *api, struct login *l, const char *made)
{
    struct sql_query change = sql_users_rehash(.user_id = l->user_id, .password_hash = l->hash, .rehash = made);
    if (store_write(api->store, WQ_MAY_BE_LOST, change))
        log_debug(api->log, "rehash_later", "user=%lld", (long long)l->user_id);
}

static void session_start(struct call *c, struct login *l)
{
    char id_hash[DIGEST_HEX_CAP];
    access_draw_session(c, l->cookie, id_hash);
    (void)db_ask(c, sql_sessions_insert(.id_hash = id_hash, .user_id = l->user_id, .password_hash = l->hash),
                 on_session);
}

static void on_verified(struct call *c, enum err e, const char *made)
{
    const struct accounts_api *api = call_part(c);
    struct login *l = call_data(c, CALL_STATE);
    if (e || !l->user_id) {
        log_info(api->log, "login_refused", "user=%lld", (long long)l->user_id);
        login_refuse(c);
        return;
    }
    session_start(c, l);
    if (*made)
        rehash(api, l, made);
}

static void password_check(struct call *c, struct login *l)
{
    if (passwords_ask(c, &(struct passwords_task){.given = l->password, .hash = l->hash}, on_verified))
        call_reply_err(c, ERR_NOMEM);
    explicit_bzero(l->password, sizeof l->password);
}

/* The mailbox has had its guesses. A browser that is logged in to the account has guesses of its own: whoever spent the
 * others can't lock its owner out. */
static void on_known_browser(struct call *c, const struct rows *rows)
{
    struct login *l = call_data(c, CALL_STATE);
    bool is_theirs = rows_len(rows) /* of the same columns as a key's */ && l->user_id &&
                     sql_api_keys_find_row(rows, 0).user_id == l->user_id;
    if (is_theirs && spend_guess_of_account(c, l->user_id))
        password_check(c, l);
    else
        spend_refuse(c);
}

/* Before it is looked at: guesses at the same moment count too. */
static void guess(struct call *c, struct login *l)
{
    char id_hash[DIGEST_HEX_CAP];
    if (spend_guess_of_mailbox(c, l->email))
        password_check(c, l);
    else if (access_session(c, id_hash) == OK)
        (void)db_ask(c, sql_sessions_find(.id_hash = id_hash), on_known_browser);
    else
        spend_refuse(c);
}

static void on_account(struct call *c, const struct rows *rows)
{
    struct login *l = call_data(c, CALL_STATE);
    struct sql_users_find_login_row r = sql_users_find_login_row(rows, 0);
    l->user_id = r.user_id;
    strncpy(l->hash, r.password_hash ? r.password_hash : password_of_nobody, sizeof l->hash - 1);
    strncpy(l->account_type, r.account_type ? r.account_type : "", sizeof l->account_type - 1);
    guess(c, l);
}

static enum err login(struct call *c)
{
    struct login *l = calloc(1, sizeof *l);
    if (!l)
        return ERR_NOMEM;
    call_set_data(c, CALL_STATE, l, login_free);
    if (email_fold(call_str(c, "email"), l->email))
        l->email[0] = '\0'; /* nobody's */
    strncpy(l->password, call_str(c, "password"), sizeof l->password - 1);
    if (strlen(call_str(c, "password")) > PASSWORD_MAX_BYTES)
        l->password[0] = '\0'; /* nobody's either */
    call_forget(c, "password");
    return db_ask(c, sql_users_find_login(.email = l->email), on_account);
}

/* ---- log out ---- */

static void logged_out(struct call *c)
{
    access_set_cookie(c, "");
    call_message(c, 200, "Logged out");
}

static void on_logged_out(struct call *c, const struct rows *rows)
{
    char id_hash[DIGEST_HEX_CAP];
    (void)rows;
    if (access_session(c, id_hash) == OK)
        access_forget_secret(c, id_hash);
    logged_out(c);
}

/* Whoever asks is logged out afterwards; who wasn't logged in doesn't need to be told. */
static enum err logout(struct call *c)
{
    char id_hash[DIGEST_HEX_CAP];
    if (access_is_from_elsewhere(c)) {
        call_error(c, 403, "This request came from another site");
        return OK;
    }
    if (access_session(c, id_hash)) {
        logged_out(c);
        return OK;
    }
    return db_revoke(c, sql_sessions_delete(.id_hash = id_hash), on_logged_out);
}

static void on_all_logged_out(struct call *c, const struct rows *rows)
{
    (void)rows;
    access_forget_user(c, access_who(c)->user_id);
    logged_out(c);
}

static enum err logout_all(struct call *c)
{
    return db_revoke(c, sql_sessions_delete_all(.user_id = access_who(c)->user_id), on_all_logged_out);
}

static enum err me(struct call *c)
{
    return db_reply(c, 200, sql_users_me(.user_id = access_who(c)->user_id));
}

/* clang-format off */
const struct route auth_routes[] = {
    /* method  path                          who may               body                   does */
    { "POST", "/api/auth/register",          ACCESS_LOGIN,         register_body,         register_account },
    { "POST", "/api/auth/login",             ACCESS_LOGIN,         login_body,            login            },
    { "POST", "/api/auth/logout",            ACCESS_ANYONE,        no_body,               logout           },
    { "POST", "/api/auth/logout-all",        ACCESS_SESSION_FREE,  no_body,               logout_all       },
    { "GET",  "/api/auth/me",                ACCESS_SESSION_FREE,  no_body,               me               },
    { 0 },
};
/* clang-format on */
