/* passwords.c: jobs for threads, and their calls. */
#include "api/accounts/passwords.h"
#include "access/spend.h"
#include "api/accounts/accounts_api.h"
#include "http/http.h"
#include "offload/work.h"
#include "common/random.h"

#include <stdlib.h>
#include <string.h>

struct job {
    struct work_job work;
    const struct log *log;
    struct http *http;
    struct call_id call;
    passwords_then *then;
    struct shares *shares;
    struct holder whose; /* the place is this address's */
    bool has_place;
    bool has_hash, has_fresh;
    enum err result;
    uint8_t salt[PASSWORD_SALT_LEN];
    char hash[PASSWORD_HASH_CAP], made[PASSWORD_HASH_CAP];
    char given[PASSWORD_MAX_BYTES + 1], fresh[PASSWORD_MAX_BYTES + 1];
};

static void job_free(struct job *j)
{
    if (j->has_place && j->shares)
        shares_give(j->shares, SHARE_PASSWORDS, &j->whose, 1);
    explicit_bzero(j, sizeof *j);
    free(j);
}

static void job_run(void *arg)
{
    struct job *j = arg;
    j->result = j->has_hash ? password_verify(j->hash, bytes_str(j->given)) : OK;
    const char *to_hash = j->has_fresh ? j->fresh : j->has_hash && password_needs_rehash(j->hash) ? j->given : NULL;
    if (!j->result && to_hash)
        j->result = password_hash(bytes_str(to_hash), j->salt, j->made);
}

static void overloaded(struct call *c)
{
    call_set_header(c, "Retry-After", "2");
    call_error(c, 503, "Too many people are logging in right now, please try again");
}

static void job_done(void *arg, enum err e)
{
    struct job *j = arg;
    struct call *c = e ? NULL : call_find(j->http, j->call);
    if (c && j->result && j->result != ERR_AUTH) {
        log_error(j->log, "password", "reason=%s", err_name(j->result));
        overloaded(c);
    } else if (c) {
        j->then(c, j->result, j->made);
    }
    job_free(j);
}

static bool copy(char out[PASSWORD_MAX_BYTES + 1], const char *text)
{
    size_t len = strlen(text);
    if (len <= PASSWORD_MAX_BYTES)
        memcpy(out, text, len + 1);
    return len <= PASSWORD_MAX_BYTES;
}

enum err passwords_ask(struct call *c, const struct passwords_task *task, passwords_then *then)
{
    const struct accounts_api *api = call_part(c);
    struct job *j = calloc(1, sizeof *j);
    if (!j)
        return ERR_NOMEM;
    *j = (struct job){.work = {.run = job_run, .done = job_done, .arg = j},
                      .log = api->log,
                      .http = call_http(c),
                      .call = call_defer(c),
                      .then = then,
                      .has_hash = task->hash != NULL,
                      .has_fresh = task->fresh != NULL};
    random_fill(j->salt, sizeof j->salt);
    /* A password that is too long is verified as another, so that its refusal takes as long. */
    if (task->given && !copy(j->given, task->given))
        j->given[0] = '\0';
    bool fits = !task->fresh || copy(j->fresh, task->fresh);
    if (task->hash)
        memcpy(j->hash, task->hash, strnlen(task->hash, sizeof j->hash - 1));
    j->shares = spend_shares(c);
    j->has_place = fits && spend_password_place(c, &j->whose) == OK;
    if (j->has_place && work_put(api->work, &j->work) == OK)
        return OK;
    job_free(j);
    overloaded(c);
    return OK;
}

bool passwords_fit(struct call *c, const char *field)
{
    if (strlen(call_str(c, field)) <= PASSWORD_MAX_BYTES)
        return true;
    call_error(c, 400, "%s must have at most %d bytes", field, PASSWORD_MAX_BYTES);
    return false;
}
