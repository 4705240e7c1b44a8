/* buf.h: bytes that are added at the end and taken from the front: what came from a stream, what waits to be sent, text
 * that is being written. Owns its memory; zeroed is empty and holds none. A NUL always stands behind what is in it, so
 * text is a string. Every bound is the caller's: ERR_FULL, and nothing was added. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"

#define BUF_MOST ((size_t)INT32_MAX)

struct buf {
    char *p;            /* NULL: no memory is held */
    uint32_t from, len; /* what is in it begins at p + from */
    uint32_t cap;       /* at most BUF_MOST + 1 */
    bool bad;           /* something was not added by buf_add() or buf_printf() */
};

void buf_reset(struct buf *b); /* frees; empty again */

static inline struct bytes buf_bytes(const struct buf *b)
{
    return bytes_of(b->len ? b->p + b->from : NULL, b->len);
}

/* Room for `more` bytes at buf_end(), which the caller fills and then counts with buf_added(). At most `most` in all.
 * ERR_FULL, ERR_NOMEM */
MUST_CHECK enum err buf_reserve(struct buf *b, size_t more, size_t most);
static inline char *buf_end(const struct buf *b)
{
    return b->p + b->from + b->len;
}
void buf_added(struct buf *b, size_t len);

MUST_CHECK enum err buf_put(struct buf *b, struct bytes in, size_t most); /* ERR_FULL, ERR_NOMEM */
/* len bytes of buf_bytes() are done with; they are there until more is added. */
void buf_take(struct buf *b, size_t len);

/* For writing text: without memory it goes bad, writes no more, and the caller checks once. */
void buf_add(struct buf *b, const void *p, size_t len);
PRINTF_LIKE(2, 3) void buf_printf(struct buf *b, const char *fmt, ...);
char *buf_give(struct buf *b); /* the text, for free(), from a buf that is then empty; NULL: it was bad, or nothing */
