/* A session's whole life, again and again, with the first allocation failing, then the second, and so on. The linker
 * gives us malloc() (CMakeLists.txt); what jansson allocates is its own. */
#include "socketio/sio_core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define MANY_ENOUGH 300 /* no life here allocates as often */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static struct {
    long until; /* allocations that still work; -1: all do */
    int fails;  /* how many then don't */
} luck = {.until = -1};

static bool fails_now(void)
{
    if (luck.until > 0)
        luck.until--;
    else if (luck.until == 0 && luck.fails > 0)
        return luck.fails-- > 0;
    return false;
}

void *__wrap_malloc(size_t n)
{
    return fails_now() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails_now() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails_now() ? NULL : __real_realloc(p, n);
}

struct world {
    struct eio *eio;
    struct sio_core *core;
    usec_t now;
    struct eio_id session;
    char sid[EIO_SID_LEN + 1];
    unsigned n_connected, n_disconnected, n_received;
};

static void not_random(void *p, size_t len)
{
    memset(p, 5, len);
}

static void react(struct world *w, const struct sio_event *ev)
{
    struct sio_args args = {ev->args, ev->attachments, ev->n_attachments};
    w->n_connected += ev->type == SIO_CONNECTED;
    w->n_disconnected += ev->type == SIO_DISCONNECTED;
    if (ev->type != SIO_RECEIVED)
        return;
    w->n_received++;
    enum err e = sio_core_call(w->core, ev->socket, "q", args, w->now + SEC, 1);
    if (!e)
        e = sio_core_ack(w->core, ev->socket, ev->ack, args);
    if (e || strcmp(ev->name, "kick") == 0)
        sio_core_disconnect(w->core, w->now, ev->socket, true);
}

static void pump(struct world *w)
{
    struct eio_out out;
    struct sio_event ev;
    do {
        while (eio_next(w->eio, &out)) {
            if (out.type == EIO_OPENED) {
                w->session = out.session;
                eio_sid(w->eio, out.session, w->sid);
            }
            if (out.type >= EIO_OPENED)
                sio_core_feed(w->core, w->now, &out);
            else
                eio_frame_unref(out.frame);
        }
        if (!sio_core_next(w->core, &ev))
            return;
        react(w, &ev);
        sio_event_reset(&ev);
    } while (true);
}

static void http(struct world *w, const char *method, const char *body)
{
    struct eio_request rq = {
        .call = 1, .method = method, .transport = "polling", .version = "4", .sid = w->sid, .body = bytes_str(body)};
    enum err e = eio_http(w->eio, w->now, &rq);
    assert_true(e == OK || e == ERR_NOMEM);
    pump(w);
}

static void ws(struct world *w, const char *text, bool binary)
{
    eio_ws_message(w->eio, w->now, w->session, 7, bytes_str(text), binary);
    pump(w);
}

static void live(struct world *w)
{
    http(w, "GET", "");
    http(w, "POST",
         "40\x1e"
         "421[\"m\",1]\x1e"
         "452-2[\"b\",{\"_placeholder\":true,\"num\":0}]\x1e"
         "bAQID\x1e"
         "bAQID");
    http(w, "GET", "");
    eio_ws_open(w->eio, w->now, 7, w->session, "");
    ws(w, "2probe", false);
    ws(w, "5", false);
    ws(w, "40/custom,", false);
    ws(w, "451-3[\"b\",{\"_placeholder\":true,\"num\":0}]", false);
    ws(w, "xyz", true);
    ws(w, "430[]", false);
    ws(w, "424[\"kick\"]", false);
    for (unsigned i = 0; i < 100; i++, w->now += SEC) {
        eio_tick(w->eio, w->now);
        pump(w);
    }
    assert_int_equal(eio_counters(w->eio)->open, 0);
    assert_int_equal(w->n_connected, w->n_disconnected);
}

/* False: there wasn't memory for a server. */
static bool run(long until, int fails, struct world *w)
{
    static const char *const namespaces[] = {"/", "/custom", NULL};
    const struct eio_config eio = {
        .ping_interval = SEC,
        .ping_timeout = SEC,
        .upgrade_timeout = SEC,
        .max_payload = 1000,
        .queue_max = 2000,
        .max_sessions = 2,
        .random = not_random,
    };
    const struct sio_config cfg = {namespaces, 45 * SEC, 1000, 2, 4, {4, 8, 100}, {4, 8, 100}, not_random};
    *w = (struct world){.now = SEC};
    luck.until = until;
    luck.fails = fails;
    bool up = eio_new(&eio, &w->eio) == OK && sio_core_new(&cfg, w->eio, &w->core) == OK;
    if (up)
        live(w);
    luck.until = -1;
    sio_core_free(w->core);
    eio_free(w->eio);
    return up;
}

static void a_life_with_memory_is_whole(void **state)
{
    (void)state;
    struct world w;
    assert_true(run(-1, 0, &w));
    assert_int_equal(w.n_received, 4);
    assert_int_equal(w.n_connected, 2);
}

static void without_memory_sessions_end_but_nothing_leaks_or_hangs(void **state)
{
    (void)state;
    struct world w;
    unsigned n_hurt = 0;
    for (long until = 0; until < MANY_ENOUGH; until++)
        for (int fails = 1; fails < 6; fails++)
            n_hurt += !run(until, fails, &w) || w.n_received < 4;
    assert_true(n_hurt > 20); /* else nothing failed, and nothing was tested */
    assert_true(n_hurt < MANY_ENOUGH * 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_life_with_memory_is_whole),
        cmocka_unit_test(without_memory_sessions_end_but_nothing_leaks_or_hangs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
