/* registry.c: who is in which room, and on which worker. */
#include "api/registry.h"

#include <stdlib.h>

struct registry {
    json_t *rooms; /* room -> participant -> {worker, state} */
    unsigned n_workers;
    unsigned *load; /* participants on each worker */
};

enum err registry_new(unsigned n_workers, struct registry **registry)
{
    struct registry *r = calloc(1, sizeof *r);
    if (!r)
        return ERR_NOMEM;
    r->n_workers = n_workers;
    r->rooms = json_object();
    r->load = calloc(n_workers, sizeof *r->load);
    if (!r->rooms || !r->load) {
        registry_free(r);
        return ERR_NOMEM;
    }
    *registry = r;
    return OK;
}

void registry_free(struct registry *r)
{
    if (!r)
        return;
    json_decref(r->rooms);
    free(r->load);
    free(r);
}

bool registry_add_room(struct registry *r, const char *room)
{
    if (json_object_get(r->rooms, room))
        return false;
    json_object_set_new(r->rooms, room, json_object());
    return true;
}

static unsigned worker_of(const json_t *participant)
{
    return (unsigned)json_integer_value(json_object_get(participant, "worker"));
}

bool registry_drop_room(struct registry *r, const char *room)
{
    json_t *participants = json_object_get(r->rooms, room), *p;
    const char *name;
    if (!participants)
        return false;
    json_object_foreach(participants, name, p)
        r->load[worker_of(p)]--;
    json_object_del(r->rooms, room);
    return true;
}

static unsigned least_loaded(const struct registry *r)
{
    unsigned best = 0;
    for (unsigned i = 1; i < r->n_workers; i++)
        if (r->load[i] < r->load[best])
            best = i;
    return best;
}

enum err registry_add(struct registry *r, const char *room, const char *participant, unsigned *worker, bool *created)
{
    *created = registry_find(r, room, participant, worker) == ERR_NOT_FOUND;
    if (!*created)
        return OK;
    registry_add_room(r, room);
    unsigned w = least_loaded(r);
    json_t *p = json_pack("{s:i, s:s}", "worker", (int)w, "state", "joined");
    if (!p || json_object_set_new(json_object_get(r->rooms, room), participant, p))
        return ERR_NOMEM;
    r->load[w]++;
    *worker = w;
    return OK;
}

static json_t *find(const struct registry *r, const char *room, const char *participant)
{
    return json_object_get(json_object_get(r->rooms, room), participant);
}

enum err registry_find(const struct registry *r, const char *room, const char *participant, unsigned *worker)
{
    const json_t *p = find(r, room, participant);
    if (!p)
        return ERR_NOT_FOUND;
    *worker = worker_of(p);
    return OK;
}

void registry_drop(struct registry *r, const char *room, const char *participant)
{
    const json_t *p = find(r, room, participant);
    if (!p)
        return;
    r->load[worker_of(p)]--;
    json_object_del(json_object_get(r->rooms, room), participant);
}

void registry_set_state(struct registry *r, const char *room, const char *participant, const char *state)
{
    json_t *p = find(r, room, participant);
    if (p)
        json_object_set_new(p, "state", json_string(state));
}

json_t *registry_dump(const struct registry *r)
{
    json_t *out = json_array(), *participants, *p;
    const char *room, *name;
    json_object_foreach(r->rooms, room, participants) {
        json_t *list = json_array();
        json_object_foreach(participants, name, p)
            json_array_append_new(list,
                                  json_pack("{s:s, s:O}", "participant", name, "state", json_object_get(p, "state")));
        json_array_append_new(out, json_pack("{s:s, s:o}", "room", room, "participants", list));
    }
    return out;
}
