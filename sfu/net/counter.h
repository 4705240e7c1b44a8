/* counter.h: what a layer counts, by name. A layer's counters are a struct of nothing but uint64_t with a table that
 * has a row for each member (COUNTER_ROWS_COVER says so to the compiler), so whoever shows them forgets none. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNTED_MAX 96

struct counter_row {
    const char *name;
    size_t offset;
    bool is_drop; /* a reason for which something went no further */
};

#define COUNTER_ROWS_COVER(rows, type)                                                                                 \
    _Static_assert(sizeof(rows) / sizeof(rows)[0] * sizeof(uint64_t) == (type), "a counter without a row")

/* Named values, to be shown. */
struct counted {
    const char *name;
    uint64_t n;
    bool is_drop;
};

struct counted_list {
    unsigned n;
    struct counted list[COUNTED_MAX]; /* full: the build's own mistake, found by the tests */
};

static inline void counted_add(struct counted_list *l, const char *name, uint64_t n, bool is_drop)
{
    if (l->n < COUNTED_MAX)
        l->list[l->n++] = (struct counted){name, n, is_drop};
}

static inline void counted_add_rows(struct counted_list *l, const struct counter_row *rows, unsigned n_rows,
                                    const void *counters)
{
    for (unsigned i = 0; i < n_rows; i++)
        counted_add(l, rows[i].name, *(const uint64_t *)((const char *)counters + rows[i].offset), rows[i].is_drop);
}
