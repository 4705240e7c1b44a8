/* router_test.c: dispatch, auth hook, bodies and answers through http_play(), as handlers' own tests use it. */
#include "http/http.h"
#include "loop/loop.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

enum { NEEDS_KEY = 1, NEEDS_LOOKUP = 2 };

static struct call_id waiting;
static unsigned released;
static struct loop *loop_of_all;

static enum may may(struct call *c, int auth)
{
    if (auth == NEEDS_LOOKUP) {
        waiting = call_defer(c);
        return MAY_BE_ASKED;
    }
    if (call_header(c, "X-API-Key"))
        return MAY;
    call_error(c, 401, "Missing x-api-key");
    return MAY_NOT;
}

static void on_release(void *data)
{
    released += *(unsigned *)data;
}

static enum err literal(struct call *c)
{
    static unsigned one = 1;
    call_set_data(c, CALL_STATE, &one, on_release);
    call_set_header(c, "Set-Cookie", "sid=1");
    call_set_header(c, "X-Bad", "a\r\nInjected: yes");
    call_message(c, 200, "literal");
    call_error(c, 500, "the first answer counts");
    return OK;
}

static enum err by_id(struct call *c)
{
    call_message(c, 200, "id=%s", call_param(c, "id"));
    return OK;
}

static enum err create(struct call *c)
{
    call_reply_json(c, 201,
                    json_pack("{s:s, s:I, s:b}", "title", call_str(c, "title") ? call_str(c, "title") : "-", "max",
                              (json_int_t)field_int(call_json(c), "max", 7), "lock",
                              field_bool(call_json(c), "lock", 1)));
    return OK;
}

static enum err forgets(struct call *c)
{
    (void)c;
    return OK;
}

static enum err fails(struct call *c)
{
    return call_query(c, "io") ? ERR_IO : ERR_NOT_FOUND;
}

static enum err cookie(struct call *c)
{
    const char *sid = call_cookie(c, "sid");
    call_message(c, 200, "%s", sid ? sid : "none");
    return OK;
}

static char first_part, second_part;
static enum err part(struct call *c)
{
    const char *name = call_part(c) == &first_part ? "first" : call_part(c) == &second_part ? "second" : "none";
    call_message(c, 200, "%s", name);
    return OK;
}

static const struct field create_body[] = {
    {"title", FIELD_CHARS, OPTIONAL, 1, 10},
    {"max", FIELD_INT, OPTIONAL, 1, 100},
    {"lock", FIELD_BOOL, OPTIONAL},
    {0},
};
static const struct route rows[] = {
    {"GET", "/things/:id", 0, no_body, by_id},
    {"GET", "/things/literal", 0, no_body, literal},
    {"DELETE", "/things/:id", 0, no_body, by_id},
    {"POST", "/things", NEEDS_KEY, create_body, create},
    {"GET", "/slow", NEEDS_LOOKUP, no_body, literal},
    {"GET", "/forgets", 0, no_body, forgets},
    {"GET", "/fails", 0, no_body, fails},
    {"GET", "/cookie", 0, no_body, cookie},
    {"GET", "/first", 0, no_body, part},
    {0},
};

static const struct route more_rows[] = {
    {"GET", "/second", 0, no_body, part},
    {0},
};
static const struct route_table tables[] = {
    {rows, &first_part},
    {more_rows, &second_part},
    {0},
};

static int setup(void **state)
{
    struct http *h;
    struct http_config cfg = {.tables = tables, .may = may};
    if (loop_new(&loop_of_all) || http_new(&cfg, loop_of_all, &h))
        return -1;
    *state = h;
    return 0;
}

static void expect(struct http *h, struct http_play request, unsigned status, const char *body)
{
    struct http_answer a;
    http_play(h, &request, &a);
    assert_int_equal(a.status, status);
    assert_string_equal(a.body, body);
    http_answer_reset(&a);
}

static void the_literal_row_wins_over_the_parameter(void **state)
{
    struct http_answer a;
    http_play(*state, &(struct http_play){"GET", "/things/literal"}, &a);
    assert_string_equal(a.body, "{\"message\":\"literal\"}");
    assert_non_null(strstr(a.headers, "Set-Cookie: sid=1\r\n"));
    assert_null(strstr(a.headers, "Injected"));
    http_answer_reset(&a);
    expect(*state, (struct http_play){"GET", "/things/a%20b"}, 200, "{\"message\":\"id=a b\"}");
    assert_int_equal(released, 1);
}

