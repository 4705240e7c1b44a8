/* eio.c: sessions, what goes out of the server, and the clock. */
#include "socketio/base64.h"
#include "socketio/eio_priv.h"

#include <stdlib.h>

#define OUTS_KEPT 256 /* a ring that grew past this is given back once it is empty */

static struct eio_frame *literal(const char *text)
{
    struct bytes b = bytes_str(text);
    return eio_frame_of(text[0], bytes_of(b.p + 1, b.len - 1), false);
}

enum err eio_new(const struct eio_config *cfg, struct eio **out)
{
    struct eio *e = calloc(1, sizeof *e);
    if (!e)
        return ERR_NOMEM;
    e->cfg = *cfg;
    e->free_slots = e->dirty = NO_SLOT;
    e->sessions = calloc(cfg->max_sessions, sizeof *e->sessions);
    e->ping = literal("2");
    e->probe = literal("3probe");
    e->noop = literal("6");
    e->close = literal("1");
    e->ok = literal("ok");
    if (!e->sessions || !e->ping || !e->probe || !e->noop || !e->close || !e->ok) {
        eio_free(e);
        return ERR_NOMEM;
    }
    *out = e;
    return OK;
}

void eio_free(struct eio *e)
{
    if (!e)
        return;
    for (uint32_t i = 0; e->sessions && i < e->n_used; i++)
        if (e->sessions[i].state != EIO_FREE)
            eio_session_release(e, &e->sessions[i]);
    struct eio_out out;
    while (fifo_take(&e->outs, &out, sizeof out))
        eio_frame_unref(out.frame);
    eio_frame_unref(e->ping);
    eio_frame_unref(e->probe);
    eio_frame_unref(e->noop);
    eio_frame_unref(e->close);
    eio_frame_unref(e->ok);
    free(e->sessions);
    fifo_reset(&e->outs);
    free(e);
}

const struct eio_counters *eio_counters(const struct eio *e)
{
    return &e->counters;
}

/* --- outputs --- */

bool eio_outs_reserve(struct eio *e, uint32_t n)
{
    return !fifo_reserve(&e->outs, n, sizeof(struct eio_out));
}

void eio_push(struct eio *e, struct eio_out out)
{
    fifo_put(&e->outs, &out, sizeof out);
}

/* Sessions that were written to while polls of theirs wait: one answer takes all that this turn produced. */
static void flush_dirty(struct eio *e)
{
    while (e->dirty != NO_SLOT && e->outs.n == 0) {
        struct eio_session *s = &e->sessions[e->dirty];
        e->dirty = s->next_dirty;
        s->dirty = false;
        eio_session_flush(e, s);
    }
}

bool eio_next(struct eio *e, struct eio_out *out)
{
    if (e->outs.n == 0)
        flush_dirty(e);
    if (fifo_take(&e->outs, out, sizeof *out))
        return true;
    if (e->outs.cap > OUTS_KEPT)
        fifo_reset(&e->outs);
    return false;
}

usec_t eio_deadline(const struct eio *e)
{
    return deadlines_next(&e->deadlines);
}

void eio_tick(struct eio *e, usec_t now)
{
    e->now = now;
    struct deadline *d;
    while ((d = deadlines_take_due(&e->deadlines, now)))
        eio_session_tick(e, now, DEADLINE_OWNER(d, struct eio_session, deadline));
}

/* --- sessions --- */

struct eio_session *eio_find(const struct eio *e, struct eio_id id)
{
    if (id.generation == 0 || id.slot >= e->n_used)
        return NULL;
    struct eio_session *s = &e->sessions[id.slot];
    return s->generation == id.generation && s->state == EIO_LIVE ? s : NULL;
}

struct eio_session *eio_find_lingering(const struct eio *e, struct eio_id id)
{
    if (id.generation == 0 || id.slot >= e->n_used)
        return NULL;
    struct eio_session *s = &e->sessions[id.slot];
    return s->generation == id.generation && s->state == EIO_LINGER ? s : NULL;
}

struct eio_id eio_id_of(const struct eio *e, const struct eio_session *s)
{
    return (struct eio_id){(uint32_t)(s - e->sessions), s->generation};
}

