/* server.c: the main thread: peers, their requests, and what the workers say to them. */
#include "api/server.h"
#include "api/codec.h"
#include "api/conn.h"
#include "api/peers.h"
#include "api/registry.h"
#include "common/random.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define MAX_PENDING 8192
/* Of them, one connection's questions that all workers answer: each holds some 5 kB until it is answered. */
#define MAX_GATHERING 1024
#define BOOT_ID_LEN   16
#define VERSION       1
#define TRIM_EVERY    (15 * SEC)
#define LOOK_EVERY    (1 * SEC)

/* A request that workers are still answering. number: place and generation. */
struct pending {
    uint64_t number; /* 0: free */
    unsigned conn;
    uint64_t conn_generation;
    json_int_t id;
    bool is_join, created; /* participant.join */
    bool is_pulse;         /* our own: whether the workers are alive */
    unsigned n_waited;     /* stats: answers still to come … */
    json_t *gathered;      /* … and those that did */
};

struct server {
    struct server_config cfg;
    int listener, signals, epoll;
    char boot_id[BOOT_ID_LEN + 1];
    struct mailbox *box;
    struct workers *workers;
    struct registry *registry;
    struct peers peers;
    struct pending pending[MAX_PENDING];
    uint64_t next_number;
    bool churned; /* sessions came or went since the last trim */
    usec_t trimmed_at;
    bool pulse_waits; /* for some worker's answer */
    usec_t pulse_at;
};

/* ---- connections ---- */

static void say(struct server *s, struct peer *p, char *line, bool droppable)
{
    peers_say(&s->peers, p, line, droppable);
}

static void say_all(struct server *s, const struct msg *note)
{
    for (unsigned i = 0; i < PEERS_MAX; i++)
        if (s->peers.all[i].greeted)
            say(s, &s->peers.all[i], api_notification_of(note), api_notification_may_be_lost(note));
}

static void accept_peer(struct server *s, usec_t now)
{
    bool allowed;
    int fd = conn_accept(s->listener, &allowed);
    if (fd >= 0 && allowed) {
        peers_add(&s->peers, now, fd);
    } else if (fd >= 0) {
        log_warn(s->cfg.log, "control_refused", "reason=credentials");
        close(fd);
    }
}

/* ---- requests ---- */

/* p: who asked; NULL: we ourselves. */
static struct pending *pending_new(struct server *s, const struct peer *p, json_int_t id)
{
    for (unsigned tries = 0; tries < 64; tries++) { /* numbers go round: the oldest are long answered */
        uint64_t number = ++s->next_number;
        struct pending *q = &s->pending[number % MAX_PENDING];
        if (q->number)
            continue;
        *q = (struct pending){.number = number, .id = id};
        if (p) {
            q->conn = (unsigned)(p - s->peers.all);
            q->conn_generation = p->generation;
        }
        return q;
    }
    return NULL;
}

static void answer_pending(struct server *s, struct pending *q, char *line)
{
    struct peer *p = &s->peers.all[q->conn];
    if (p->generation == q->conn_generation) {
        p->n_gathering -= q->gathered != NULL;
        say(s, p, line, false);
    } else {
        free(line);
    }
    json_decref(q->gathered);
    *q = (struct pending){0};
}

static void on_hello(struct server *s, struct peer *p, const struct api_request *r)
{
    if (r->version != VERSION) {
        say(s, p, api_response_error(r->id, "unsupported", "this server speaks version 1"), false);
        return;
    }
    p->greeted = true;
    say(s, p,
        api_response_ok(r->id, json_pack("{s:i, s:s, s:i, s:i}", "version", VERSION, "bootId", s->boot_id, "pid",
                                         (int)getpid(), "workers", (int)workers_count(s->workers))),
        false);
}

/* Number of workers that now have to answer q with their statistics. */
static unsigned workers_ask(struct server *s, const struct pending *q)
{
    unsigned n = 0;
    for (unsigned i = 0; i < workers_count(s->workers); i++) {
        struct msg *m = msg_new(MSG_STATS, NULL, NULL);
        if (!m)
            continue;
        m->request = q->number;
        workers_tell(s->workers, i, m);
        n++;
    }
    return n;
}

