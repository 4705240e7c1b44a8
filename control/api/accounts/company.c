/* company.c: companies, their members, and who pays (API documentation §14). */
#include "app/app.h"
#include "access/db.h"
#include "http/ids.h"
#include "app/routes.h"

#include <string.h>

static const struct field join_body[] = {
    {"inviteCode", FIELD_CHARS, REQUIRED, 1, 64, NULL},
    {0},
};

/* ---- joining ---- */

static void on_joined(struct call *c, const struct rows *rows)
{
    struct app *app = call_app(c);
    const char *outcome = rows_text(rows, 0, 0), *name = rows_text(rows, 0, 2);
    int64_t user_id = call_who(c)->user_id, company_id = rows_int(rows, 0, 1, 0);
    if (!outcome || strcmp(outcome, "unknown") == 0) {
        call_error(c, 404, "Unknown invite code");
        return;
    }
    if (strcmp(outcome, "member") == 0) {
        call_error(c, 409, "You belong to a company already");
        return;
    }
    who_forget_user(app->who, user_id);
    log_info(&app->log, "company_joined", "user=%lld company=%lld", (long long)user_id, (long long)company_id);
    call_reply_json(c, 200,
                    json_pack("{s:o,s:I,s:s}", "message", json_sprintf("Joined %s", name), "companyId",
                              (json_int_t)company_id, "companyName", name));
}

static enum err company_join(struct call *c)
{
    struct sql_args a = {0};
    args_int(&a, call_who(c)->user_id);
    args_text(&a, call_str(c, "inviteCode"));
    return db_revoke(c, SQL_COMPANIES_JOIN, &a, on_joined);
}

/* ---- members, for their owner ---- */

/* False: answered. */
static bool is_owner(struct call *c)
{
    const struct who *w = call_who(c);
    if (!w->company_id)
        call_error(c, 404, "You don't belong to a company");
    else if (!w->is_company_owner)
        call_error(c, 403, "Only the company's owner may do this");
    return w->is_company_owner;
}

static enum err members_list(struct call *c)
{
    struct sql_args a = {0};
    if (!is_owner(c))
        return OK;
    args_int(&a, call_who(c)->company_id);
    return db_reply(c, 200, SQL_COMPANIES_MEMBERS, &a);
}

static void on_removed(struct call *c, const struct rows *rows)
{
    struct app *app = call_app(c);
    if (!rows_len(rows)) {
        call_error(c, 404, "Member not found");
        return;
    }
    int64_t user_id = rows_int(rows, 0, 0, 0);
    who_forget_user(app->who, user_id);
    log_info(&app->log, "company_left", "user=%lld company=%lld", (long long)user_id,
             (long long)call_who(c)->company_id);
    call_message(c, 200, "Removed %s", rows_text(rows, 0, 1));
}

static enum err member_remove(struct call *c)
{
    int64_t id = id_of(call_param(c, "id"));
    const struct who *w = call_who(c);
    struct sql_args a = {0};
    if (!is_owner(c))
        return OK;
    if (!id)
        return ERR_NOT_FOUND;
    if (id == w->user_id) {
        call_error(c, 400, "The owner can't be removed from the company");
        return OK;
    }
    args_int(&a, id);
    args_int(&a, w->company_id);
    return db_revoke(c, SQL_USERS_LEAVE_COMPANY, &a, on_removed);
}

/* clang-format off */
const struct route company_routes[] = {
    /* method    path                       who may         body       does */
    { "POST",   "/api/company/join",        ACCESS_SESSION, join_body, company_join  },
    { "GET",    "/api/company/members",     ACCESS_SESSION, no_body,   members_list  },
    { "DELETE", "/api/company/members/:id", ACCESS_SESSION, no_body,   member_remove },
    { 0 },
};
/* clang-format on */
