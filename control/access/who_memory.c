/* who_memory.c: whose key or session it was, for some seconds; forgotten at once when it changes. */
#include "access/who_memory.h"

#include <stdlib.h>
#include <string.h>

struct place {
    struct who who; /* user_id 0: empty */
    usec_t until;
};

struct who_memory {
    uint64_t forgets;
    struct place places[WHO_MEMORY_PLACES];
};

enum err who_memory_new(struct who_memory **m)
{
    *m = calloc(1, sizeof **m);
    return *m ? OK : ERR_NOMEM;
}

void who_memory_free(struct who_memory *m)
{
    free(m);
}

/* The hash is uniform already: its first 48 bits say where. */
static size_t place_of(const char *secret_hash)
{
    char head[13] = {0};
    memcpy(head, secret_hash, strnlen(secret_hash, 12));
    return strtoull(head, NULL, 16) % WHO_MEMORY_PLACES;
}

const struct who *who_memory_find(const struct who_memory *m, usec_t now, const char *secret_hash)
{
    const struct place *p = &m->places[place_of(secret_hash)];
    return p->who.user_id && p->until > now && strcmp(p->who.secret_hash, secret_hash) == 0 ? &p->who : NULL;
}

uint64_t who_memory_forgets(const struct who_memory *m)
{
    return m->forgets;
}

void who_memory_put(struct who_memory *m, usec_t now, uint64_t asked_at, const struct who *w)
{
    if (asked_at == m->forgets)
        m->places[place_of(w->secret_hash)] = (struct place){*w, now + WHO_MEMORY_KEEPS};
}

static struct place *place_find(struct who_memory *m, const char *secret_hash)
{
    struct place *p = &m->places[place_of(secret_hash)];
    return strcmp(p->who.secret_hash, secret_hash) == 0 ? p : NULL;
}

void who_memory_seen(struct who_memory *m, const char *secret_hash, usec_t seen_at)
{
    struct place *p = place_find(m, secret_hash);
    if (p)
        p->who.seen_at = seen_at;
}

void who_memory_forget_secret(struct who_memory *m, const char *secret_hash)
{
    struct place *p = place_find(m, secret_hash);
    if (p)
        p->who.user_id = 0;
    m->forgets++;
}

void who_memory_forget_user(struct who_memory *m, int64_t user_id)
{
    for (size_t i = 0; i < WHO_MEMORY_PLACES; i++)
        if (m->places[i].who.user_id == user_id)
            m->places[i].who.user_id = 0;
    m->forgets++;
}

void who_memory_forget_everybody(struct who_memory *m)
{
    for (size_t i = 0; i < WHO_MEMORY_PLACES; i++)
        m->places[i].who.user_id = 0;
    m->forgets++;
}
