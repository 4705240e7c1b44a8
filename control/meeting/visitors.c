/* visitors.c: a table of addresses in meetings, each remembered for as long as its buckets fill again. */
#include "meeting/visitors.h"

#include <stdlib.h>

#define PEOPLE_LEAST 2
#define FORGET_AFTER (60 * SEC) /* any bucket is full by then */
#define FORGET_MAX   64         /* at a time */

void visitors_reset(struct visitors *vs)
{
    size_t at = 0;
    for (void *v = map_next(&vs->map, &at); v; v = map_next(&vs->map, &at))
        free(v);
    map_reset(&vs->map);
}

static void forget_some(struct visitors *vs, usec_t now)
{
    struct visitor *gone[FORGET_MAX];
    unsigned n = 0;
    size_t at = 0;
    for (struct visitor *v = map_next(&vs->map, &at); v && n < FORGET_MAX; v = map_next(&vs->map, &at))
        if (!v->sockets && now - v->left_at > FORGET_AFTER)
            gone[n++] = v;
    while (n > 0) {
        map_remove(&vs->map, gone[--n]->key);
        free(gone[n]);
    }
}

struct visitor *visitors_enter(struct visitors *vs, usec_t now, const struct holder *from, const char *meeting)
{
    uint64_t key = holder_hash(from, vs->seed ^ map_key_of_text(meeting)) | 1;
    struct visitor *v = map_find(&vs->map, key);
    if (!v && vs->map.n >= vs->map.cap / 2) /* before the table grows */
        forget_some(vs, now);
    if (!v && vs->map.n < VISITORS_MAX)
        v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    if (!v->key && map_add(&vs->map, key, v)) {
        free(v);
        return NULL;
    }
    v->key = key;
    v->sockets++;
    return v;
}

void visitors_leave(struct visitor *v, usec_t now)
{
    if (!v)
        return;
    v->sockets--;
    v->left_at = now;
}

bool visitor_takes(struct visitor *v, enum rate_kind kind, usec_t now)
{
    return rate_take(&v->rates, kind, now, v->sockets < PEOPLE_LEAST ? PEOPLE_LEAST : v->sockets);
}
