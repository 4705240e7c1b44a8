/* keys.c: API keys (API documentation §2), and a key for one look at one's account, given by its owner to the support
 * (resolutions on §18; admin.c has where it is redeemed). */
#include "access/access.h"
#include "access/db.h"
#include "api/accounts/accounts_api.h"
#include "http/ids.h"

#include <string.h>

#define KEYS_MAX  5
#define LABEL_MAX 100

static const struct field key_body[] = {
    {"label", FIELD_CHARS, NULLABLE, 0, LABEL_MAX, NULL},
    {0},
};

static enum err keys_list(struct call *c)
{
    return db_reply(c, 200, sql_api_keys_list(.user_id = access_who(c)->user_id));
}

struct key_creation {
    char key[API_KEY_CAP];
};

static void on_created(struct call *c, const struct rows *rows)
{
    const struct accounts_api *api = call_part(c);
    struct key_creation *made = call_data(c, CALL_STATE);
    const char *label = call_str(c, "label");
    if (!rows_len(rows)) {
        call_error(c, 400, "You have %d active API keys already, the most there may be; delete one first", KEYS_MAX);
        return;
    }
    struct sql_api_keys_insert_row r = sql_api_keys_insert_row(rows, 0);
    log_info(api->log, "key_created", "user=%lld key=%lld", (long long)access_who(c)->user_id, (long long)r.id);
    call_reply_json(c, 201,
                    json_pack("{s:I,s:s,s:s?,s:b,s:s}", "id", (json_int_t)r.id, "key", made->key, "label",
                              label && *label ? label : NULL, "is_active", 1, "created_at", r.created_at));
    explicit_bzero(made->key, sizeof made->key);
}

static enum err key_create(struct call *c)
{
    struct key_creation *made = call_state_new(c, sizeof *made);
    char hash[DIGEST_HEX_CAP], shown[SECRET_SHOWN_CAP];
    const char *label = call_str(c, "label");
    if (!made)
        return ERR_NOMEM;
    secret_draw_api_key(made->key);
    sha256_hex_of(hash, made->key);
    secret_shown(shown, made->key);
    return db_ask(c,
                  sql_api_keys_insert(.user_id = access_who(c)->user_id, .key_hash = hash, .shown = shown,
                                      .label = label && *label ? label : NULL, .most = KEYS_MAX),
                  on_created);
}

static void on_deleted(struct call *c, const struct rows *rows)
{
    const struct accounts_api *api = call_part(c);
    if (!rows_len(rows)) {
        call_error(c, 404, "API key not found");
        return;
    }
    access_forget_secret(c, sql_api_keys_delete_row(rows, 0).key_hash);
    log_info(api->log, "key_deleted", "user=%lld key=%s", (long long)access_who(c)->user_id, call_param(c, "id"));
    call_message(c, 200, "API key deleted");
}

static enum err key_delete(struct call *c)
{
    int64_t id = id_of(call_param(c, "id"));
    if (!id) {
        call_error(c, 404, "API key not found");
        return OK;
    }
    return db_revoke(c, sql_api_keys_delete(.id = id, .user_id = access_who(c)->user_id), on_deleted);
}

/* ---- the support key ---- */

struct support_key {
    char key[SUPPORT_KEY_CAP];
};

static void on_support_key(struct call *c, const struct rows *rows)
{
    const struct accounts_api *api = call_part(c);
    struct support_key *made = call_data(c, CALL_STATE);
    log_info(api->log, "support_key_created", "user=%lld", (long long)access_who(c)->user_id);
    call_reply_json(
        c, 201,
        json_pack("{s:s,s:s}", "supportKey", made->key, "expiresAt", sql_support_keys_insert_row(rows, 0).expires_at));
    explicit_bzero(made->key, sizeof made->key);
}

static enum err support_key_create(struct call *c)
{
    struct support_key *made = call_state_new(c, sizeof *made);
    char hash[DIGEST_HEX_CAP];
    if (!made)
        return ERR_NOMEM;
    secret_draw_support_key(made->key);
    sha256_hex_of(hash, made->key);
    return db_ask(c, sql_support_keys_insert(.user_id = access_who(c)->user_id, .key_hash = hash), on_support_key);
}

/* clang-format off */
const struct route key_routes[] = {
    /* method    path                      who may         body      does */
    { "GET",    "/api/user/keys",          ACCESS_SESSION, no_body,  keys_list          },
    { "POST",   "/api/user/keys",          ACCESS_SESSION, key_body, key_create         },
    { "DELETE", "/api/user/keys/:id",      ACCESS_SESSION, no_body,  key_delete         },
    { "POST",   "/api/user/support-key",   ACCESS_SESSION, no_body,  support_key_create },
    { 0 },
};
/* clang-format on */