static void on_room_create(struct server *s, struct peer *p, const struct api_request *r)
{
    bool created = registry_add_room(s->registry, r->room);
    say(s, p, api_response_ok(r->id, json_pack("{s:b}", "created", created)), false);
}

static void on_room_close(struct server *s, struct peer *p, const struct api_request *r)
{
    bool known = registry_drop_room(s->registry, r->room);
    for (unsigned i = 0; known && i < workers_count(s->workers); i++) {
        struct msg *m = msg_new(MSG_ROOM_CLOSE, r->room, NULL);
        if (m)
            workers_tell(s->workers, i, m);
    }
    say(s, p, api_response_ok(r->id, json_pack("{s:b}", "closed", known)), false);
}

static void on_stats(struct server *s, struct peer *p, const struct api_request *r)
{
    struct pending *q = p->n_gathering < MAX_GATHERING ? pending_new(s, p, r->id) : NULL;
    if (!q) {
        say(s, p, api_response_error(r->id, "full", "too many requests are waiting"), false);
        return;
    }
    q->gathered = json_array();
    p->n_gathering += q->gathered != NULL;
    q->n_waited = workers_ask(s, q);
    if (q->n_waited == 0) /* no memory for a single question: nobody will answer */
        answer_pending(s, q, api_response_error(q->id, "internal", "out of memory"));
}

/* A request about one participant goes to the worker that has it. */
static void on_participant(struct server *s, struct peer *p, const struct api_request *r)
{
    struct api_error why;
    struct msg *m = NULL;
    unsigned worker = 0;
    bool created = false;
    enum err e = r->needs & API_REGISTERS ? registry_add(s->registry, r->room, r->participant, &worker, &created)
                                          : registry_find(s->registry, r->room, r->participant, &worker);
    if (e == ERR_NOT_FOUND && (r->needs & API_ABSENT_IS_FINE)) {
        say(s, p, api_response_ok(r->id, NULL), false);
        return;
    }
    if (e) {
        say(s, p, api_response_error(r->id, api_error_code(e), "no such participant"), false);
        return;
    }
    if (api_request_msg(r, &m, &why)) {
        say(s, p, api_response_error(r->id, why.code, why.text), false);
        return;
    }
    struct pending *q = pending_new(s, p, r->id);
    if (!q) {
        msg_free(m);
        say(s, p, api_response_error(r->id, "full", "too many requests are waiting"), false);
        return;
    }
    q->is_join = r->needs & API_REGISTERS;
    q->created = created;
    m->request = q->number;
    if (r->needs & API_WANTS_ENTROPY)
        random_fill(m->offer.entropy, sizeof m->offer.entropy);
    if (r->needs & API_UNREGISTERS)
        registry_drop(s->registry, r->room, r->participant);
    workers_tell(s->workers, worker, m);
}

/* The server is ICE-lite and learns the client's address from its checks. */
static void on_candidate(struct server *s, struct peer *p, const struct api_request *r)
{
    say(s, p, api_response_ok(r->id, NULL), false);
}

static void on_state_dump(struct server *s, struct peer *p, const struct api_request *r)
{
    say(s, p, api_response_ok(r->id, json_pack("{s:o}", "rooms", registry_dump(s->registry))), false);
}

static void on_request(struct server *s, struct peer *p, const struct api_request *r)
{
    static void (*const handlers[API_OPS])(struct server *, struct peer *, const struct api_request *) = {
        [OP_HELLO] = on_hello,
        [OP_ROOM_CREATE] = on_room_create,
        [OP_ROOM_CLOSE] = on_room_close,
        [OP_PARTICIPANT_JOIN] = on_participant,
        [OP_PARTICIPANT_LEAVE] = on_participant,
        [OP_SESSION_TRACKS] = on_participant,
        [OP_SESSION_OFFER] = on_participant,
        [OP_SESSION_CANDIDATE] = on_candidate,
        [OP_SESSION_VIEW] = on_participant,
        [OP_PARTICIPANT_AUDIO] = on_participant,
        [OP_SESSION_STATS] = on_participant,
        [OP_STATS] = on_stats,
        [OP_STATE_DUMP] = on_state_dump,
    };
    if (p->greeted || r->op == OP_HELLO)
        handlers[r->op](s, p, r);
    else
        say(s, p, api_response_error(r->id, "state", "say hello first"), false);
}

