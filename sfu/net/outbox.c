/* outbox.c: see outbox.h. */
#include "net/outbox.h"

#include <assert.h>
#include <string.h>

void outbox_init(struct outbox *out)
{
    out->n_datagrams = 0;
    out->used = 0;
    out->n_refused = 0;
}

uint8_t *outbox_take(struct outbox *out, size_t cap)
{
    assert(cap <= OUTBOX_DATAGRAM_CAP);
    if (!outbox_has_room(out, 1, cap)) {
        out->n_refused++;
        return NULL;
    }
    return out->arena + out->used;
}

void outbox_commit(struct outbox *out, const struct addr *to, size_t len)
{
    assert(len <= OUTBOX_DATAGRAM_CAP && OUTBOX_ARENA - out->used >= len);
    struct outbox_datagram *d = &out->datagrams[out->n_datagrams++];
    d->to = *to;
    d->offset = out->used;
    d->len = (uint16_t)len;
    out->used += (uint32_t)len;
}

void outbox_put(struct outbox *out, const struct addr *to, const void *p, size_t len)
{
    uint8_t *at = len <= OUTBOX_DATAGRAM_CAP ? outbox_take(out, len) : NULL;
    if (!at)
        return;
    memcpy(at, p, len);
    outbox_commit(out, to, len);
}

void outbox_clear(struct outbox *out)
{
    out->n_datagrams = 0;
    out->used = 0;
}
