/* passwords_test.c: calls that wait for a hash, with a loop, a pool and an HTTP server without sockets. */
#include "api/accounts/accounts_api.h"
#include "api/accounts/passwords.h"
#include "http/http.h"
#include "loop/loop.h"
#include "offload/work.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const char old_hash[] = /* of "password", with other parameters than today's */
    "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

static void on_verdict(struct call *c, enum err e, const char *made)
{
    call_reply_json(c, 200, json_pack("{s:s,s:s}", "verdict", err_name(e), "made", made));
}

static enum err verify(struct call *c)
{
    enum err e =
        passwords_ask(c, &(struct passwords_task){.given = call_str(c, "given"), .hash = old_hash}, on_verdict);
    call_forget(c, "given");
    assert_string_equal(call_str(c, "given"), "");
    struct bytes body = call_body(c);
    for (size_t i = 0; i < body.len; i++)
        assert_int_equal(body.p[i], 0);
    return e;
}

static enum err make(struct call *c)
{
    if (!passwords_fit(c, "fresh"))
        return OK;
    return passwords_ask(c, &(struct passwords_task){.fresh = call_str(c, "fresh")}, on_verdict);
}

static enum err change(struct call *c)
{
    struct passwords_task task = {.given = call_str(c, "given"), .hash = old_hash, .fresh = call_str(c, "fresh")};
    return passwords_ask(c, &task, on_verdict);
}

static const struct field verify_body[] = {
    {"given", FIELD_CHARS, REQUIRED, 0, 3000, NULL},
    {0},
};
static const struct field make_body[] = {FIELD_PASSWORD_NEW("fresh"), {0}};
static const struct field change_body[] = {FIELD_PASSWORD_GIVEN("given"), FIELD_PASSWORD_NEW("fresh"), {0}};
static const struct route rows[] = {
    {"POST", "/verify", 0, verify_body, verify},
    {"POST", "/make", 0, make_body, make},
    {"POST", "/change", 0, change_body, change},
    {0},
};

struct world {
    struct loop *loop;
    struct http *http;
    struct log log;
    struct accounts_api api;
    struct route_table tables[2];
};

static struct world *world_of(unsigned n_threads, size_t max_waiting)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    assert_int_equal(loop_new(&w->loop), OK);
    struct work_config work = {w->loop, n_threads, max_waiting};
    assert_int_equal(work_new(&work, &w->api.work), OK);
    w->api.log = &w->log;
    w->tables[0] = (struct route_table){rows, &w->api};
    struct http_config http = {.tables = w->tables};
    assert_int_equal(http_new(&http, w->loop, &w->http), OK);
    return w;
}

static void world_end(struct world *w)
{
    work_free(w->api.work);
    http_free(w->http);
    loop_free(w->loop);
    free(w);
}

static void post(struct world *w, const char *target, const char *body, struct http_answer *answer)
{
    struct http_play request = {.method = "POST", .target = target, .body = body};
    http_play(w->http, &request, answer);
}

struct waiter {
    struct loop_timer timer;
    struct loop *loop;
    struct http_answer *answers;
    unsigned n;
};

static void look(void *arg)
{
    struct waiter *w = arg;
    unsigned answered = 0;
    while (answered < w->n && w->answers[answered].status)
        answered++;
    if (answered == w->n)
        loop_stop(w->loop);
    else
        loop_timer_set(w->loop, &w->timer, loop_now(w->loop) + 5 * MSEC);
}

static void wait_for_answers(struct world *w, struct http_answer *answers, unsigned n)
{
    struct waiter waiter = {.loop = w->loop, .answers = answers, .n = n};
    waiter.timer = (struct loop_timer){.fire = look, .arg = &waiter};
    loop_timer_set(w->loop, &waiter.timer, 0);
    loop_run(w->loop);
}

/* The answer of a call that is answered later: its status must be 200. */
static json_t *ask(struct world *w, const char *target, const char *body)
{
    struct http_answer answer;
    post(w, target, body, &answer);
    assert_int_equal(answer.status, 0);
    wait_for_answers(w, &answer, 1);
    assert_int_equal(answer.status, 200);
    json_t *json = json_loads(answer.body, 0, NULL);
    http_answer_reset(&answer);
    return json;
}

