/* found.c: two growing arrays: what was found, and the addresses that are looked for. */
#include "billing/found.h"
#include "common/vec.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void found_init(struct found *f)
{
    *f = (struct found){0};
}

void found_reset(struct found *f)
{
    free(f->all);
    found_init(f);
}

void found_clear(struct found *f)
{
    f->n = 0;
}

enum err found_add(struct found *f, const struct eth_transfer *t)
{
    enum err e = vec_reserve(f->all, f->cap, f->n + 1, FOUND_MAX);
    if (!e)
        f->all[f->n++] = (struct found_one){.transfer = *t};
    return e;
}

static int order_of(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int same_target(const struct eth_transfer *a, const struct eth_transfer *b)
{
    int order = strcmp(a->tx.text, b->tx.text);
    return order ? order : memcmp(a->to.bytes, b->to.bytes, ETHADDR_LEN);
}

static int by_target(const void *a, const void *b)
{
    const struct found_one *x = a, *y = b;
    int order = same_target(&x->transfer, &y->transfer);
    return order ? order : order_of(x->transfer.log_index, y->transfer.log_index);
}

static int by_place(const void *a, const void *b)
{
    const struct found_one *x = a, *y = b;
    int order = order_of(x->transfer.block, y->transfer.block);
    return order ? order : order_of(x->transfer.log_index, y->transfer.log_index);
}

static bool is_same_log(const struct eth_transfer *a, const struct eth_transfer *b)
{
    return same_target(a, b) == 0 && a->log_index == b->log_index &&
           strcmp(a->block_hash.text, b->block_hash.text) == 0;
}

/* A node that doesn't heed the addresses of a question tells the same log again with each of them. Sorted before. */
static void forget_repeated(struct found *f)
{
    size_t n = 1;
    for (size_t i = 1; i < f->n; i++)
        if (!is_same_log(&f->all[n - 1].transfer, &f->all[i].transfer))
            f->all[n++] = f->all[i];
    f->n = n;
}

void found_sort(struct found *f)
{
    if (!f->n)
        return;
    qsort(f->all, f->n, sizeof *f->all, by_target);
    forget_repeated(f);
    for (size_t i = 0; i < f->n; i++) {
        bool again = i && same_target(&f->all[i - 1].transfer, &f->all[i].transfer) == 0;
        f->all[i].nth = again ? f->all[i - 1].nth + 1 : 0;
    }
    qsort(f->all, f->n, sizeof *f->all, by_place);
}

static json_t *one_json(const struct found_one *one)
{
    const struct eth_transfer *t = &one->transfer;
    char address[ETHADDR_TEXT_CAP], amount[32];
    snprintf(amount, sizeof amount, "%llu.%06llu", (unsigned long long)(t->amount / 1000000),
             (unsigned long long)(t->amount % 1000000));
    return json_pack("{s:s,s:s,s:i,s:s,s:I,s:s}", "tx", t->tx.text, "address", ethaddr_lower(&t->to, address), "nth",
                     (int)one->nth, "amount", amount, "block", (json_int_t)t->block, "block_hash", t->block_hash.text);
}

char *found_json(const struct found *f)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < f->n; i++) {
        if (json_array_append_new(list, one_json(&f->all[i]))) {
            json_decref(list);
            return NULL;
        }
    }
    char *text = list ? json_dumps(list, JSON_COMPACT) : NULL;
    json_decref(list);
    return text;
}

/* ---- what is looked for ---- */

void addrset_init(struct addrset *set)
{
    *set = (struct addrset){0};
}

void addrset_reset(struct addrset *set)
{
    free(set->all);
    addrset_init(set);
}

void addrset_clear(struct addrset *set)
{
    set->n = 0;
}

enum err addrset_add(struct addrset *set, const struct ethaddr *a)
{
    enum err e = vec_reserve(set->all, set->cap, set->n + 1, VEC_MOST);
    if (!e)
        set->all[set->n++] = *a;
    return e;
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct ethaddr));
}

void addrset_sort(struct addrset *set)
{
    if (set->n)
        qsort(set->all, set->n, sizeof *set->all, by_bytes);
}

bool addrset_has(const struct addrset *set, const struct ethaddr *a)
{
    return set->n && bsearch(a, set->all, set->n, sizeof *a, by_bytes);
}
