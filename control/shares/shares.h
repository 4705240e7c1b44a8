/* shares.h: who holds what, and how much of it is one's share. One table for the process: connections, sessions, bytes,
 * places, work and letters are counted here for each address, network, account and meeting, against that holder's limit
 * and the process's. Pure: the time is handed in. Loop thread only.
 *
 * Two kinds of goods. What is *held* is taken and given back. What is *spent* comes back by itself with time (a bucket:
 * the generic cell rate algorithm). An address's limits are those of an office of `people_per_address` people, so they
 * are said in amounts for each person (limits.c). An IPv6 address is its /64; its /48 may have SHARES_NETWORK_FACTOR
 * times as much.
 *
 * When the process has no more of what is held, the greediest gives way: the owner of the things (who registered) is
 * asked to end the oldest unused one of the holder that has most, if that is more than the newcomer would have; if it
 * uses all of them, of the one that has most but for it, and so on.
 *
 * Bounded: SHARES_HOLDERS_MAX holders; one that holds nothing and whose buckets are full is forgotten first. */
#pragma once
#include "common/err.h"
#include "common/usec.h"
#include "shares/holder.h"
#include <stddef.h>

enum share {
    /* held */
    SHARE_CONNECTIONS, /* TCP, to the HTTP server */
    SHARE_SESSIONS,    /* Engine.IO */
    SHARE_BYTES,       /* kept for somebody: bodies, fragments, what waits to be sent */
    SHARE_MEDIA,       /* sessions of the media server */
    SHARE_WAITING,     /* places in waiting rooms */
    SHARE_PASSWORDS,   /* being hashed, or waiting for it */
    SHARES_HELD,
    /* spent */
    SHARE_HANDSHAKES = SHARES_HELD, /* of Engine.IO */
    SHARE_INPUT,                    /* bytes of events, before they are parsed */
    SHARE_LOOP,                     /* microseconds of the loop's time */
    SHARE_JOINS,                    /* join-meeting */
    SHARE_OFFERS,                   /* SDP */
    SHARE_EVENTS,                   /* rows of analytics */
    SHARE_GUESSES,                  /* wrong passwords */
    SHARE_MAILS,
    SHARE_CREDENTIALS, /* for TURN */
    SHARES
};

#define SHARES_HOLDERS_MAX    196608 /* two for each connection there can be, and sessions behind proxies */
#define SHARES_NETWORK_FACTOR 4

struct shares_config {
    unsigned people_per_address;
    bool unlimited;              /* everybody may have everything but the process's own limits */
    uint64_t total[SHARES_HELD]; /* the process's; 0: no limit */
    uint64_t seed[2];
};

struct shares;
MUST_CHECK enum err shares_new(const struct shares_config *cfg, struct shares **s); /* ERR_NOMEM */
void shares_free(struct shares *s);
void shares_set_total(struct shares *s, enum share what, uint64_t total);

struct holder shares_meeting(const struct shares *s, const char *meeting_id);
struct holder shares_mailbox(const struct shares *s, const char *email);

/* ---- what is held ---- */

/* n more for whose. ERR_FULL: more than its share, or than the process has left, and nothing was taken; ERR_NOMEM.
 * HOLDER_NOBODY takes from the process alone; what an account or a meeting takes beside its address isn't counted for
 * the process again. May call displace(). */
MUST_CHECK enum err shares_take(struct shares *s, usec_t now, enum share what, const struct holder *whose, uint64_t n);
void shares_give(struct shares *s, enum share what, const struct holder *whose, uint64_t n); /* what was taken */
/* What is kept for whose has become `kept` bytes, of which *held are taken: takes or gives the difference, in steps of
 * SHARES_STEP, so that little things cost nothing. ERR_FULL, ERR_NOMEM: as shares_take(), and *held is what it was. */
#define SHARES_STEP 4096u
MUST_CHECK enum err shares_keep(struct shares *s, usec_t now, const struct holder *whose, size_t *held, size_t kept);
/* displace() ends the oldest unused thing of whose and gives back what it held before it returns; false: there is none.
 * It is called from inside shares_take(), and may take nothing itself. At most SHARES_OWNERS_MAX owners, asked in the
 * order of registration. */
#define SHARES_OWNERS_MAX 4
typedef bool shares_displace_fn(void *owner, enum share what, const struct holder *whose);
void shares_register(struct shares *s, shares_displace_fn *displace, void *owner);
uint64_t shares_held(const struct shares *s, enum share what, const struct holder *whose);
uint64_t shares_total(const struct shares *s, enum share what);

/* ---- what is spent ---- */

/* ERR_FULL: not now, and nothing was spent. Without memory nobody is refused. */
MUST_CHECK enum err shares_spend(struct shares *s, usec_t now, enum share what, const struct holder *whose, uint64_t n);
/* For what is only known afterwards: spent in any case; shares_wait() then says for how long nothing more is due. */
void shares_charge(struct shares *s, usec_t now, enum share what, const struct holder *whose, uint64_t n);
usec_t shares_wait(const struct shares *s, usec_t now, enum share what, const struct holder *whose); /* 0: not at all */

/* ---- to be seen ---- */

struct share_counters {
    uint64_t held, total; /* total 0: no limit */
    uint64_t refused;     /* because a holder had its share, or the process none left */
    uint64_t displaced;   /* the greediest had to give way */
};
const char *share_name(enum share what); /* "connections" */
struct share_counters shares_counters(const struct shares *s, enum share what);
unsigned shares_holders(const struct shares *s);

/* What was refused since the last report, one share after the other; false: nothing (more). For one log line a minute,
 * however many were refused. */
struct share_report {
    enum share what;
    uint64_t refused;
    struct holder last; /* whom */
};
bool shares_report(struct shares *s, struct share_report *report);
