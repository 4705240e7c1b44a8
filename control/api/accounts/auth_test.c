/* auth_test.c: what is asked of accounts, before PostgreSQL is, which is away here. */
#include "access/testing.h"
#include "api/accounts/accounts_api.h"
#include "meeting/meetings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

struct world {
    struct testing t;
    struct meetings *meetings;
    struct accounts_api api;
    struct route_table tables[3];
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    if (!w || testing_new(&w->t) || meetings_new(&(struct meetings_config){0}, &w->meetings))
        return -1;
    w->api = (struct accounts_api){.log = &w->t.log, .store = w->t.store};
    w->tables[0] = (struct route_table){auth_routes, &w->api};
    w->tables[1] = (struct route_table){password_routes, &w->api};
    *state = w;
    return testing_serve(&w->t, (struct access_config){.meetings = w->meetings}, w->tables) ? -1 : 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    testing_end(&w->t);
    meetings_free(w->meetings);
    testing_free(&w->t);
    free(w);
    return 0;
}

static void bodies_are_looked_at_before_the_database_is_asked(void **state)
{
    static const struct {
        const char *target, *body;
    } wrong[] = {
        {"/api/auth/register", "{}"},
        {"/api/auth/register", "{\"email\":\"a@b.co\"}"},
        {"/api/auth/register", "{\"email\":\"a@b.co\",\"password\":\"short12\"}"},
        {"/api/auth/register", "{\"email\":\"a@b.co\",\"password\":12345678}"},
        {"/api/auth/register", "{\"email\":\"ab.co\",\"password\":\"secret123\"}"},
        {"/api/auth/register", "{\"email\":\"a@b.co\",\"password\":\"secret123\",\"accountType\":\"club\"}"},
        {"/api/auth/register", "{\"email\":\"a@b.co\",\"password\":\"secret123\",\"accountType\":\"company\"}"},
        {"/api/auth/register",
         "{\"email\":\"a@b.co\",\"password\":\"secret123\",\"accountType\":\"company\",\"companyName\":\"  \"}"},
        {"/api/auth/register",
         "{\"email\":\"a@b.co\",\"password\":\"secret123\",\"accountType\":\"company\",\"companyName\":\"a\\nb\"}"},
        {"/api/auth/login", "{\"email\":\"a@b.co\"}"},
        {"/api/auth/login", "{\"email\":\"a@b.co\",\"password\":\"\"}"},
        {"/api/auth/forgot-password", "{}"},
        {"/api/auth/reset-password", "{\"token\":\"x\"}"},
        {"/api/auth/reset-password", "{\"token\":\"x\",\"password\":\"short12\"}"},
    };
    const struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct http_play request = {.method = "POST", .target = wrong[i].target, .body = wrong[i].body};
        assert_int_equal(testing_play(&w->t, &request), 400);
    }
    char body[3000];
    int len = snprintf(body, sizeof body, "{\"email\":\"a@b.co\",\"password\":\"");
    for (unsigned i = 0; i < 513; i++) /* 513 characters of 2 bytes each */
        len += snprintf(body + len, sizeof body - (size_t)len, "\xc3\xa4");
    snprintf(body + len, sizeof body - (size_t)len, "\"}");
    struct http_play request = {.method = "POST", .target = "/api/auth/register", .body = body};
    assert_int_equal(testing_play(&w->t, &request), 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bodies_are_looked_at_before_the_database_is_asked, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
