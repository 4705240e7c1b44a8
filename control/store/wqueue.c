/* wqueue.c: a ring of blocks, one for each write. */
#include "store/wqueue.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* One write in one block: the struct, its pointers, then the texts they point to. */
struct queued_write {
    struct wqueue_statement write;
    size_t size;
    const char *params[];
};

struct wqueue {
    struct queued_write **ring;
    size_t cap, first, max_bytes;
    struct wqueue_counters n;
};

enum err wqueue_new(size_t max_writes, size_t max_bytes, struct wqueue **q)
{
    struct wqueue *made = calloc(1, sizeof *made);
    if (!made)
        return ERR_NOMEM;
    made->ring = calloc(max_writes, sizeof(struct queued_write *));
    if (!made->ring) {
        free(made);
        return ERR_NOMEM;
    }
    made->cap = max_writes;
    made->max_bytes = max_bytes;
    *q = made;
    return OK;
}

static struct queued_write **slot_at(const struct wqueue *q, size_t i)
{
    assert(i < q->n.len);
    return &q->ring[(q->first + i) % q->cap];
}

void wqueue_free(struct wqueue *q)
{
    if (!q)
        return;
    for (size_t i = 0; i < q->n.len; i++)
        free(*slot_at(q, i));
    free((void *)q->ring);
    free(q);
}

static struct queued_write *entry_new(const struct wqueue_statement *w)
{
    size_t size = sizeof(struct queued_write) + w->n_params * sizeof(char *);
    size_t at = size;
    for (unsigned i = 0; i < w->n_params; i++)
        size += w->params[i] ? strlen(w->params[i]) + 1 : 0;
    struct queued_write *e = malloc(size);
    if (!e)
        return NULL;
    for (unsigned i = 0; i < w->n_params; i++) {
        e->params[i] = NULL;
        if (!w->params[i])
            continue;
        size_t len = strlen(w->params[i]) + 1;
        e->params[i] = memcpy((char *)e + at, w->params[i], len);
        at += len;
    }
    e->write = (struct wqueue_statement){w->statement, w->n_params, e->params};
    e->size = size;
    return e;
}

struct wqueue_statement *wqueue_statement_copy(const struct wqueue_statement *w)
{
    struct queued_write *e = entry_new(w);
    return e ? &e->write : NULL;
}

enum err wqueue_put(struct wqueue *q, enum wqueue_class class, const struct wqueue_statement *w)
{
    size_t cap = q->cap, max_bytes = q->max_bytes;
    if (class == WQ_MAY_BE_LOST) {
        cap -= cap / 4;
        max_bytes -= max_bytes / 4;
    }
    struct queued_write *e = q->n.len < cap ? entry_new(w) : NULL;
    bool fits = e && q->n.bytes + e->size <= max_bytes;
    if (!fits) {
        enum err why = e || q->n.len >= cap ? ERR_FULL : ERR_NOMEM;
        free(e);
        q->n.refused++;
        return why;
    }
    q->n.len++;
    *slot_at(q, q->n.len - 1) = e;
    q->n.bytes += e->size;
    q->n.queued++;
    return OK;
}

size_t wqueue_len(const struct wqueue *q)
{
    return q->n.len;
}

const struct wqueue_statement *wqueue_at(const struct wqueue *q, size_t i)
{
    return &(*slot_at(q, i))->write;
}

static void forget_first(struct wqueue *q)
{
    struct queued_write **slot = slot_at(q, 0);
    q->n.bytes -= (*slot)->size;
    free(*slot);
    *slot = NULL;
    q->first = (q->first + 1) % q->cap;
    q->n.len--;
}

void wqueue_written(struct wqueue *q, size_t n)
{
    assert(n <= q->n.len);
    q->n.written += n;
    for (; n; n--)
        forget_first(q);
}

void wqueue_lose(struct wqueue *q, size_t i)
{
    struct queued_write *e = *slot_at(q, i);
    for (; i > 0; i--) /* those before it move up by one, so that it becomes the first */
        *slot_at(q, i) = *slot_at(q, i - 1);
    *slot_at(q, 0) = e;
    forget_first(q);
    q->n.lost++;
}

const struct wqueue_counters *wqueue_counters(const struct wqueue *q)
{
    return &q->n;
}