static const char *text(const json_t *json, const char *name)
{
    return json_string_value(json_object_get(json, name));
}

static void a_right_password_of_old_parameters_is_hashed_anew(void **state)
{
    (void)state;
    struct world *w = world_of(1, 10);
    json_t *json = ask(w, "/verify", "{\"given\":\"password\"}");
    assert_string_equal(text(json, "verdict"), "ok");
    assert_false(password_needs_rehash(text(json, "made")));
    assert_int_equal(password_verify(text(json, "made"), BYTES_LIT("password")), OK);
    json_decref(json);
    world_end(w);
}

static void a_wrong_password_makes_nothing(void **state)
{
    (void)state;
    struct world *w = world_of(1, 10);
    char long_one[1200] = "{\"given\":\"";
    memset(long_one + strlen(long_one), 'x', 1100);
    strncat(long_one, "\"}", 3);
    const char *const bodies[] = {"{\"given\":\"passwore\"}", "{\"given\":\"\"}", long_one};
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        json_t *json = ask(w, "/verify", bodies[i]);
        assert_string_equal(text(json, "verdict"), "auth");
        assert_string_equal(text(json, "made"), "");
        json_decref(json);
    }
    world_end(w);
}

static void a_new_password_is_hashed_once_the_old_one_was_right(void **state)
{
    (void)state;
    struct world *w = world_of(2, 10);
    json_t *json = ask(w, "/make", "{\"fresh\":\"secret123\"}");
    assert_int_equal(password_verify(text(json, "made"), BYTES_LIT("secret123")), OK);
    json_decref(json);
    json = ask(w, "/change", "{\"given\":\"password\",\"fresh\":\"secret123\"}");
    assert_string_equal(text(json, "verdict"), "ok");
    assert_int_equal(password_verify(text(json, "made"), BYTES_LIT("secret123")), OK);
    json_decref(json);
    json = ask(w, "/change", "{\"given\":\"passwore\",\"fresh\":\"secret123\"}");
    assert_string_equal(text(json, "verdict"), "auth");
    assert_string_equal(text(json, "made"), "");
    json_decref(json);
    world_end(w);
}

static void when_too_many_wait_the_next_is_told_to_come_back(void **state)
{
    (void)state;
    struct world *w = world_of(1, 2);
    struct http_answer answers[6];
    unsigned n[600] = {0};
    for (size_t i = 0; i < ARRAY_LEN(answers); i++)
        post(w, "/make", "{\"fresh\":\"secret123\"}", &answers[i]);
    wait_for_answers(w, answers, ARRAY_LEN(answers));
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        n[answers[i].status]++;
        assert_int_equal(answers[i].status == 503, strstr(answers[i].headers, "Retry-After: ") != NULL);
        http_answer_reset(&answers[i]);
    }
    assert_int_equal(n[200] + n[503], ARRAY_LEN(answers));
    assert_in_range(n[200], 3, 4); /* one may have been done before the last was asked */
    world_end(w);
}

static void calls_that_still_wait_when_we_end_are_dropped_without_a_word(void **state)
{
    (void)state;
    struct world *w = world_of(1, 10);
    struct http_answer answers[3];
    for (size_t i = 0; i < ARRAY_LEN(answers); i++)
        post(w, "/make", "{\"fresh\":\"secret123\"}", &answers[i]);
    world_end(w);
    for (size_t i = 0; i < ARRAY_LEN(answers); i++)
        assert_int_equal(answers[i].status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_password_of_old_parameters_is_hashed_anew),
        cmocka_unit_test(a_wrong_password_makes_nothing),
        cmocka_unit_test(a_new_password_is_hashed_once_the_old_one_was_right),
        cmocka_unit_test(when_too_many_wait_the_next_is_told_to_come_back),
        cmocka_unit_test(calls_that_still_wait_when_we_end_are_dropped_without_a_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
