/* sfuclient.c: the connection: hello, requests, answers, coming back. */
#include "sfuclient/sfuclient.h"
#include "common/backoff.h"
#include "common/random.h"
#include "sfuclient/sfu_codec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define READ_LEN     ((size_t)64 * 1024)
#define BOOT_ID_CAP  128
#define HELLO_KIND   (-1) /* negative: our own requests, of which nobody is told */
#define PULSE_KIND   (-2)
#define SFU_PROTOCOL 1

enum sfuclient_state { SFU_CLOSED, SFU_HELLO, SFU_UP };

struct sfuclient {
    struct sfuclient_config cfg;
    struct sockaddr_un address;
    enum sfuclient_state state;
    int fd;
    struct loop_watch *watch;
    struct loop_timer again, timeout, pulse;
    usec_t asked_at; /* the pulse that isn't answered yet; 0: none */
    struct backoff backoff;
    struct sfu_decoder in;
    struct buf out;
    struct sfu_pending *pending;
    const char *broken; /* why the connection is given up on the next turn; NULL: it isn't */
    bool was_up;
    char boot_id[BOOT_ID_CAP];
    struct sfuclient_counters n;
};

static void report(struct sfuclient *c, const struct sfuclient_event *ev)
{
    c->cfg.on_event(c->cfg.arg, ev);
}

static void answer_unavailable(struct sfuclient *c, const struct sfu_tag *tag, const char *why)
{
    if (tag->kind >= 0)
        report(c,
               &(struct sfuclient_event){.type = SFUCLIENT_ANSWER, .tag = tag, .code = "unavailable", .message = why});
}

static void hang_up(struct sfuclient *c)
{
    loop_timer_cancel(c->cfg.loop, &c->timeout);
    loop_timer_cancel(c->cfg.loop, &c->again);
    loop_timer_cancel(c->cfg.loop, &c->pulse);
    c->asked_at = 0;
    loop_watch_free(c->watch);
    c->watch = NULL;
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    sfu_decoder_reset(&c->in);
    buf_take(&c->out, c->out.len);
    c->broken = NULL;
    c->state = SFU_CLOSED;
}

static void lose(struct sfuclient *c, const char *why)
{
    bool was_up = c->state == SFU_UP;
    struct sfu_tag tag;
    uint32_t random;
    if (was_up)
        log_warn(c->cfg.log, "sfu_down", "reason=\"%s\"", why);
    else
        log_debug(c->cfg.log, "sfu_absent", "reason=\"%s\"", why);
    hang_up(c);
    random_fill(&random, sizeof random);
    loop_timer_set(c->cfg.loop, &c->again, loop_now(c->cfg.loop) + backoff_next(&c->backoff, random));
    while (sfu_pending_expire(c->pending, 0, true, &tag))
        answer_unavailable(c, &tag, "The media server went away");
    if (was_up)
        report(c, &(struct sfuclient_event){.type = SFUCLIENT_DOWN});
}

/* From inside a call of the user's: the connection is closed on a later turn, when nobody is on the stack. */
static void break_later(struct sfuclient *c, const char *why)
{
    c->broken = why;
    loop_timer_set(c->cfg.loop, &c->timeout, 0);
}

static void set_timeout(struct sfuclient *c)
{
    usec_t due = sfu_pending_deadline(c->pending);
    if (c->broken)
        return;
    if (due == USEC_NEVER)
        loop_timer_cancel(c->cfg.loop, &c->timeout);
    else
        loop_timer_set(c->cfg.loop, &c->timeout, due);
}

static void on_timeout(void *arg)
{
    struct sfuclient *c = arg;
    struct sfu_tag tag;
    if (c->broken) {
        lose(c, c->broken);
        return;
    }
    while (!c->broken && sfu_pending_expire(c->pending, loop_now(c->cfg.loop), false, &tag)) {
        c->n.timeouts++;
        if (c->state == SFU_HELLO) {
            lose(c, "no answer to hello");
            return;
        }
        log_warn(c->cfg.log, "sfu_timeout", "kind=%d room=%s", tag.kind, tag.room);
        answer_unavailable(c, &tag, "The media server did not answer");
    }
    set_timeout(c);
}

