/* vec.c: the growing of arrays and queues: the only one there is. */
#include "common/vec.h"

#include <stdlib.h>
#include <string.h>

#define FIRST 8

enum err vec_grow(void *array, unsigned *cap, size_t need, size_t item, size_t most)
{
    void *old, *grown;
    size_t n = *cap ? 2 * (size_t)*cap : FIRST;
    most = most < UINT32_MAX ? most : UINT32_MAX;
    if (need > most)
        return ERR_FULL;
    n = n < need ? need : n;
    n = n > most ? most : n;
    if (n > PTRDIFF_MAX / item)
        return ERR_NOMEM;
    memcpy(&old, array, sizeof old); /* whatever it points to: all pointers to objects look alike */
    grown = realloc(old, n * item);
    if (!grown)
        return ERR_NOMEM;
    memcpy(array, &grown, sizeof grown);
    *cap = (unsigned)n;
    return OK;
}

/* --- queues --- */
static unsigned char *fifo_at(const struct fifo *f, uint32_t i, size_t item)
{
    return (unsigned char *)f->items + item * ((f->head + i) & (f->cap - 1));
}

enum err fifo_reserve(struct fifo *f, uint32_t more, size_t item)
{
    size_t need = (size_t)f->n + more, cap = f->cap ? f->cap : 2 * FIRST;
    if (need <= f->cap)
        return OK;
    while (cap < need)
        cap *= 2;
    unsigned char *items = cap <= UINT32_MAX / 2 && cap <= PTRDIFF_MAX / item ? malloc(cap * item) : NULL;
    if (!items)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < f->n; i++)
        memcpy(items + i * item, fifo_at(f, i, item), item);
    free(f->items);
    *f = (struct fifo){.items = items, .n = f->n, .cap = (uint32_t)cap};
    return OK;
}

void fifo_put(struct fifo *f, const void *in, size_t item)
{
    memcpy(fifo_at(f, f->n++, item), in, item);
}

bool fifo_take(struct fifo *f, void *out, size_t item)
{
    if (f->n == 0)
        return false;
    memcpy(out, fifo_at(f, 0, item), item);
    f->head = (f->head + 1) & (f->cap - 1);
    f->n--;
    return true;
}

void fifo_reset(struct fifo *f)
{
    free(f->items);
    *f = (struct fifo){0};
}