static void on_line(struct server *s, struct peer *p, const char *line, size_t len)
{
    struct api_request r;
    struct api_error why = {"bad_request", ""};
    if (api_request_read(line, len, &r, &why) == OK)
        on_request(s, p, &r);
    else if (r.has_id)
        say(s, p, api_response_error(r.id, why.code, why.text), false);
    else
        peers_hang_up(&s->peers, p, "not_the_protocol");
    api_request_reset(&r);
}

static void read_peer(struct server *s, struct peer *p)
{
    const char *line;
    size_t len;
    enum err e = conn_read(p->conn);
    if (e) {
        peers_hang_up(&s->peers, p, e == ERR_IO ? "closed" : err_name(e));
        return;
    }
    while (p->conn && conn_next_line(p->conn, &line, &len))
        on_line(s, p, line, len);
}

/* ---- what the workers say ---- */

static void on_reply(struct server *s, struct pending *q, const struct msg *m)
{
    if (q->is_join && !m->reply.err)
        answer_pending(s, q, api_response_ok(q->id, json_pack("{s:b}", "created", q->created)));
    else
        answer_pending(s, q, api_response_of(q->id, m));
}

static void on_session_stats_reply(struct server *s, struct pending *q, const struct msg *m)
{
    answer_pending(s, q, api_response_of(q->id, m));
}

static void on_stats_reply(struct server *s, struct pending *q, const struct msg *m)
{
    if (m->stats && !q->is_pulse)
        json_array_append_new(q->gathered, api_stats_json(m->stats));
    if (--q->n_waited)
        return;
    if (q->is_pulse) {
        s->pulse_waits = false;
        *q = (struct pending){0};
        supervisor_alive(s->cfg.supervisor);
        return;
    }
    answer_pending(s, q, api_response_ok(q->id, json_pack("{s:O}", "workers", q->gathered)));
}

static void on_state(struct server *s, const struct msg *m)
{
    s->churned = true;
    registry_set_state(s->registry, m->room, m->participant, session_state_name(m->state.state));
    say_all(s, m);
}

static void on_worker(struct server *s, const struct msg *m)
{
    static const struct {
        void (*reply)(struct server *s, struct pending *q, const struct msg *m);
        void (*note)(struct server *s, const struct msg *m);
    } handlers[MSG_TYPES] = {
        [MSG_REPLY] = {.reply = on_reply},
        [MSG_SESSION_STATS_REPLY] = {.reply = on_session_stats_reply},
        [MSG_STATS_REPLY] = {.reply = on_stats_reply},
        [MSG_STATE] = {.note = on_state},
        [MSG_SLOTS] = {.note = say_all},
        [MSG_SPEAKERS_NOTE] = {.note = say_all},
        [MSG_QUALITY] = {.note = say_all},
    };
    struct pending *q = &s->pending[m->request % MAX_PENDING];
    if (handlers[m->type].note)
        handlers[m->type].note(s, m);
    else if (!handlers[m->type].reply)
        log_warn(s->cfg.log, "message_refused", "type=%s from=%u", msg_type_name(m->type), m->from);
    else if (m->request && q->number == m->request) /* else nobody waits for it any longer */
        handlers[m->type].reply(s, q, m);
}

static void read_workers(struct server *s)
{
    struct msg_list list;
    msg_list_init(&list);
    mailbox_take_all(s->box, &list);
    for (struct msg *m; (m = msg_list_take(&list)); msg_free(m))
        on_worker(s, m);
}

/* ---- the loop ---- */

