#include "client/client.h"
#include "client/test_server.h"

#include <dlfcn.h>
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define LOOSE (URL_ALLOW_HTTP | URL_ALLOW_PRIVATE)

#define SLOW_NAME (2 * SEC)

/* Instead of the system's: what an attacker's name server could answer, and one that takes its time. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = NULL;
    void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
    memcpy((void *)&next, (const void *)&symbol, sizeof next);
    if (name && strcmp(name, "slow.example.com") == 0) {
        usleep(SLOW_NAME);
        return EAI_AGAIN;
    }
    if (name && strcmp(name, "nowhere.example.com") == 0)
        return EAI_NONAME;
    if (name && strcmp(name, "rebinding.example.com") == 0)
        name = "127.0.0.1";
    return next(name, service, hints, found);
}

/* What came of one request. */
struct got {
    struct world *world;
    unsigned n;
    enum err err;
    unsigned status;
    char body[256], reason[128];
    size_t len;
    bool is_cut;
    usec_t took;
};

struct world {
    struct loop *loop;
    struct client *client;
    struct test_server server;
    unsigned wanted, n_done;
    struct loop_timer patience;
};

static void lose_patience(void *arg)
{
    (void)arg;
    fail_msg("nothing happened for 20 s");
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    assert_true(test_server_start(&w->server));
    assert_int_equal(loop_new(&w->loop), OK);
    assert_int_equal(client_new(&(struct client_config){.loop = w->loop, .max_running = 8}, &w->client), OK);
    w->patience = (struct loop_timer){.fire = lose_patience, .arg = w};
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    client_free(w->client);
    loop_free(w->loop);
    test_server_stop(&w->server);
    free(w);
    return 0;
}

static void on_done(void *arg, const struct client_answer *a)
{
    struct got *got = arg;
    got->n++;
    got->err = a->err;
    got->status = a->status;
    got->len = a->body.len;
    got->is_cut = a->is_cut;
    got->took = a->took;
    snprintf(got->body, sizeof got->body, "%s", a->body.len ? (const char *)a->body.p : "");
    snprintf(got->reason, sizeof got->reason, "%s", a->reason);
    if (++got->world->n_done == got->world->wanted)
        loop_stop(got->world->loop);
}

static struct client_request request_of(const struct world *w, const char *path, char url[128])
{
    snprintf(url, 128, "http://127.0.0.1:%u%s", w->server.port, path);
    return (struct client_request){
        .method = "GET", .url = url, .allow = LOOSE, .timeout = 10 * SEC, .max_answer_body = 100};
}

static void wait_for(struct world *w, unsigned n)
{
    w->wanted = n;
    w->n_done = 0;
    loop_timer_set(w->loop, &w->patience, loop_now(w->loop) + 20 * SEC);
    loop_run(w->loop);
    loop_timer_cancel(w->loop, &w->patience);
}

static struct got send_and_wait(struct world *w, const struct client_request *r)
{
    struct got got = {.world = w};
    assert_int_equal(client_send(w->client, r, on_done, &got), OK);
    assert_int_equal(got.n, 0); /* never before client_send() has returned */
    wait_for(w, 1);
    assert_int_equal(got.n, 1);
    return got;
}

static struct got get(struct world *w, const char *path)
{
    char url[128];
    struct client_request r = request_of(w, path, url);
    return send_and_wait(w, &r);
}

static void any_status_is_an_answer(void **state)
{
    static const unsigned statuses[] = {200, 201, 400, 404, 429, 500, 503};
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        char path[32];
        snprintf(path, sizeof path, "/status/%u", statuses[i]);
        struct got got = get(*state, path);
        assert_int_equal(got.err, OK);
        assert_int_equal(got.status, statuses[i]);
        assert_string_equal(got.body, "body");
        assert_int_equal(got.len, 4);
        assert_false(got.is_cut);
    }
}

static void a_redirect_is_an_answer_and_isnt_followed(void **state)
{
    struct world *w = *state;
    struct got got = get(w, "/redirect");
    assert_int_equal(got.err, OK);
    assert_int_equal(got.status, 302);
    assert_int_equal(w->server.n_requests, 1);
}

