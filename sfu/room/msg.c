/* msg.c: the kinds of messages, what each owns, and lists of them. */
#include "room/msg.h"

#include <stdio.h>
#include <stdlib.h>

struct msg *msg_new(enum msg_type type, const char *room, const char *participant)
{
    struct msg *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->type = type;
    snprintf(m->room, sizeof m->room, "%s", room ? room : "");
    snprintf(m->participant, sizeof m->participant, "%s", participant ? participant : "");
    return m;
}

static void free_offer(struct msg *m)
{
    free(m->offer.sdp);
}

static void free_view(struct msg *m)
{
    free(m->view.list);
}

static void free_reply(struct msg *m)
{
    free(m->reply.text);
}

static void free_session_stats(struct msg *m)
{
    free(m->session);
}

static void free_stats(struct msg *m)
{
    free(m->stats);
}

static void free_slots(struct msg *m)
{
    free(m->slots.list);
}

static const struct kind {
    const char *name;
    enum msg_way way;
    void (*free_parts)(struct msg *m); /* what it owns; NULL: nothing */
} kinds[MSG_TYPES] = {
    [MSG_NONE] = {"none", MSG_IS_NOTHING, NULL},
    [MSG_JOIN] = {"join", MSG_IS_REQUEST, NULL},
    [MSG_LEAVE] = {"leave", MSG_IS_REQUEST, NULL},
    [MSG_TRACKS] = {"tracks", MSG_IS_REQUEST, NULL},
    [MSG_OFFER] = {"offer", MSG_IS_REQUEST, free_offer},
    [MSG_VIEW] = {"view", MSG_IS_REQUEST, free_view},
    [MSG_BLOCK_AUDIO] = {"block_audio", MSG_IS_REQUEST, NULL},
    [MSG_SESSION_STATS] = {"session_stats", MSG_IS_REQUEST, NULL},
    [MSG_ROOM_CLOSE] = {"room_close", MSG_IS_REQUEST, NULL},
    [MSG_STATS] = {"stats", MSG_IS_REQUEST, NULL},
    [MSG_TRACK_ADD] = {"track_add", MSG_IS_PEER, NULL},
    [MSG_TRACK_REMOVE] = {"track_remove", MSG_IS_PEER, NULL},
    [MSG_SPEAKERS_ARE] = {"speakers_are", MSG_IS_PEER, NULL},
    [MSG_TRACK_WANTED] = {"track_wanted", MSG_IS_PEER, NULL},
    [MSG_KEY_WANTED] = {"key_wanted", MSG_IS_PEER, NULL},
    [MSG_LEVELS] = {"levels", MSG_IS_PEER, NULL},
    [MSG_REPLY] = {"reply", MSG_IS_REPLY, free_reply},
    [MSG_SESSION_STATS_REPLY] = {"session_stats_reply", MSG_IS_REPLY, free_session_stats},
    [MSG_STATS_REPLY] = {"stats_reply", MSG_IS_REPLY, free_stats},
    [MSG_STATE] = {"state", MSG_IS_NOTE, NULL},
    [MSG_SLOTS] = {"slots", MSG_IS_NOTE, free_slots},
    [MSG_SPEAKERS_NOTE] = {"speakers_note", MSG_IS_NOTE, NULL},
    [MSG_QUALITY] = {"quality", MSG_IS_NOTE, NULL},
};

enum msg_way msg_way(enum msg_type type)
{
    return (unsigned)type < MSG_TYPES ? kinds[type].way : MSG_IS_NOTHING;
}

const char *msg_type_name(enum msg_type type)
{
    return (unsigned)type < MSG_TYPES ? kinds[type].name : "unknown";
}

void msg_free(struct msg *m)
{
    if (!m)
        return;
    if ((unsigned)m->type < MSG_TYPES && kinds[m->type].free_parts)
        kinds[m->type].free_parts(m);
    free(m);
}

void msg_list_init(struct msg_list *l)
{
    l->first = NULL;
    l->last = &l->first;
}

void msg_list_put(struct msg_list *l, struct msg *m)
{
    if (!m)
        return;
    m->next = NULL;
    *l->last = m;
    l->last = &m->next;
}

struct msg *msg_list_take(struct msg_list *l)
{
    struct msg *m = l->first;
    if (!m)
        return NULL;
    l->first = m->next;
    if (!l->first)
        l->last = &l->first;
    m->next = NULL;
    return m;
}
