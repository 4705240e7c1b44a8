/* Rooms and their members by name. */
#include "room/hub_priv.h"

#include <stdio.h>
#include <stdlib.h>

static uint64_t hash_name(const char *name)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a; the control process chooses the names, so nobody aims at a bucket */
    for (; *name; name++)
        h = (h ^ (uint8_t)*name) * 0x100000001b3u;
    return h ^ h >> 32;
}

struct room *hub_find_room(struct hub *h, const char *name)
{
    struct room *r = h->rooms[hash_name(name) & (h->rooms_cap - 1)];
    while (r && strcmp(r->name, name) != 0)
        r = r->next;
    return r;
}

struct room *hub_room(struct hub *h, const char *name)
{
    struct room *r = hub_find_room(h, name);
    if (r)
        return r;
    r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    uint64_t hash = hash_name(name);
    r->hub = h;
    r->assign_timer.kind = TIMER_ASSIGN;
    r->levels_timer.kind = TIMER_LEVELS;
    r->home = (unsigned)(hash >> 16) % h->cfg.n_workers;
    snprintf(r->name, sizeof r->name, "%s", name);
    struct room **bucket = &h->rooms[hash & (h->rooms_cap - 1)];
    r->next = *bucket;
    *bucket = r;
    h->counters.n_rooms++;
    return r;
}

void room_gc(struct room *r)
{
    if (r->members || r->n_tracks)
        return;
    struct hub *h = r->hub;
    struct room **at = &h->rooms[hash_name(r->name) & (h->rooms_cap - 1)];
    while (*at != r)
        at = &(*at)->next;
    *at = r->next;
    deadlines_cancel(&h->deadlines, &r->assign_timer);
    deadlines_cancel(&h->deadlines, &r->levels_timer);
    free(r->tracks);
    free(r);
    h->counters.n_rooms--;
}

struct member *room_find_member(struct room *r, const char *name)
{
    struct member *m = r->members;
    while (m && strcmp(m->name, name) != 0)
        m = m->next;
    return m;
}

struct member *room_member(struct room *r, const char *name)
{
    struct member *m = room_find_member(r, name);
    if (m)
        return m;
    m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->room = r;
    m->max_video = -1;
    snprintf(m->name, sizeof m->name, "%s", name);
    m->next = r->members;
    r->members = m;
    r->n_members++;
    r->hub->counters.n_members++;
    return m;
}

void member_free(struct member *m, usec_t now, const char *reason)
{
    struct room *r = m->room;
    if (m->link)
        link_free(m->link, now, reason);
    struct member **at = &r->members;
    while (*at != m)
        at = &(*at)->next;
    *at = m->next;
    r->n_members--;
    r->hub->counters.n_members--;
    free(m->views);
    free(m);
}
