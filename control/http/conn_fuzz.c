/* A connection under whatever may come, in any pieces: requests behind each other, bodies, upgrades, frames, while
 * answers come late, the client doesn't read, time runs out and it goes away. The wire is one of our own. The input is
 * rows of | what 1 | length 2 | bytes … |. */
#include "http/conn_priv.h"
#include "loop/loop.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define MAX_STEPS 128

static void must(bool b)
{
    if (!b)
        abort();
}

/* --- the wire: what wire.h says, and nothing behind it --- */
struct wire {
    struct conn *owner;
    bool dirty, wants, paused, halved, closing; /* dirty: bytes haven't left yet */
    size_t n_out;
    uint8_t buffer[WIRE_WRITE_MAX];
};

static struct wire the_wire;

enum err wire_server_new(const struct wire_config *cfg, struct loop *loop, struct wire_server **server)
{
    (void)cfg;
    (void)loop;
    (void)server;
    return ERR_IO;
}

void wire_server_free(struct wire_server *server)
{
    (void)server;
}

enum err wire_adopt(struct wire_server *server, int fd, void *owner, struct wire **wire)
{
    (void)server;
    (void)fd;
    the_wire = (struct wire){.owner = owner};
    *wire = &the_wire;
    return OK;
}

void wire_want_write(struct wire *w)
{
    w->wants = true;
}

bool wire_is_clear(const struct wire *w)
{
    return !w->dirty && !w->closing;
}

uint8_t *wire_buffer(struct wire *w)
{
    must(!w->dirty);
    return w->buffer;
}

void wire_write(struct wire *w, size_t len)
{
    must(!w->dirty && !w->halved && !w->closing && len > 0 && len <= WIRE_WRITE_MAX);
    if (w->n_out == 0)
        must(len >= 9 && memcmp(w->buffer, "HTTP/1.1 ", 9) == 0);
    w->n_out += len;
    w->dirty = true;
}

void wire_pause(struct wire *w, bool paused)
{
    w->paused = paused;
}

void wire_half_close(struct wire *w)
{
    must(!w->dirty && !w->halved);
    w->halved = true;
}

void wire_close(struct wire *w)
{
    w->closing = true;
}

void wire_accept_key(struct bytes key, char out[32])
{
    must(key.len == 24);
    memcpy(out, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 29);
}

/* --- what is asked of the server --- */
static struct call_id waiting;

static enum err at_once(struct call *c)
{
    const char *sid = call_cookie(c, "sid");
    call_set_header(c, "X-Sid", sid ? sid : "");
    call_message(c, 200, "%s", call_query(c, "q") ? call_query(c, "q") : "-");
    return OK;
}

static enum err later(struct call *c)
{
    waiting = call_defer(c);
    return OK;
}

static enum err echo(struct call *c)
{
    must(call_body(c).len <= 3000);
    call_reply(c, 200, "application/octet-stream", call_body(c));
    return OK;
}

static enum err ws_upgrade(struct call *c, void **data)
{
    *data = NULL;
    return call_query(c, "no") ? ERR_DENIED : OK;
}

static void ws_none(struct ws *ws)
{
    (void)ws;
}

static void ws_echo(struct ws *ws, struct bytes in, bool binary)
{
    must(in.len <= 2000);
    if (in.len == 3)
        ws_close(ws, WS_CLOSE_NORMAL, "");
    else if (ws_send(ws, in, binary))
        ws_close(ws, WS_CLOSE_POLICY, "too slow");
}

static const struct ws_ops ops = {
    .upgrade = ws_upgrade,
    .open = ws_none,
    .message = ws_echo,
    .closed = ws_none,
    .message_max = 2000,
    .stranger_max = 2000,
    .queue_max = 10000,
};
static size_t body_max(struct call *c)
{
    (void)c;
    return 3000;
}

static const struct route rows[] = {
    {.method = "GET", .path = "/a", .handler = at_once},
    {.method = "GET", .path = "/later/:id", .handler = later},
    {.method = "POST", .path = "/b", .body = raw_body, .handler = echo, .body_max = 3000},
    {0},
};
static const struct route_table tables[] = {
    {rows, NULL},
    {0},
};
static const struct prefix_route prefixes[] = {
    {.prefix = "/ws/", .body_max = body_max, .handler = at_once, .ws = &ops},
    {0},
};

/* --- what happens --- */
static void answer_later(struct http *h)
{
    struct call *c = call_find(h, waiting);
    if (c)
        call_message(c, 200, "late");
}

static void time_out(struct http *h, struct conn *conn)
{
    if (!conn->timer.deadline.set)
        return;
    loop_timer_cancel(h->loop, &conn->timer);
    conn->timer.fire(conn->timer.arg);
}

static void leaves(struct wire *w)
{
    w->dirty = false;
    if (!w->wants || w->closing)
        return;
    w->wants = false;
    conn_on_writable(w->owner);
}

static void step(struct http *h, uint8_t what, struct bytes in)
{
    struct wire *w = &the_wire;
    switch (what % 16) {
    case 0:
        answer_later(h);
        break;
    case 1:
        time_out(h, w->owner);
        break;
    case 2:
        conn_drain(w->owner);
        break;
    case 3:
    case 4:
        leaves(w);
        break;
    default:
        if (!w->paused)
            conn_on_received(w->owner, in);
    }
    if (what & 0x80 && !w->closing)
        leaves(w);
}

static struct http *server(void)
{
    static struct loop *loop;
    static struct http *h;
    static const struct http_config cfg = {.tables = tables, .prefixes = prefixes};
    if (!h)
        must(loop_new(&loop) == OK && http_new(&cfg, loop, &h) == OK);
    return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct http *h = server();
    struct rd rd = rd_of(bytes_of(data, len));
    waiting = (struct call_id){0};
    conn_accept(h, -1, "192.0.2.1");
    for (unsigned i = 0; i < MAX_STEPS && rd_left(&rd) >= 3 && !the_wire.closing; i++) {
        uint8_t what = rd_u8(&rd);
        size_t n = rd_u16(&rd);
        step(h, what, rd_bytes(&rd, n < rd_left(&rd) ? n : rd_left(&rd)));
        conn_on_turn_end(h);
        must(the_wire.closing || the_wire.owner->in.len <= 32768 + 8192);
    }
    conn_on_closed(the_wire.owner);
    must(http_counters(h)->connections_open == 0 && http_counters(h)->calls_open == 0 &&
         http_counters(h)->websockets_open == 0 && !call_find(h, waiting));
    return 0;
}
