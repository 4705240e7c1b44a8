/* map.c: linear probing, at most half full. */
#include "common/map.h"

#include <stdlib.h>

static size_t home(const struct map *map, uint64_t key)
{
    return (size_t)(key * 0x9E3779B97F4A7C15U >> 20) & (map->cap - 1);
}

/* Where the key is, or the empty slot where it would be. There is always an empty slot. */
static size_t place(const struct map *map, uint64_t key)
{
    size_t i = home(map, key);
    while (map->slots[i].key && map->slots[i].key != key)
        i = (i + 1) & (map->cap - 1);
    return i;
}

void map_reset(struct map *map)
{
    free(map->slots);
    *map = (struct map){0};
}

void *map_find(const struct map *map, uint64_t key)
{
    return map->n && key ? map->slots[place(map, key)].value : NULL;
}

static enum err grow(struct map *map)
{
    struct map bigger = {.cap = map->cap ? 2 * map->cap : 16, .n = map->n};
    bigger.slots = calloc(bigger.cap, sizeof *bigger.slots);
    if (!bigger.slots)
        return ERR_NOMEM;
    for (size_t i = 0; i < map->cap; i++)
        if (map->slots[i].key)
            bigger.slots[place(&bigger, map->slots[i].key)] = map->slots[i];
    free(map->slots);
    *map = bigger;
    return OK;
}

enum err map_add(struct map *map, uint64_t key, void *value)
{
    if (!key || map_find(map, key))
        return ERR_STATE;
    if (2 * (map->n + 1) > map->cap && grow(map))
        return ERR_NOMEM;
    map->slots[place(map, key)] = (struct map_slot){key, value};
    map->n++;
    return OK;
}

/* Moves back what had been pushed past the gap, so that no search ends too early (Knuth 6.4, algorithm R). */
void map_remove(struct map *map, uint64_t key)
{
    if (!map_find(map, key))
        return;
    size_t mask = map->cap - 1, gap = place(map, key);
    for (size_t i = (gap + 1) & mask; map->slots[i].key; i = (i + 1) & mask) {
        size_t from_home = (i - home(map, map->slots[i].key)) & mask;
        if (from_home < ((i - gap) & mask))
            continue;
        map->slots[gap] = map->slots[i];
        gap = i;
    }
    map->slots[gap] = (struct map_slot){0};
    map->n--;
}

void *map_next(const struct map *map, size_t *at)
{
    while (*at < map->cap) {
        const struct map_slot *slot = &map->slots[(*at)++];
        if (slot->key)
            return slot->value;
    }
    return NULL;
}

uint64_t map_key_of_text(const char *text)
{
    uint64_t h = 0xCBF29CE484222325U;
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 0x100000001B3U;
    return h ? h : 1;
}