static void what_is_sent_is_what_was_asked_for(void **state)
{
    struct world *w = *state;
    char url[128];
    struct client_request r = request_of(w, "/status/200", url);
    const struct client_header headers[] = {{"Content-Type", "application/json"}, {"X-Signature", "sha256=00"}};
    r.method = "POST";
    r.headers = headers;
    r.n_headers = ARRAY_LEN(headers);
    r.body = BYTES_LIT("{\"a\": \"\xc3\xa9\"}");
    assert_int_equal(send_and_wait(w, &r).status, 200);
    const char *last = test_server_last(&w->server);
    assert_ptr_equal(strstr(last, "POST /status/200 HTTP/1.1\r\n"), last);
    assert_non_null(strstr(last, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(last, "\r\nX-Signature: sha256=00\r\n"));
    assert_non_null(strstr(last, "\r\nUser-Agent: onepizza/" ONEPIZZA_VERSION "\r\n"));
    assert_non_null(strstr(last, "\r\nContent-Length: 11\r\n"));
    assert_string_equal(strstr(last, "\r\n\r\n"), "\r\n\r\n{\"a\": \"\xc3\xa9\"}");
    assert_null(strstr(last, "Expect"));
    assert_null(strstr(last, "Accept-Encoding"));
}

static void each_method_is_sent_as_such(void **state)
{
    struct world *w = *state;
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        char url[128];
        struct client_request r = request_of(w, "/status/204", url);
        r.method = methods[i];
        (void)send_and_wait(w, &r);
        assert_int_equal(strncmp(test_server_last(&w->server), methods[i], strlen(methods[i])), 0);
    }
}

static void an_answer_in_chunks_is_put_together(void **state)
{
    struct got got = get(*state, "/chunks");
    assert_int_equal(got.err, OK);
    assert_string_equal(got.body, "abcdefg");
}

static void a_late_answer_is_waited_for(void **state)
{
    struct got got = get(*state, "/late");
    assert_int_equal(got.err, OK);
    assert_string_equal(got.body, "late");
    assert_true(got.took >= 100 * MSEC);
}

static void no_answer_and_a_dripping_one_end_with_the_time(void **state)
{
    static const char *const paths[] = {"/never", "/drip"};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        char url[128];
        struct client_request r = request_of(*state, paths[i], url);
        r.timeout = 200 * MSEC;
        r.max_answer_body = 1000;
        struct got got = send_and_wait(*state, &r);
        assert_int_equal(got.err, ERR_IO);
        assert_int_equal(got.status, 0);
        assert_string_equal(got.reason, "no answer in time");
        assert_true(got.took >= 190 * MSEC && got.took < 5 * SEC);
    }
}

static void a_huge_answer_is_cut_and_the_rest_isnt_read(void **state)
{
    struct got got = get(*state, "/huge");
    assert_int_equal(got.err, OK);
    assert_int_equal(got.status, 200);
    assert_int_equal(got.len, 100);
    assert_true(got.is_cut);
}

static void no_body_may_be_wanted(void **state)
{
    char url[128];
    struct client_request r = request_of(*state, "/huge", url);
    r.max_answer_body = 0;
    struct got got = send_and_wait(*state, &r);
    assert_int_equal(got.status, 200);
    assert_int_equal(got.len, 0);
    assert_true(got.is_cut);
}

static void headers_without_end_are_no_answer(void **state)
{
    static const char *const paths[] = {"/headers", "/continue"};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        struct got got = get(*state, paths[i]);
        assert_int_equal(got.err, ERR_IO);
        assert_string_equal(got.reason, "the answer's headers are too long");
    }
}

static void what_broke_off_is_no_answer(void **state)
{
    assert_string_equal(get(*state, "/half").reason, "the answer broke off");
    assert_string_equal(get(*state, "/close").reason, "the connection was closed without an answer");
    assert_string_equal(get(*state, "/garbage").reason, "the answer is not HTTP");
    assert_int_equal(get(*state, "/badchunks").err, ERR_IO);
}

static void nobody_listening_is_a_refused_connection(void **state)
{
    struct world *w = *state;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0); /* bound and not listening */
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", ntohs(at.sin_port));
    struct client_request r = {.method = "GET", .url = url, .allow = LOOSE, .timeout = 10 * SEC};
    struct got got = send_and_wait(w, &r);
    assert_int_equal(got.err, ERR_IO);
    assert_string_equal(got.reason, "the connection was refused");
    close(fd);
}

static void a_private_address_isnt_connected_to(void **state)
{
    struct world *w = *state;
    struct got got = {.world = w};
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", w->server.port);
    struct client_request r = {.method = "GET", .url = url, .allow = URL_ALLOW_HTTP, .timeout = 10 * SEC};
    assert_int_equal(client_send(w->client, &r, on_done, &got), ERR_DENIED);
    assert_int_equal(w->server.n_conns, 0);
}

