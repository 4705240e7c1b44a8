/* bytes.h: byte ranges and the cursors by which every parser reads and every writer writes. All static inline.
 * A reader that ran out sets `bad` and returns zeros from then on; a writer that is full sets `bad` and writes no more.
 * Numbers are big-endian on the wire and in host order outside. No allocation, no ownership: ranges are borrowed. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
    const uint8_t *p;
    size_t len;
};

#define BYTES_LIT(s) ((struct bytes){(const uint8_t *)(s), sizeof(s) - 1})

static inline struct bytes bytes_of(const void *p, size_t len)
{
    return (struct bytes){p, len};
}

static inline struct bytes bytes_str(const char *s)
{
    return (struct bytes){(const uint8_t *)s, strlen(s)};
}

static inline bool bytes_eq(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

struct rd {
    const uint8_t *p, *end;
    bool bad;
};

static inline struct rd rd_of(struct bytes b)
{
    return (struct rd){b.p, b.len ? b.p + b.len : b.p, false};
}

static inline size_t rd_left(const struct rd *r)
{
    return (size_t)(r->end - r->p);
}

/* The next len bytes, or an empty range and `bad`. */
static inline struct bytes rd_bytes(struct rd *r, size_t len)
{
    if (r->bad || rd_left(r) < len) {
        r->bad = true;
        return (struct bytes){r->p, 0};
    }
    struct bytes b = {r->p, len};
    if (len)
        r->p += len;
    return b;
}

/* A cursor over the next len bytes: what is inside a nested length can't read its neighbour. */
static inline struct rd rd_sub(struct rd *r, size_t len)
{
    struct bytes b = rd_bytes(r, len);
    struct rd sub = rd_of(b);
    sub.bad = r->bad;
    return sub;
}

static inline void rd_skip(struct rd *r, size_t len)
{
    (void)rd_bytes(r, len);
}

static inline uint64_t rd_be(struct rd *r, unsigned n)
{
    struct bytes b = rd_bytes(r, n);
    uint64_t v = 0;
    for (size_t i = 0; i < b.len; i++)
        v = v << 8 | b.p[i];
    return v;
}

static inline uint8_t rd_u8(struct rd *r)
{
    return (uint8_t)rd_be(r, 1);
}

static inline uint16_t rd_u16(struct rd *r)
{
    return (uint16_t)rd_be(r, 2);
}

static inline uint32_t rd_u24(struct rd *r)
{
    return (uint32_t)rd_be(r, 3);
}

static inline uint32_t rd_u32(struct rd *r)
{
    return (uint32_t)rd_be(r, 4);
}

static inline uint64_t rd_u64(struct rd *r)
{
    return rd_be(r, 8);
}

struct wr {
    uint8_t *start, *p, *end;
    bool bad;
};

static inline struct wr wr_of(void *p, size_t cap)
{
    return (struct wr){p, p, (uint8_t *)p + cap, false};
}

static inline size_t wr_len(const struct wr *w)
{
    return (size_t)(w->p - w->start);
}

/* Room for len bytes that the caller fills, or NULL and `bad`. */
static inline uint8_t *wr_take(struct wr *w, size_t len)
{
    if (w->bad || (size_t)(w->end - w->p) < len) {
        w->bad = true;
        return NULL;
    }
    uint8_t *at = w->p;
    w->p += len;
    return at;
}

static inline void wr_be(struct wr *w, uint64_t v, unsigned n)
{
    uint8_t *at = wr_take(w, n);
    for (unsigned i = 0; at && i < n; i++)
        at[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

static inline void wr_u8(struct wr *w, uint8_t v)
{
    wr_be(w, v, 1);
}

static inline void wr_u16(struct wr *w, uint16_t v)
{
    wr_be(w, v, 2);
}

static inline void wr_u24(struct wr *w, uint32_t v)
{
    wr_be(w, v, 3);
}

static inline void wr_u32(struct wr *w, uint32_t v)
{
    wr_be(w, v, 4);
}

static inline void wr_u64(struct wr *w, uint64_t v)
{
    wr_be(w, v, 8);
}

static inline void wr_bytes(struct wr *w, struct bytes b)
{
    uint8_t *at = wr_take(w, b.len);
    if (at && b.len)
        memcpy(at, b.p, b.len);
}
