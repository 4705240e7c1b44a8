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

void msg_free(struct msg *m)
{
    if (!m)
        return;
    free(m->text);
    switch (m->type) {
    case MSG_VIEW:
        free(m->view.list);
        break;
    case MSG_SLOTS:
        free(m->slots.list);
        break;
    case MSG_STATS_REPLY:
        free(m->counters);
        break;
    case MSG_SESSION_STATS_REPLY:
        free(m->session);
        break;
    default:
        break;
    }
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
