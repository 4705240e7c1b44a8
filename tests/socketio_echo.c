/* socketio_echo PORT [PING_TIMEOUT_MS]: the server that the Engine.IO and Socket.IO protocols' test suites expect, and
 * ours with them (tests/socketio/). /engine.io/ sends every message back. On /socket.io/, namespaces "/" and "/custom",
 * a socket that comes is sent an auth event with its CONNECT's payload, and the events it sends do this:
 *
 * - message: its arguments come back as message-back;
 * - message-with-ack: it is acknowledged with its arguments;
 * - ask: its arguments come back as question, to be acknowledged; that comes as answered, or unanswered;
 * - broadcast: every socket of the namespace gets its arguments as shout;
 * - leave, kick: the socket, or its whole connection, is disconnected.
 *
 * PORT 0 takes any; the port is printed as the first line. The suites expect a ping timeout of 200 ms, the default; on
 * a busy machine a client may need more. */
#include "common/log.h"
#include "socketio/sio.h"
#include "loop/loop.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

#define MAX_PAYLOAD 1000000
#define MAX_SOCKETS 40000

/* The suites listen for one message at a time, and lose a second one that is read together with the first: what greets
 * a socket comes a moment after the answer to its CONNECT. */
#define GREETING_DELAY (15 * MSEC)

struct greeting {
    struct greeting *next;
    struct sio_id to;
    json_t *payload;
    usec_t due;
};

struct app {
    struct sio *eio, *sio;
    struct loop *loop;
    struct http *http;
    struct log log;
    struct sio_id sockets[MAX_SOCKETS];
    unsigned nsps[MAX_SOCKETS];
    unsigned n_sockets;
    struct greeting *greetings, **last; /* a queue */
    struct prefix_route prefixes[3];    /* the last ends them */
    struct loop_timer greeter;
};

static void check(enum err e)
{
    if (e != OK && e != ERR_NOT_FOUND) /* whoever has gone meanwhile */
        fprintf(stderr, "socketio_echo: %s\n", err_name(e));
}

static void raw_echo(void *ctx, struct sio *s, struct eio_id from, struct eio_frame *message)
{
    (void)ctx;
    check(sio_send_raw(s, from, message));
}

static void greet(void *arg)
{
    struct app *app = arg;
    while (app->greetings && app->greetings->due <= loop_now(app->loop)) {
        struct greeting *g = app->greetings;
        app->greetings = g->next;
        check(sio_emit(app->sio, g->to, "auth", (struct sio_args){.list = g->payload}));
        json_decref(g->payload);
        free(g);
    }
    if (app->greetings)
        loop_timer_set(app->loop, &app->greeter, app->greetings->due);
}

static void greet_later(struct app *app, const struct sio_event *ev)
{
    struct greeting *g = malloc(sizeof *g);
    if (!g)
        return;
    *g = (struct greeting){
        .to = ev->socket, .payload = json_pack("[O]", ev->args), .due = loop_now(app->loop) + GREETING_DELAY};
    if (!app->greetings) {
        app->last = &app->greetings;
        loop_timer_set(app->loop, &app->greeter, g->due);
    }
    *app->last = g;
    app->last = &g->next;
}

static void connected(struct app *app, const struct sio_event *ev)
{
    greet_later(app, ev);
    if (app->n_sockets == MAX_SOCKETS) {
        sio_disconnect(app->sio, ev->socket, true);
        return;
    }
    app->nsps[app->n_sockets] = ev->nsp;
    app->sockets[app->n_sockets++] = ev->socket;
}

static void disconnected(struct app *app, const struct sio_event *ev)
{
    for (unsigned i = 0; i < app->n_sockets; i++) {
        if (app->sockets[i].slot != ev->socket.slot || app->sockets[i].generation != ev->socket.generation)
            continue;
        app->sockets[i] = app->sockets[--app->n_sockets];
        app->nsps[i] = app->nsps[app->n_sockets];
        return;
    }
}

static void broadcast(struct app *app, const struct sio_event *ev, struct sio_args args)
{
    struct sio_msg *msg = NULL;
    enum err e = sio_encode(app->sio, ev->nsp, "shout", args, &msg);
    check(e);
    for (unsigned i = 0; !e && i < app->n_sockets; i++)
        if (app->nsps[i] == ev->nsp)
            (void)sio_send(app->sio, &app->sockets[i], 1, msg);
    sio_msg_unref(msg);
}

