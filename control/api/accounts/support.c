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
    call_reply_json(
        c, 201,
        json_pack("{s:s,s:s}", "supportKey", made->key, "expiresAt", sql_support_keys_insert_row(rows, 0).expires_at));
    explicit_bzero(made->key, sizeof made->key);
}

enum err support_key_create(struct call *c)
{
    struct support_creation *made = state_new(c, sizeof *made);
    char hash[DIGEST_HEX_CAP];
    if (!made)
        return ERR_NOMEM;
    draw_support_key(made->key);
    sha256_hex_of(hash, made->key);
    return db_ask(c, sql_support_keys_insert(.user_id = call_who(c)->user_id, .key_hash = hash), on_created);
}

static void on_redeemed(struct call *c, const struct rows *rows)
{
    const struct app *app = call_app(c);
    struct sql_support_keys_redeem_row r = sql_support_keys_redeem_row(rows, 0);
    if (!r.user_id || !r.activity) {
        call_error(c, 404, "This support key is unknown, used or expired");
        return;
    }
    log_info(&app->log, "support_key_redeemed", "user=%lld admin=%lld", (long long)r.user_id,
             (long long)call_who(c)->user_id);
    call_reply(c, 200, "application/json; charset=utf-8", bytes_str(r.activity));
}

enum err support_key_redeem(struct call *c)
{
    char hash[DIGEST_HEX_CAP];
    sha256_hex_of(hash, call_str(c, "key"));
    return db_ask(c, sql_support_keys_redeem(.key_hash = hash, .admin_id = call_who(c)->user_id), on_redeemed);
}
