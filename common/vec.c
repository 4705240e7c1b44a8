/* vec.c: the growing of vec.h's arrays: the only one there is. */
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