static enum err out_put(struct sfuclient *c, const char *line, size_t len)
{
    enum err e = buf_put(&c->out, bytes_of(line, len), SFUCLIENT_OUT_MAX);
    if (e == ERR_FULL)
        break_later(c, "it does not read");
    if (!e)
        loop_watch_set(c->watch, LOOP_READ | LOOP_WRITE);
    return e;
}

static enum err send_request(struct sfuclient *c, const char *op, json_t *fields, const struct sfu_tag *tag)
{
    uint64_t id = 0;
    char *line = NULL;
    size_t len = 0;
    enum err e = sfu_pending_add(c->pending, loop_now(c->cfg.loop), tag, &id);
    if (e)
        return e;
    e = sfu_encode(id, op, fields, &line, &len);
    if (!e)
        e = out_put(c, line, len);
    free(line);
    if (e) {
        struct sfu_tag unsent;
        return sfu_pending_take(c->pending, id, &unsent) ? ERR_STATE : e;
    }
    c->n.requests++;
    set_timeout(c);
    return OK;
}

enum err sfuclient_request(struct sfuclient *c, const char *op, json_t *fields, const struct sfu_tag *tag)
{
    enum err e = c->state == SFU_UP && !c->broken ? send_request(c, op, fields, tag) : ERR_IO;
    if (e)
        c->n.refused_unavailable++;
    return e;
}

static void on_hello(struct sfuclient *c, const struct sfu_msg *m)
{
    const char *boot_id = json_string_value(json_object_get(m->json, "bootId"));
    json_int_t version = json_integer_value(json_object_get(m->json, "version"));
    if (!m->ok || version != SFU_PROTOCOL || !boot_id || strlen(boot_id) >= BOOT_ID_CAP) {
        char code[LOG_SAFE_CAP];
        log_error(c->cfg.log, "sfu_hello_refused", "code=%s version=%d", log_safe(code, m->code), (int)version);
        break_later(c, "hello was refused");
        return;
    }
    struct sfuclient_event up = {
        .type = SFUCLIENT_UP, .first = !c->was_up, .restarted = c->was_up && strcmp(boot_id, c->boot_id) != 0};
    char safe[LOG_SAFE_CAP];
    log_info(c->cfg.log, "sfu_up", "boot=%s restarted=%d", log_safe(safe, boot_id), up.restarted);
    memcpy(c->boot_id, boot_id, strlen(boot_id) + 1);
    c->was_up = true;
    c->state = SFU_UP;
    c->n.connects++;
    backoff_reset(&c->backoff);
    loop_timer_set(c->cfg.loop, &c->pulse, loop_now(c->cfg.loop) + c->cfg.pulse_every);
    report(c, &up);
}

static void on_response(struct sfuclient *c, const struct sfu_msg *m)
{
    struct sfu_tag tag;
    if (sfu_pending_take(c->pending, m->id, &tag))
        return; /* too late: it was answered "unavailable" */
    c->n.answers++;
    c->n.refusals += !m->ok;
    if (tag.kind == HELLO_KIND)
        on_hello(c, m);
    else if (tag.kind == PULSE_KIND)
        c->asked_at = 0;
    else
        report(c, &(struct sfuclient_event){.type = SFUCLIENT_ANSWER,
                                            .tag = &tag,
                                            .ok = m->ok,
                                            .code = m->code,
                                            .message = m->message,
                                            .json = m->json});
    set_timeout(c);
}

static void on_notification(struct sfuclient *c, const struct sfu_msg *m)
{
    c->n.notifications++;
    if (strcmp(m->event, "lost") == 0) {
        json_int_t n = json_integer_value(json_object_get(m->json, "n"));
        c->n.lost_notifications += n > 0 ? (uint64_t)n : 0;
    } else if (c->state == SFU_UP) {
        report(c, &(struct sfuclient_event){.type = SFUCLIENT_NOTIFICATION, .name = m->event, .json = m->json});
    }
}

static void take_bytes(struct sfuclient *c, struct bytes bytes)
{
    struct rd in = rd_of(bytes);
    struct sfu_msg m = {0};
    enum err e = OK;
    while (!c->broken && (e = sfu_decode(&c->in, &in, &m)) == OK) {
        if (m.type == SFU_MSG_RESPONSE)
            on_response(c, &m);
        else
            on_notification(c, &m);
        sfu_msg_reset(&m);
    }
    if (!c->broken && e != ERR_SHORT)
        break_later(c, e == ERR_NOMEM ? "out of memory" : "it does not speak the protocol");
}