static void received(struct app *app, const struct sio_event *ev)
{
    struct sio_args args = {ev->args, ev->attachments, ev->n_attachments};
    if (strcmp(ev->name, "message") == 0)
        check(sio_emit(app->sio, ev->socket, "message-back", args));
    else if (strcmp(ev->name, "message-with-ack") == 0 && ev->wants_ack)
        check(sio_ack(app->sio, ev->socket, ev->ack, args));
    else if (strcmp(ev->name, "ask") == 0)
        check(sio_call(app->sio, ev->socket, "question", args, SEC, 1));
    else if (strcmp(ev->name, "broadcast") == 0)
        broadcast(app, ev, args);
    else if (strcmp(ev->name, "leave") == 0 || strcmp(ev->name, "kick") == 0)
        sio_disconnect(app->sio, ev->socket, ev->name[0] == 'k');
}

static void answered(struct app *app, const struct sio_event *ev)
{
    struct sio_args args = {ev->args, ev->attachments, ev->n_attachments};
    check(sio_emit(app->sio, ev->socket, ev->args ? "answered" : "unanswered", args));
}

static void on_event(void *ctx, struct sio *s, const struct sio_event *ev)
{
    (void)s;
    struct app *app = ctx;
    switch (ev->type) {
    case SIO_CONNECTED:
        connected(app, ev);
        break;
    case SIO_RECEIVED:
        received(app, ev);
        break;
    case SIO_ANSWERED:
        answered(app, ev);
        break;
    case SIO_DISCONNECTED:
        disconnected(app, ev);
        break;
    }
}

static enum err route(struct call *c)
{
    return sio_http(call_part(c), c);
}

static size_t body_max(struct call *c)
{
    return sio_body_max(call_part(c), c);
}

static enum err upgrade(struct call *c, void **data)
{
    return sio_ws_upgrade(call_part(c), c, data);
}

static const struct ws_ops ws_ops = SIO_WS_OPS(upgrade, MAX_PAYLOAD);

static struct prefix_route prefix_of(const char *prefix, struct sio *sio)
{
    return (struct prefix_route){prefix, body_max, route, &ws_ops, sio};
}

static struct sio_setup setup_of(struct app *app, usec_t ping_timeout)
{
    static const char *const namespaces[] = {"/", "/custom", NULL};
    struct sio_setup setup = sio_defaults();
    setup.eio.ping_interval = 300 * MSEC;
    setup.eio.ping_timeout = ping_timeout;
    setup.eio.max_payload = MAX_PAYLOAD;
    setup.io.namespaces = namespaces;
    setup.io.connect_timeout = 3 * SEC;
    setup.on_event = on_event;
    setup.on_message = raw_echo;
    setup.ctx = app;
    setup.log = &app->log;
    return setup;
}

static void stop(void *arg)
{
    struct app *app = arg;
    loop_stop(app->loop);
}

static enum err start(struct app *app, unsigned port, usec_t ping_timeout)
{
    struct sio_setup setup = setup_of(app, ping_timeout);
    enum err e = log_init(&app->log, "echo", getenv("LOG_LEVEL"), "text");
    if (!e)
        e = loop_new(&app->loop);
    if (!e)
        e = loop_on_signal(app->loop, stop, app);
    if (!e)
        e = sio_new(&setup, app->loop, &app->sio);
    setup.raw = true;
    if (!e)
        e = sio_new(&setup, app->loop, &app->eio);
    app->prefixes[0] = prefix_of("/socket.io/", app->sio);
    app->prefixes[1] = prefix_of("/engine.io/", app->eio);
    struct http_config http = {.port = port, .allowed_origins = "*", .prefixes = app->prefixes, .log = &app->log};
    if (!e)
        e = http_new(&http, app->loop, &app->http);
    if (e)
        return e;
    sio_attach(app->sio, app->http);
    sio_attach(app->eio, app->http);
    return http_listen(app->http);
}

int main(int argc, char **argv)
{
    struct app *app = calloc(1, sizeof *app);
    if (!app)
        return 1;
    unsigned port = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
    if (port == 0)
        prctl(PR_SET_PDEATHSIG, SIGTERM); /* a test's own server: it doesn't outlive the test */
    app->greeter = (struct loop_timer){.fire = greet, .arg = app};
    enum err e = start(app, port, argc > 2 ? strtol(argv[2], NULL, 10) * MSEC : 200 * MSEC);
    if (!e) {
        printf("%u\n", http_port(app->http));
        fflush(stdout);
        loop_run(app->loop);
    } else {
        fprintf(stderr, "socketio_echo: %s\n", err_name(e));
    }
    while (app->greetings) {
        struct greeting *g = app->greetings;
        app->greetings = g->next;
        json_decref(g->payload);
        free(g);
    }
    loop_timer_cancel(app->loop, &app->greeter);
    http_free(app->http);
    sio_free(app->sio);
    sio_free(app->eio);
    loop_free(app->loop);
    free(app);
    return e ? 1 : 0;
}