static void a_name_that_leads_to_a_private_address_isnt_connected_to(void **state)
{
    struct world *w = *state;
    char url[128];
    snprintf(url, sizeof url, "http://rebinding.example.com:%u/status/200", w->server.port);
    struct client_request r = {.method = "GET", .url = url, .allow = URL_ALLOW_HTTP, .timeout = 10 * SEC};
    struct got got = send_and_wait(w, &r);
    assert_int_equal(got.err, ERR_DENIED);
    assert_string_equal(got.reason, "the address is not on the public internet");
    assert_int_equal(w->server.n_conns, 0);
    struct client_counters n;
    client_counters(w->client, &n);
    assert_int_equal(n.denials, 1);
}

static void a_kept_connection_of_one_who_may_more_isnt_used_either(void **state)
{
    struct world *w = *state;
    char url[128];
    snprintf(url, sizeof url, "http://rebinding.example.com:%u/status/200", w->server.port);
    struct client_request r = {.method = "GET", .url = url, .allow = LOOSE, .timeout = 10 * SEC};
    assert_int_equal(send_and_wait(w, &r).status, 200);
    r.allow = URL_ALLOW_HTTP;
    assert_int_equal(send_and_wait(w, &r).err, ERR_DENIED);
    assert_int_equal(w->server.n_requests, 1);
}

static void a_name_that_isnt_there_is_said_so(void **state)
{
    struct client_request r = {.method = "GET", .url = "https://nowhere.example.com/", .timeout = 10 * SEC};
    struct got got = send_and_wait(*state, &r);
    assert_int_equal(got.err, ERR_IO);
    assert_string_equal(got.reason, "the host's name was not found");
}

static void a_name_server_that_doesnt_answer_holds_nothing_up(void **state)
{
    struct world *w = *state;
    struct got lost = {.world = w};
    struct client_request r = {.method = "GET", .url = "https://slow.example.com/", .timeout = 200 * MSEC};
    usec_t began = loop_now(w->loop);
    struct got got = send_and_wait(w, &r);
    assert_string_equal(got.reason, "no answer in time");
    assert_int_equal(client_send(w->client, &r, on_done, &lost), OK);
    assert_int_equal(get(w, "/status/200").status, 200);
    client_free(w->client);
    w->client = NULL;
    assert_true(loop_now(w->loop) - began < SLOW_NAME);
    assert_int_equal(lost.n, 0);
}

static void http_isnt_spoken_unless_allowed(void **state)
{
    struct world *w = *state;
    char url[128];
    struct got got = {.world = w};
    struct client_request r = request_of(w, "/status/200", url);
    r.allow = URL_ALLOW_PRIVATE;
    assert_int_equal(client_send(w->client, &r, on_done, &got), ERR_DENIED);
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", w->server.port); /* and it doesn't speak TLS */
    r.timeout = 2 * SEC;
    assert_int_equal(send_and_wait(w, &r).err, ERR_IO);
}

static void a_request_that_would_split_is_refused(void **state)
{
    struct world *w = *state;
    struct got got = {.world = w};
    static const struct client_header bad[] = {
        /* clang-format off */
        {"X-A", "b\r\nX-B: c"},
        {"X-A\r\nX-B", "c"},
        {"X-A", ""},
        {"", "x"},
        {"X:A", "b"},
        /* clang-format on */
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        char url[128];
        struct client_request r = request_of(w, "/status/200", url);
        r.headers = &bad[i];
        r.n_headers = 1;
        assert_int_equal(client_send(w->client, &r, on_done, &got), ERR_SYNTAX);
    }
    char url[128];
    struct client_request r = request_of(w, "/status/200", url);
    r.method = "GET / HTTP/1.1\r\nX-A: b\r\n\r\nGET";
    assert_int_equal(client_send(w->client, &r, on_done, &got), ERR_SYNTAX);
    assert_int_equal(w->server.n_conns, 0);
}

static void a_connection_serves_request_after_request(void **state)
{
    struct world *w = *state;
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(get(w, "/status/200").status, 200);
    assert_int_equal(w->server.n_requests, 20);
    assert_int_equal(w->server.n_conns, 1);
}

