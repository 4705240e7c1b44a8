/* eio_priv.h: what the files of the Engine.IO server share: its sessions, its outputs. */
#pragma once
#include "common/deadlines.h"
#include "common/vec.h"
#include "shares/shares.h"
#include "socketio/eio.h"
#include "socketio/eio_packet.h"

enum eio_state {
    EIO_FREE,
    EIO_LIVE,
    EIO_LINGER, /* ended for the owner; what was sent waits for one more poll */
    EIO_DOOMED  /* to be ended as soon as there is memory to say so */
};
enum eio_probe { PROBE_NONE, PROBE_OPEN /* a WebSocket came */, PROBE_ANSWERED /* and said 2probe */ };

#define KEY_LEN 12

struct eio_session {
    uint32_t generation;
    uint8_t state, probe_state, doom;
    bool pong_due, dirty; /* dirty: on the list of those whose queue is to be flushed */
    uint8_t key[KEY_LEN];
    uint32_t next_dirty, next_free;
    uint64_t poll, ws, probe; /* ws != 0: the transport is WebSocket */
    usec_t ping_at;           /* next ping; its timeout if pong_due; the end of lingering */
    usec_t probe_until, noop_at, alarm;
    struct deadline deadline; /* the earliest of these times, or before it */
    struct eio_frame **queue;
    uint32_t n_queue, cap_queue;
    size_t queued; /* bytes */
    char ip[EIO_IP_CAP];
    bool has_place;
    struct holder whose;
    size_t held; /* bytes, as taken from whose's share */
    struct eio_session *older, *younger;
};

#define NO_SLOT UINT32_MAX

struct eio {
    struct eio_config cfg;
    struct eio_counters counters;
    struct eio_session *sessions; /* max_sessions; pages that were never used cost nothing */
    struct deadlines deadlines;
    struct eio_session *oldest, *youngest;
    usec_t now; /* as last heard */
    uint32_t n_used, free_slots, dirty;
    struct fifo outs;                                   /* of struct eio_out */
    struct eio_frame *ping, *probe, *noop, *close, *ok; /* sent so often that they are made once */
};

/* eio.c */
bool eio_outs_reserve(struct eio *e, uint32_t n); /* the next n eio_push() can't fail */
void eio_push(struct eio *e, struct eio_out out); /* takes out.frame; room must have been reserved */
struct eio_session *eio_find(const struct eio *e, struct eio_id id);
struct eio_session *eio_find_lingering(const struct eio *e, struct eio_id id); /* ended, but with last words to say */
struct eio_id eio_id_of(const struct eio *e, const struct eio_session *s);
struct eio_session *eio_find_sid(const struct eio *e, const char *sid);
struct eio_session *eio_session_take(struct eio *e); /* a LIVE one; NULL: all are in use */
void eio_session_release(struct eio *e, struct eio_session *s);

/* eio_hold.c */
bool eio_may_open(struct eio *e, usec_t now, const char *ip);                          /* counts the handshake */
bool eio_take_place(struct eio *e, usec_t now, struct eio_session *s, const char *ip); /* false: ip has its share */
void eio_let_go(struct eio *e, struct eio_session *s);
bool eio_hold(struct eio *e, usec_t now,
              struct eio_session *s); /* after its queue changed. false: more than its share */

/* eio_session.c. ERR_FULL: the address has its share of sessions, or there are no more; ERR_NOMEM */
MUST_CHECK enum err eio_session_open(struct eio *e, usec_t now, uint64_t call, uint64_t ws, const char *ip,
                                     struct eio_session **session);
void eio_session_forget(struct eio *e, struct eio_session *s); /* one that lingers, or is doomed */
void eio_session_end(struct eio *e, usec_t now, struct eio_session *s, enum eio_end why);
void eio_session_due(struct eio *e, struct eio_session *s); /* after any of its times changed */
void eio_session_flush(struct eio *e, struct eio_session *s);
void eio_session_poll(struct eio *e, usec_t now, struct eio_session *s, uint64_t call);
void eio_session_packet(struct eio *e, usec_t now, struct eio_session *s, const struct eio_packet *p, bool payload);
void eio_session_probe(struct eio *e, usec_t now, struct eio_session *s, const struct eio_packet *p);
void eio_session_drop_probe(struct eio *e, struct eio_session *s);
void eio_session_tick(struct eio *e, usec_t now, struct eio_session *s); /* its deadline has been taken out */
