/* Participants joining, talking and leaving. */
#include "loadtest/run_priv.h"

#include "common/random.h"
#include "rtp/ntp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AUDIO_SLOTS_MAX 30
#define TAG_SLOT_BITS   20
#define SAY_AT_MOST     5
#define READS_AT_ONCE   4 /* batches of one socket before the next gets its turn */

static uint64_t tag_of(const struct run *r, unsigned i)
{
    return (uint64_t)r->people[i].generation << TAG_SLOT_BITS | i;
}

/* The person whose signal this is; NULL if it is of one who has left. */
static struct person *person_of(struct run *r, uint64_t tag, unsigned *i)
{
    *i = (unsigned)(tag & ((1u << TAG_SLOT_BITS) - 1));
    if (*i >= r->n_people || tag >> TAG_SLOT_BITS != r->people[*i].generation)
        return NULL;
    return &r->people[*i];
}

static struct sfu_link_who who_of(const struct run *r, unsigned i)
{
    const struct person *p = &r->people[i];
    return (struct sfu_link_who){.room = r->rooms[p->room].id, .participant = p->name, .tag = tag_of(r, i)};
}

bool person_is_there(const struct person *p)
{
    return p->ep && endpoint_state(p->ep) == ENDPOINT_OPEN && endpoint_has_media(p->ep);
}

static void fail(struct run *r, unsigned i, const char *why)
{
    run_error(r, why);
    person_drop(r, i);
    r->people[i].state = PERSON_FAILED;
}

/* After anything that the endpoint did: its datagrams, its end, its next deadline. */
static void settle(struct run *r, unsigned i)
{
    struct person *p = &r->people[i];
    if (r->out->n_datagrams && p->fd >= 0)
        wire_send(r->wire, p->fd, r->out);
    outbox_clear(r->out);
    if (endpoint_state(p->ep) == ENDPOINT_ENDED) {
        fail(r, i, endpoint_why(p->ep) ? endpoint_why(p->ep) : "ended");
        return;
    }
    deadlines_set(&r->deadlines, &p->timer, endpoint_deadline(p->ep));
}

void person_udp(struct run *r, unsigned i)
{
    struct person *p = &r->people[i];
    uint8_t *data;
    size_t len;
    if (p->fd < 0 || !p->ep)
        return;
    for (unsigned n = 0; n < READS_AT_ONCE && wire_receive(r->wire, p->fd); n++) {
        usec_t now = usec_monotonic();
        while (wire_next(r->wire, &data, &len))
            endpoint_recv(p->ep, now, data, len, r->out);
        if (!wire_was_full(r->wire))
            break;
    }
    p->there |= person_is_there(p);
    settle(r, i);
}

void person_tick(struct run *r, unsigned i, usec_t now)
{
    struct person *p = &r->people[i];
    if (!p->ep)
        return;
    endpoint_tick(p->ep, now, ntp_of_wall(usec_wall()), r->out);
    settle(r, i);
}

/* --- joining --- */

/* For how many there are to be slots. */
static unsigned others_who_send(const struct run *r, const struct person *me)
{
    const struct options *o = r->o;
    if (o->meeting) /* strangers may send, too */
        return o->max_video;
    return o->rooms ? o->size - (me->sends ? 1 : 0) : o->publishers - (me->sends ? 1 : 0);
}

static enum err make_endpoint(struct run *r, unsigned i)
{
    struct person *p = &r->people[i];
    unsigned others = p->receives ? others_who_send(r, p) : 0;
    struct endpoint_config cfg = {.env = &r->env, .number = i, .seed = run_random(r), .nack = r->o->nack};
    cfg.send_audio = p->sends && r->o->audio;
    cfg.send_video = p->sends && r->o->video;
    cfg.audio = &r->audio[i % r->n_clips];
    cfg.video = &r->video[i % r->n_clips];
    cfg.verify = p->verify;
    if (r->o->audio)
        cfg.n_audio_slots = others < AUDIO_SLOTS_MAX ? others : AUDIO_SLOTS_MAX;
    if (r->o->video)
        cfg.n_video_slots = others < r->o->max_video ? others : r->o->max_video;
    char ufrag[9], pwd[25];
    random_text(ufrag, sizeof ufrag - 1, RANDOM_ALNUM);
    random_text(pwd, sizeof pwd - 1, RANDOM_ALNUM);
    enum err e = ice_creds_set(&cfg.creds, bytes_str(ufrag), bytes_str(pwd));
    return e ? e : endpoint_new(&cfg, &p->ep);
}

static void send_offer(struct run *r, unsigned i, usec_t now)
{
    struct person *p = &r->people[i];
    struct wr w = wr_of(r->sdp, SDP_TEXT_MAX);
    enum err e = endpoint_offer(p->ep, now, &w);
    if (e) {
        fail(r, i, "offer");
        return;
    }
    struct bytes sdp = bytes_of(r->sdp, wr_len(&w));
    p->state = PERSON_OFFERED;
    if (!r->sfu) {
        control_link_offer(p->link, p->sends && r->o->audio, p->sends && r->o->video, sdp);
        return;
    }
    struct sfu_link_who who = who_of(r, i);
    sfu_link_offer(r->sfu, &who, p->sends && r->o->audio, p->sends && r->o->video, sdp);
}

