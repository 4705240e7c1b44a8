#include "api/accounts/support.h"
#include "app/app.h"
#include "api/accounts/auth.h"
#include "access/db.h"
#include "access/secrets.h"

#include <string.h>

const struct field support_redeem_body[] = {
    {"key", FIELD_CHARS, REQUIRED, 1, 256, NULL},
    {0},
};

struct support_creation {
    char key[SUPPORT_KEY_CAP];
};

static void on_created(struct call *c, const struct rows *rows)
{
    const struct app *app = call_app(c);
    struct support_creation *made = call_data(c, CALL_STATE);
    log_info(&app->log, "support_key_created", "user=%lld", (long long)call_who(c)->user_id);
    call_reply_json(c, 201, json_pack("{s:s,s:s}", "supportKey", made->key, "expiresAt", rows_text(rows, 0, 0)));
    explicit_bzero(made->key, sizeof made->key);
}

enum err support_key_create(struct call *c)
{
    struct support_creation *made = state_new(c, sizeof *made);
    char hash[DIGEST_HEX_CAP];
    struct sql_args a = {0};
    if (!made)
        return ERR_NOMEM;
    draw_support_key(made->key);
    sha256_hex_of(hash, made->key);
    args_int(&a, call_who(c)->user_id);
    args_text(&a, hash);
    return db_ask(c, SQL_SUPPORT_KEYS_INSERT, &a, on_created);
}

static void on_redeemed(struct call *c, const struct rows *rows)
{
    const struct app *app = call_app(c);
    int64_t user_id = rows_int(rows, 0, 0, 0);
    const char *activity = rows_text(rows, 0, 1);
    if (!user_id || !activity) {
        call_error(c, 404, "This support key is unknown, used or expired");
        return;
    }
    log_info(&app->log, "support_key_redeemed", "user=%lld admin=%lld", (long long)user_id,
             (long long)call_who(c)->user_id);
    call_reply(c, 200, "application/json; charset=utf-8", bytes_str(activity));
}

enum err support_key_redeem(struct call *c)
{
    char hash[DIGEST_HEX_CAP];
    struct sql_args a = {0};
    sha256_hex_of(hash, call_str(c, "key"));
    args_text(&a, hash);
    args_int(&a, call_who(c)->user_id);
    return db_ask(c, SQL_SUPPORT_KEYS_REDEEM, &a, on_redeemed);
}
