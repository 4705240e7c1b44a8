/* keys.c: API keys (API documentation §2). */
#include "app/app.h"
#include "api/accounts/auth.h"
#include "access/db.h"
#include "http/ids.h"
#include "app/routes.h"
#include "access/secrets.h"
#include "api/accounts/support.h"

#include <string.h>

#define KEYS_MAX  5
#define LABEL_MAX 100

static const struct field key_body[] = {
    {"label", FIELD_CHARS, NULLABLE, 0, LABEL_MAX, NULL},
    {0},
};

static enum err keys_list(struct call *c)
{
    struct sql_args a = {0};
    args_int(&a, call_who(c)->user_id);
    return db_reply(c, 200, SQL_API_KEYS_LIST, &a);
}

struct key_creation {
    char key[API_KEY_CAP];
};

static void on_created(struct call *c, const struct rows *rows)
{
    const struct app *app = call_app(c);
    struct key_creation *made = call_data(c, CALL_STATE);
    const char *label = call_str(c, "label");
    if (!rows_len(rows)) {
        call_error(c, 400, "You have %d active API keys already, the most there may be; delete one first", KEYS_MAX);
        return;
    }
    int64_t id = rows_int(rows, 0, 0, 0);
    log_info(&app->log, "key_created", "user=%lld key=%lld", (long long)call_who(c)->user_id, (long long)id);
    call_reply_json(c, 201,
                    json_pack("{s:I,s:s,s:s?,s:b,s:s}", "id", (json_int_t)id, "key", made->key, "label",
                              label && *label ? label : NULL, "is_active", 1, "created_at", rows_text(rows, 0, 1)));
    explicit_bzero(made->key, sizeof made->key);
}

static enum err key_create(struct call *c)
{
    struct key_creation *made = state_new(c, sizeof *made);
    char hash[DIGEST_HEX_CAP], shown[SECRET_SHOWN_CAP];
    const char *label = call_str(c, "label");
    struct sql_args a = {0};
    if (!made)
        return ERR_NOMEM;
    draw_api_key(made->key);
    sha256_hex_of(hash, made->key);
    secret_shown(shown, made->key);
    args_int(&a, call_who(c)->user_id);
    args_text(&a, hash);
    args_text(&a, shown);
    args_text(&a, label && *label ? label : NULL);
    args_int(&a, KEYS_MAX);
    return db_ask(c, SQL_API_KEYS_INSERT, &a, on_created);
}

static void on_deleted(struct call *c, const struct rows *rows)
{
    struct app *app = call_app(c);
    if (!rows_len(rows)) {
        call_error(c, 404, "API key not found");
        return;
    }
    who_forget_secret(app->who, rows_text(rows, 0, 0));
    log_info(&app->log, "key_deleted", "user=%lld key=%s", (long long)call_who(c)->user_id, call_param(c, "id"));
    call_message(c, 200, "API key deleted");
}

static enum err key_delete(struct call *c)
{
    int64_t id = id_of(call_param(c, "id"));
    struct sql_args a = {0};
    if (!id) {
        call_error(c, 404, "API key not found");
        return OK;
    }
    args_int(&a, id);
    args_int(&a, call_who(c)->user_id);
    return db_revoke(c, SQL_API_KEYS_DELETE, &a, on_deleted);
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