static void watch_link(struct run *r, unsigned i, bool first)
{
    struct person *p = &r->people[i];
    bool writes = control_link_wants_write(p->link);
    if (!first && writes == p->link_writes)
        return;
    p->link_writes = writes;
    if (run_watch(r, control_link_fd(p->link), FD_LINK, i, first, writes))
        fail(r, i, "epoll");
}

/* The host, who makes room for all. */
static bool is_first_of_room(const struct run *r, unsigned i)
{
    return i == 0 || r->people[i - 1].room != r->people[i].room;
}

void person_join(struct run *r, unsigned i, usec_t now)
{
    struct person *p = &r->people[i];
    p->generation++;
    p->there = false;
    p->since = now;
    snprintf(p->name, sizeof p->name, "load-%u-%u", i, p->generation);
    if (make_endpoint(r, i)) {
        fail(r, i, "no_memory");
        return;
    }
    if (r->sfu) {
        send_offer(r, i, now);
        return;
    }
    const struct run_room *room = &r->rooms[p->room];
    struct control_link_config cfg = {.peer = r->control, .host = r->o->host, .meeting = room->id, .name = p->name};
    cfg.tag = tag_of(r, i);
    cfg.random = run_random(r);
    if (room->admin_token[0] && is_first_of_room(r, i)) {
        cfg.admin_token = room->admin_token;
        cfg.max_participants = r->n_people / r->n_rooms + 1;
    }
    if (control_link_open(&cfg, &p->link)) {
        fail(r, i, "control_connect");
        return;
    }
    p->state = PERSON_ASKING;
    watch_link(r, i, true);
}

static void drop_media(struct run *r, struct person *p)
{
    if (r->phase == RUN_MEASURE && p->ep) {
        run_count_wanted(r, p);
        endpoint_collect(p->ep);
    }
    deadlines_cancel(&r->deadlines, &p->timer);
    endpoint_free(p->ep);
    p->ep = NULL;
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
}

/* A new connection under the same signalling. */
static void reconnect(struct run *r, unsigned i, usec_t now)
{
    struct person *p = &r->people[i];
    drop_media(r, p);
    if (make_endpoint(r, i))
        fail(r, i, "no_memory");
    else
        send_offer(r, i, now);
}

void person_drop(struct run *r, unsigned i)
{
    struct person *p = &r->people[i];
    drop_media(r, p);
    control_link_close(p->link);
    p->link = NULL;
    p->state = PERSON_OUTSIDE;
}

void person_leave(struct run *r, unsigned i)
{
    struct person *p = &r->people[i];
    if (p->ep && p->fd >= 0) {
        endpoint_close(p->ep, r->out);
        wire_send(r->wire, p->fd, r->out);
    }
    outbox_clear(r->out);
    if (r->sfu && p->state != PERSON_OUTSIDE) {
        struct sfu_link_who who = who_of(r, i);
        sfu_link_leave(r->sfu, &who);
    }
    person_drop(r, i);
}

/* --- signals --- */

static void answered(struct run *r, unsigned i, usec_t now, struct bytes sdp)
{
    struct person *p = &r->people[i];
    struct addr peer;
    struct sdp_error why = {
        {0},
    };
    if (p->state != PERSON_OFFERED)
        return;
    if (endpoint_answer(p->ep, now, sdp, &peer, &why)) {
        fprintf(stderr, "%s: answer: %s\n", p->name, why.text);
        fail(r, i, "answer_refused");
        return;
    }
    p->fd = wire_open(&peer);
    if (p->fd < 0 || run_watch(r, p->fd, FD_UDP, i, true, false)) {
        fail(r, i, "udp_socket");
        return;
    }
    p->state = PERSON_CONNECTED;
    person_tick(r, i, now);
}

static void on_signal(struct run *r, usec_t now, const struct signal *s)
{
    unsigned i;
    struct person *p = person_of(r, s->tag, &i);
    if (!p || p->state == PERSON_OUTSIDE || p->state == PERSON_FAILED)
        return;
    switch (s->type) {
    case SIGNAL_READY:
        send_offer(r, i, now);
        break;
    case SIGNAL_ANSWER:
        answered(r, i, now, s->text);
        break;
    case SIGNAL_REFUSED:
        if (run_error(r, "refused") <= SAY_AT_MOST)
            fprintf(stderr, "%s: refused: %.*s\n", p->name, (int)s->text.len, (const char *)s->text.p);
        person_drop(r, i);
        p->state = PERSON_FAILED;
        break;
    case SIGNAL_CLOSED:
        fail(r, i, "signalling_closed");
        break;
    case SIGNAL_RESTART:
        run_error(r, "restart");
        reconnect(r, i, now);
        break;
    }
}

void person_link(struct run *r, unsigned i, usec_t now)
{
    struct person *p = &r->people[i];
    struct signal s;
    if (!p->link)
        return;
    control_link_read(p->link);
    while (p->link && control_link_next(p->link, &s)) {
        on_signal(r, now, &s);
        signal_reset(&s);
    }
    if (!p->link)
        return;
    control_link_flush(p->link);
    watch_link(r, i, false);
}

void people_sfu_link(struct run *r, usec_t now)
{
    struct signal s;
    sfu_link_io(r->sfu);
    while (sfu_link_next(r->sfu, &s)) {
        on_signal(r, now, &s);
        signal_reset(&s);
    }
}