static void on_ready(struct server *s, usec_t now, int fd)
{
    if (fd == s->listener) {
        accept_peer(s, now);
        return;
    }
    if (fd == mailbox_fd(s->box)) {
        read_workers(s);
        return;
    }
    for (unsigned i = 0; i < PEERS_MAX; i++)
        if (s->peers.all[i].conn && conn_fd(s->peers.all[i].conn) == fd) {
            s->peers.all[i].heard_at = now;
            read_peer(s, &s->peers.all[i]);
            return;
        }
}

/* A handshake needs some 75 kB for seconds, and the heap keeps what it once had. */
static void trim(struct server *s, usec_t now)
{
    if (!s->churned || now - s->trimmed_at < TRIM_EVERY)
        return;
    malloc_trim(0);
    s->churned = false;
    s->trimmed_at = now;
}

/* Asks all workers again when all have answered: the supervisor hears of us as long as every thread turns. */
static void pulse(struct server *s, usec_t now)
{
    if (s->pulse_waits || now - s->pulse_at < SUPERVISOR_EVERY)
        return;
    struct pending *q = pending_new(s, NULL, 0);
    if (!q)
        return;
    q->is_pulse = true;
    s->pulse_at = now;
    log_tell_left_out(s->cfg.log);
    q->n_waited = workers_ask(s, q);
    s->pulse_waits = q->n_waited > 0;
    if (!s->pulse_waits)
        *q = (struct pending){0};
}

void server_run(struct server *s)
{
    supervisor_ready(s->cfg.supervisor);
    for (;;) {
        struct epoll_event events[PEERS_MAX + 3];
        int n = epoll_wait(s->epoll, events, ARRAY_LEN(events), LOOK_EVERY / MSEC);
        if (n < 0 && errno != EINTR)
            return;
        usec_t now = usec_monotonic();
        trim(s, now);
        pulse(s, now);
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == s->signals) {
                supervisor_stopping(s->cfg.supervisor);
                return;
            }
            on_ready(s, now, events[i].data.fd);
        }
        peers_expire(&s->peers, now);
        peers_write(&s->peers);
    }
}

/* ---- beginning and end ---- */

static bool watch(struct server *s, int fd)
{
    struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
    return fd >= 0 && epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) == 0;
}

static enum err server_open(struct server *s)
{
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    random_text(s->boot_id, BOOT_ID_LEN, RANDOM_HEX);
    enum err e = mailbox_new(&s->box);
    if (!e)
        e = registry_new(s->cfg.workers.n_workers, &s->registry);
    if (!e)
        e = workers_start(&s->cfg.workers, s->box, &s->workers);
    if (e)
        return e;
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    s->peers = (struct peers){.epoll = s->epoll, .log = s->cfg.log};
    s->signals = signalfd(-1, &stop, SFD_NONBLOCK | SFD_CLOEXEC);
    s->listener = conn_listen(s->cfg.path, PEERS_MAX);
    if (s->listener < 0) {
        log_error(s->cfg.log, "socket", "path=%s error=%s", s->cfg.path, strerror(errno));
        return ERR_IO;
    }
    bool good = s->epoll >= 0 && watch(s, s->signals) && watch(s, s->listener) && watch(s, mailbox_fd(s->box));
    return good ? OK : ERR_IO;
}

enum err server_new(const struct server_config *cfg, struct server **server)
{
    struct server *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_NOMEM;
    s->cfg = *cfg;
    s->listener = s->signals = s->epoll = -1;
    enum err e = server_open(s);
    if (e) {
        server_free(s);
        return e;
    }
    *server = s;
    return OK;
}

void server_free(struct server *s)
{
    if (!s)
        return;
    workers_stop(s->workers);
    peers_reset(&s->peers);
    for (unsigned i = 0; i < MAX_PENDING; i++)
        json_decref(s->pending[i].gathered);
    registry_free(s->registry);
    mailbox_free(s->box);
    if (s->listener >= 0) {
        close(s->listener);
        unlink(s->cfg.path);
    }
    if (s->signals >= 0)
        close(s->signals);
    if (s->epoll >= 0)
        close(s->epoll);
    free(s);
}