/* In constant time: how much of a guess was right can't be measured. */
static bool key_eq(const uint8_t *a, const uint8_t *b)
{
    unsigned diff = 0;
    for (unsigned i = 0; i < KEY_LEN; i++)
        diff |= a[i] ^ b[i];
    return diff == 0;
}

struct eio_session *eio_find_sid(const struct eio *e, const char *sid)
{
    uint8_t raw[BASE64_DECODED(EIO_SID_LEN)];
    struct wr w = wr_of(raw, sizeof raw);
    if (!sid || strlen(sid) != EIO_SID_LEN || base64url_read(bytes_str(sid), &w))
        return NULL;
    struct rd r = rd_of(bytes_of(raw, wr_len(&w)));
    uint32_t slot = rd_u24(&r);
    if (slot >= e->n_used)
        return NULL;
    struct eio_session *s = &e->sessions[slot];
    return s->state != EIO_FREE && key_eq(s->key, rd_bytes(&r, KEY_LEN).p) ? s : NULL;
}

void eio_sid(const struct eio *e, struct eio_id session, char out[EIO_SID_LEN + 1])
{
    uint8_t raw[3 + KEY_LEN];
    struct wr w = wr_of(raw, sizeof raw);
    wr_u24(&w, session.slot);
    wr_bytes(&w, bytes_of(e->sessions[session.slot].key, KEY_LEN));
    struct wr text = wr_of(out, EIO_SID_LEN);
    base64url_write(&text, bytes_of(raw, sizeof raw));
    out[EIO_SID_LEN] = '\0';
}

struct eio_session *eio_session_take(struct eio *e)
{
    struct eio_session *s;
    if (e->free_slots != NO_SLOT) {
        s = &e->sessions[e->free_slots];
        e->free_slots = s->next_free;
    } else if (e->n_used < e->cfg.max_sessions) {
        s = &e->sessions[e->n_used++];
        s->generation = 1;
    } else {
        return NULL;
    }
    *s = (struct eio_session){.generation = s->generation,
                              .state = EIO_LIVE,
                              .dirty = s->dirty,
                              .next_dirty = s->next_dirty,
                              .probe_until = USEC_NEVER,
                              .noop_at = USEC_NEVER,
                              .alarm = USEC_NEVER,
                              .ping_at = USEC_NEVER};
    e->cfg.random(s->key, sizeof s->key);
    e->counters.open++;
    return s;
}

void eio_session_release(struct eio *e, struct eio_session *s)
{
    for (uint32_t i = 0; i < s->n_queue; i++)
        eio_frame_unref(s->queue[i]);
    free(s->queue);
    s->queue = NULL;
    s->n_queue = s->cap_queue = 0;
    s->queued = 0;
    eio_let_go(e, s);
    s->state = EIO_FREE;
    s->poll = s->ws = s->probe = 0;
    s->generation += 1 + (s->generation == UINT32_MAX);
    deadlines_cancel(&e->deadlines, &s->deadline);
    s->next_free = e->free_slots;
    e->free_slots = (uint32_t)(s - e->sessions);
    e->counters.open--;
}

/* --- what the owner does to a session --- */

void eio_close(struct eio *e, usec_t now, struct eio_id session, enum eio_end why)
{
    struct eio_session *s = eio_find(e, session);
    if (s)
        eio_session_end(e, now, s, why);
}

void eio_close_all(struct eio *e, usec_t now)
{
    for (uint32_t i = 0; i < e->n_used; i++)
        if (e->sessions[i].state == EIO_LIVE)
            eio_session_end(e, now, &e->sessions[i], EIO_END_SERVER);
}

void eio_set_alarm(struct eio *e, struct eio_id session, usec_t at)
{
    struct eio_session *s = eio_find(e, session);
    if (!s)
        return;
    s->alarm = at;
    eio_session_due(e, s);
}

const char *eio_ip(const struct eio *e, struct eio_id session)
{
    const struct eio_session *s = eio_find(e, session);
    return s ? s->ip : "";
}