static void requests_run_side_by_side_up_to_the_bound(void **state)
{
    struct world *w = *state;
    struct got got[9] = {0};
    char url[128];
    struct client_request r = request_of(w, "/late", url);
    usec_t began = loop_now(w->loop);
    for (unsigned i = 0; i < 8; i++) {
        got[i].world = w;
        assert_int_equal(client_send(w->client, &r, on_done, &got[i]), OK);
    }
    assert_int_equal(client_send(w->client, &r, on_done, &got[8]), ERR_FULL);
    wait_for(w, 8);
    for (unsigned i = 0; i < 8; i++)
        assert_string_equal(got[i].body, "late");
    assert_true(w->server.most_at_once > 1);
    assert_true(loop_now(w->loop) - began < 8 * 150L * MSEC);
    struct client_counters n;
    client_counters(w->client, &n);
    assert_int_equal(n.requests, 8);
    assert_int_equal(n.running, 0);
    assert_int_equal(n.failures, 0);
}

struct chain {
    struct world *world;
    unsigned left;
};

static void send_next(void *arg, const struct client_answer *a)
{
    struct chain *chain = arg;
    char url[128];
    struct client_request r = request_of(chain->world, "/status/200", url);
    if (a)
        assert_int_equal(a->status, 200);
    if (chain->left-- == 0)
        loop_stop(chain->world->loop);
    else
        assert_int_equal(client_send(chain->world->client, &r, send_next, chain), OK);
}

static void an_answer_may_lead_to_the_next_request(void **state)
{
    struct chain chain = {*state, 50};
    send_next(&chain, NULL);
    loop_timer_set(chain.world->loop, &chain.world->patience, loop_now(chain.world->loop) + 20 * SEC);
    loop_run(chain.world->loop);
    loop_timer_cancel(chain.world->loop, &chain.world->patience);
    assert_int_equal(chain.world->server.n_requests, 50);
}

static void what_is_under_way_at_the_end_is_dropped(void **state)
{
    struct world *w = *state;
    struct got got[3] = {{.world = w}, {.world = w}, {.world = w}};
    static const char *const paths[] = {"/never", "/drip", "/late"};
    for (unsigned i = 0; i < 3; i++) {
        char url[128];
        struct client_request r = request_of(w, paths[i], url);
        r.max_answer_body = 10000;
        assert_int_equal(client_send(w->client, &r, on_done, &got[i]), OK);
    }
    (void)get(w, "/status/200"); /* the others have been sent by now */
    client_free(w->client);
    w->client = NULL;
    assert_int_equal(client_new(&(struct client_config){.loop = w->loop, .max_running = 8}, &w->client), OK);
    (void)get(w, "/late");
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(got[i].n, 0);
}

static void an_api_is_its_base_its_path_and_its_key(void **state)
{
    (void)state;
    static char long_base[5000];
    struct client_api api;
    assert_int_equal(client_api_init(&api, "https://api.example.com//", "/v1/things", "key"), OK);
    assert_string_equal(api.url, "https://api.example.com/v1/things");
    assert_string_equal(api.authorization, "Bearer key");
    memset(long_base, 'x', sizeof long_base - 1);
    assert_int_equal(client_api_init(&api, long_base, "/", "key"), ERR_SYNTAX);
    assert_int_equal(client_api_init(&api, "/", "/", long_base), ERR_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(any_status_is_an_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_redirect_is_an_answer_and_isnt_followed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_sent_is_what_was_asked_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_method_is_sent_as_such, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_answer_in_chunks_is_put_together, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_late_answer_is_waited_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_answer_and_a_dripping_one_end_with_the_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_huge_answer_is_cut_and_the_rest_isnt_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_body_may_be_wanted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(headers_without_end_are_no_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_broke_off_is_no_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_listening_is_a_refused_connection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_private_address_isnt_connected_to, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_name_that_leads_to_a_private_address_isnt_connected_to, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_kept_connection_of_one_who_may_more_isnt_used_either, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_name_that_isnt_there_is_said_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_name_server_that_doesnt_answer_holds_nothing_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(http_isnt_spoken_unless_allowed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_request_that_would_split_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_connection_serves_request_after_request, set_up, tear_down),
        cmocka_unit_test_setup_teardown(requests_run_side_by_side_up_to_the_bound, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_answer_may_lead_to_the_next_request, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_under_way_at_the_end_is_dropped, set_up, tear_down),
        cmocka_unit_test(an_api_is_its_base_its_path_and_its_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
