/* company.c: companies, their members, and who pays (API documentation §14). */
#include "access/access.h"
#include "access/db.h"
#include "access/secrets.h"
#include "api/accounts/accounts_api.h"
#include "http/ids.h"
#include "live/live.h"

#include <string.h>

static const struct field join_body[] = {
    {"inviteCode", FIELD_CHARS, REQUIRED, 1, 64, NULL, .is_word = true},
    {0},
};

/* ---- joining ---- */

static void on_joined(struct call *c, const struct rows *rows)
{
    const struct accounts_api *api = call_part(c);
    struct sql_companies_join_row r = sql_companies_join_row(rows, 0);
    int64_t user_id = access_who(c)->user_id;
    if (!r.outcome || strcmp(r.outcome, "unknown") == 0) {
        call_error(c, 404, "Unknown invite code");
        return;
    }
    if (strcmp(r.outcome, "member") == 0) {
        call_error(c, 409, "You belong to a company already");
        return;
    }
    access_forget_user(c, user_id);
    live_member_joined(api->live, user_id, r.company_id);
    log_info(api->log, "company_joined", "user=%lld company=%lld", (long long)user_id, (long long)r.company_id);
    call_reply_json(c, 200,
                    json_pack("{s:o,s:I,s:s}", "message", json_sprintf("Joined %s", r.name), "companyId",
                              (json_int_t)r.company_id, "companyName", r.name));
}

static enum err company_join(struct call *c)
{
    return db_revoke(c, sql_companies_join(.user_id = access_who(c)->user_id, .invite_code = call_str(c, "inviteCode")),
                     on_joined);
}

/* ---- members, for their owner ---- */

/* False: answered. */
static bool is_owner(struct call *c)
{
    const struct who *w = access_who(c);
    if (!w->company_id)
        call_error(c, 404, "You don't belong to a company");
    else if (!w->is_company_owner)
        call_error(c, 403, "Only the company's owner may do this");
    return w->is_company_owner;
}

static enum err members_list(struct call *c)
{
    if (!is_owner(c))
        return OK;
    return db_reply(c, 200, sql_companies_members(.company_id = access_who(c)->company_id));
}

static void on_removed(struct call *c, const struct rows *rows)
{
    const struct accounts_api *api = call_part(c);
    if (!rows_len(rows)) {
        call_error(c, 404, "Member not found");
        return;
    }
    struct sql_users_leave_company_row r = sql_users_leave_company_row(rows, 0);
    int64_t company_id = access_who(c)->company_id;
    access_forget_user(c, r.user_id);
    live_member_removed(api->live, r.user_id, company_id);
    log_info(api->log, "company_left", "user=%lld company=%lld", (long long)r.user_id, (long long)company_id);
    call_message(c, 200, "Removed %s", r.email);
}

static enum err member_remove(struct call *c)
{
    int64_t id = id_of(call_param(c, "id"));
    const struct who *w = access_who(c);
    char code[INVITE_CODE_CAP];
    if (!is_owner(c))
        return OK;
    if (!id)
        return ERR_NOT_FOUND;
    if (id == w->user_id) {
        call_error(c, 400, "The owner can't be removed from the company");
        return OK;
    }
    secret_draw_invite_code(code);
    return db_revoke(c, sql_users_leave_company(.user_id = id, .company_id = w->company_id, .invite_code = code),
                     on_removed);
}

/* ---- the invite code: whoever was told it may join, until there is another ---- */

static enum err code_get(struct call *c)
{
    return is_owner(c) ? db_reply(c, 200, sql_companies_code(.company_id = access_who(c)->company_id)) : OK;
}

static enum err code_new(struct call *c)
{
    char code[INVITE_CODE_CAP];
    if (!is_owner(c))
        return OK;
    secret_draw_invite_code(code);
    return db_reply(c, 201, sql_companies_set_code(.company_id = access_who(c)->company_id, .invite_code = code));
}

/* clang-format off */
const struct route company_routes[] = {
    /* method    path                       who may         body       does */
    { "POST",   "/api/company/join",        ACCESS_SESSION, join_body, company_join  },
    { "GET",    "/api/company/members",     ACCESS_SESSION, no_body,   members_list  },
    { "DELETE", "/api/company/members/:id", ACCESS_SESSION, no_body,   member_remove },
    { "GET",    "/api/company/invite-code", ACCESS_SESSION, no_body,   code_get      },
    { "POST",   "/api/company/invite-code", ACCESS_SESSION, no_body,   code_new      },
    { 0 },
};
/* clang-format on */