static void flush(struct sfuclient *c)
{
    while (c->out.len) {
        struct bytes left = buf_bytes(&c->out);
        ssize_t n = send(c->fd, left.p, left.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (n < 0) {
            break_later(c, strerror(errno));
            return;
        }
        buf_take(&c->out, (size_t)n);
    }
    loop_watch_set(c->watch, LOOP_READ);
}

static void on_ready(void *arg, unsigned events)
{
    struct sfuclient *c = arg;
    uint8_t buf[READ_LEN];
    if (c->broken)
        return;
    if (events & (LOOP_READ | LOOP_ERROR)) {
        ssize_t n = recv(c->fd, buf, sizeof buf, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
            lose(c, n ? strerror(errno) : "it hung up");
            return;
        }
        if (n > 0)
            take_bytes(c, bytes_of(buf, (size_t)n));
    }
    if (!c->broken && c->out.len)
        flush(c);
}

/* Whoever was late with looking may find the answer waiting. */
static bool is_silent(struct sfuclient *c)
{
    if (!c->asked_at || loop_now(c->cfg.loop) - c->asked_at < c->cfg.silent_after)
        return false;
    on_ready(c, LOOP_READ);
    return c->state == SFU_UP && c->asked_at && !c->broken;
}

static void on_pulse(void *arg)
{
    struct sfuclient *c = arg;
    if (is_silent(c)) {
        lose(c, "it does not answer");
        return;
    }
    if (c->state != SFU_UP || c->broken)
        return;
    if (!c->asked_at && !send_request(c, "stats", NULL, &(struct sfu_tag){.kind = PULSE_KIND}))
        c->asked_at = loop_now(c->cfg.loop);
    loop_timer_set(c->cfg.loop, &c->pulse, loop_now(c->cfg.loop) + c->cfg.pulse_every);
}

static void connect_now(void *arg)
{
    struct sfuclient *c = arg;
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&c->address, sizeof c->address)) {
        lose(c, strerror(errno));
        return;
    }
    if (loop_watch_new(c->cfg.loop, c->fd, LOOP_READ, on_ready, c, &c->watch)) {
        lose(c, "out of memory or descriptors");
        return;
    }
    json_t *fields = json_pack("{s:i}", "version", SFU_PROTOCOL);
    c->state = SFU_HELLO;
    if (send_request(c, "hello", fields, &(struct sfu_tag){.kind = HELLO_KIND}))
        lose(c, "out of memory");
    json_decref(fields);
}

enum err sfuclient_new(const struct sfuclient_config *cfg, struct sfuclient **c)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(cfg->path) >= sizeof address.sun_path)
        return ERR_SYNTAX;
    memcpy(address.sun_path, cfg->path, strlen(cfg->path) + 1);
    struct sfuclient *made = calloc(1, sizeof *made);
    if (!made)
        return ERR_NOMEM;
    if (sfu_pending_new(&made->pending)) {
        free(made);
        return ERR_NOMEM;
    }
    made->cfg = *cfg;
    made->address = address;
    made->fd = -1;
    made->again = (struct loop_timer){.fire = connect_now, .arg = made};
    made->timeout = (struct loop_timer){.fire = on_timeout, .arg = made};
    made->pulse = (struct loop_timer){.fire = on_pulse, .arg = made};
    if (!cfg->pulse_every)
        made->cfg.pulse_every = SFUCLIENT_PULSE_EVERY;
    if (!cfg->silent_after)
        made->cfg.silent_after = SFUCLIENT_SILENT_AFTER;
    made->backoff = (struct backoff){50 * MSEC, 250 * MSEC, 0};
    sfu_decoder_init(&made->in);
    loop_timer_set(cfg->loop, &made->again, 0);
    *c = made;
    return OK;
}

void sfuclient_free(struct sfuclient *c)
{
    if (!c)
        return;
    hang_up(c);
    sfu_pending_free(c->pending);
    buf_reset(&c->out);
    free(c);
}

bool sfuclient_is_up(const struct sfuclient *c)
{
    return c->state == SFU_UP && !c->broken;
}

void sfuclient_counters(const struct sfuclient *c, struct sfuclient_counters *out)
{
    *out = c->n;
    out->is_up = sfuclient_is_up(c);
    out->pending = sfu_pending_len(c->pending);
    out->out_len = c->out.len;
}