static void the_right_is_asked_before_the_body(void **state)
{
    struct http_play p = {"POST", "/things", .body = "not json"};
    expect(*state, p, 401, "{\"error\":\"Missing x-api-key\"}");
    p.headers[0] = (struct http_pair){"x-api-key", "k"};
    expect(*state, p, 400, "{\"error\":\"The body is not valid JSON\"}");
    p.body = "{\"max\":0}";
    expect(*state, p, 400, "{\"error\":\"max must be between 1 and 100\"}");
    p.body = "{\"title\":\"t\",\"max\":3,\"lock\":false}";
    expect(*state, p, 201, "{\"title\":\"t\",\"max\":3,\"lock\":false}");
    p.body = NULL;
    expect(*state, p, 201, "{\"title\":\"-\",\"max\":7,\"lock\":true}");
    p.body = "title=t";
    p.headers[1] = (struct http_pair){"Content-Type", "application/x-www-form-urlencoded"};
    expect(*state, p, 415, "{\"error\":\"The body must be application/json\"}");
}

static void an_asked_right_continues_later(void **state)
{
    struct http_answer a;
    http_play(*state, &(struct http_play){"GET", "/slow"}, &a);
    assert_int_equal(a.status, 0);
    struct call *c = call_find(*state, waiting);
    assert_non_null(c);
    call_continue(c);
    assert_int_equal(a.status, 200);
    assert_null(call_find(*state, waiting));
    http_answer_reset(&a);
}

static void errors_become_statuses(void **state)
{
    expect(*state, (struct http_play){"GET", "/fails"}, 404, "{\"error\":\"Not found\"}");
    expect(*state, (struct http_play){"GET", "/fails?io=1"}, 503, "{\"error\":\"Service unavailable\"}");
    expect(*state, (struct http_play){"GET", "/forgets"}, 500, "{\"error\":\"Internal error\"}");
    expect(*state, (struct http_play){"GET", "/none"}, 404, "{\"error\":\"Not found\"}");
}

static void a_wrong_method_says_which_are_right(void **state)
{
    struct http_answer a;
    http_play(*state, &(struct http_play){"DELETE", "/things"}, &a);
    assert_int_equal(a.status, 405);
    assert_non_null(strstr(a.headers, "Allow: POST, OPTIONS\r\n"));
    http_answer_reset(&a);
    http_play(*state, &(struct http_play){"DELETE", "/things/literal"}, &a); /* is nobody's :id */
    assert_int_equal(a.status, 405);
    assert_non_null(strstr(a.headers, "Allow: GET, HEAD, OPTIONS\r\n"));
    http_answer_reset(&a);
    expect(*state, (struct http_play){"DELETE", "/things/7"}, 200, "{\"message\":\"id=7\"}");
    http_play(*state, &(struct http_play){"HEAD", "/cookie"}, &a);
    assert_int_equal(a.status, 200);
    assert_int_equal(a.body_len, 0);
    http_answer_reset(&a);
}

static void cookies_are_found_by_their_whole_name(void **state)
{
    struct http_play p = {"GET", "/cookie", .headers = {{"Cookie", "xsid=no; sidx=no; sid=yes; sid=late"}}};
    expect(*state, p, 200, "{\"message\":\"yes\"}");
    p.headers[0].value = "a; ; =";
    expect(*state, p, 200, "{\"message\":\"none\"}");
}

static void handlers_reach_the_part_of_their_own_table(void **state)
{
    expect(*state, (struct http_play){"GET", "/first"}, 200, "{\"message\":\"first\"}");
    expect(*state, (struct http_play){"GET", "/second"}, 200, "{\"message\":\"second\"}");
}

static void a_strangers_row_is_closed_without_a_hook(void **state)
{
    struct loop *loop;
    struct http *h;
    struct http_config cfg = {.tables = tables};
    (void)state;
    assert_int_equal(loop_new(&loop), OK);
    assert_int_equal(http_new(&cfg, loop, &h), OK);
    expect(h, (struct http_play){"POST", "/things"}, 403, "{\"error\":\"Forbidden\"}");
    http_free(h);
    loop_free(loop);
    cfg.trusted_proxies = "nonsense";
    assert_int_equal(loop_new(&loop), OK);
    assert_int_equal(http_new(&cfg, loop, &h), ERR_SYNTAX);
    loop_free(loop);
}

static int teardown(void **state)
{
    http_free(*state);
    loop_free(loop_of_all);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_literal_row_wins_over_the_parameter),
        cmocka_unit_test(the_right_is_asked_before_the_body),
        cmocka_unit_test(an_asked_right_continues_later),
        cmocka_unit_test(errors_become_statuses),
        cmocka_unit_test(a_wrong_method_says_which_are_right),
        cmocka_unit_test(cookies_are_found_by_their_whole_name),
        cmocka_unit_test(handlers_reach_the_part_of_their_own_table),
        cmocka_unit_test(a_strangers_row_is_closed_without_a_hook),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
