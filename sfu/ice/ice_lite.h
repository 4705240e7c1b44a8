/* ice_lite.h: our end of ICE for one session: a lite agent, always controlled (RFC 8445 2.5, 7.3), with checks of its
 * own for consent (RFC 7675). It answers connectivity checks and learns from USE-CANDIDATE which pair the peer wants,
 * but an address is believed only when it answers: each that a check came from is asked in turn, and becomes the path,
 * and stays it, by its authentic answers alone. So a forged source address is sent nothing but, until it answers, at
 * most ICE_UNPROVED_FACTOR times what came from it. A path that is silent while the peer is heard elsewhere is left. A
 * plain value that owns no memory; one per session, on the session's worker. Nothing is learnt from a message before
 * its FINGERPRINT and MESSAGE-INTEGRITY are verified.
 * Full: the remote address unheard for longest is forgotten (never the chosen path). Times are usec_t. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"
#include "common/usec.h"
#include "net/addr.h"

#define ICE_UFRAG_MIN       4 /* RFC 8839 5.4 */
#define ICE_PWD_MIN         22
#define ICE_CRED_MAX        256
#define ICE_REMOTES         8
#define ICE_REPLY_CAP       256
#define ICE_SOFT_SILENT     (5 * SEC)
#define ICE_CONSENT         (30 * SEC)   /* RFC 7675 5.1 */
#define ICE_ASK_EVERY       (5 * SEC)    /* RFC 7675 5.1: times a random 0.8 … 1.2 */
#define ICE_ASK_AGAIN       (200 * MSEC) /* doubles */
#define ICE_ASKS            6            /* of one address, until it sends another check */
#define ICE_QUIET           (1 * SEC)    /* asked for so long without an answer: the path may be left for another */
#define ICE_UNPROVED_FACTOR 3
#define ICE_TXID_LEN        12
#define ICE_REQUEST_CAP     640 /* the longest USERNAME (513 bytes) and all the rest */

struct ice_creds {
    char ufrag[ICE_CRED_MAX + 1];
    char pwd[ICE_CRED_MAX + 1];
};

/* Copies; ERR_SYNTAX unless both have the lengths and the alphabet (ice-char) of RFC 8839 5.4. */
MUST_CHECK enum err ice_creds_set(struct ice_creds *c, struct bytes ufrag, struct bytes pwd);

enum ice_state {
    ICE_NEW,         /* no address has answered */
    ICE_PROVISIONAL, /* one has: the path may carry DTLS, but the peer hasn't nominated it */
    ICE_CONNECTED,   /* the peer nominated the path */
    ICE_EXPIRED,     /* consent is gone (or never came): send nothing more */
    ICE_STATES
};

enum ice_event {
    ICE_NOTHING,
    ICE_PATH_CHANGED, /* ice->path is new, another one, or now nominated; the peer is there (again) */
    ICE_SILENT,       /* nothing authenticated for ICE_SOFT_SILENT */
    ICE_HEARD,        /* … and now it is back, on the same path */
    ICE_CONSENT_LOST, /* the path (or, as long as there is none, every address) hasn't answered for ICE_CONSENT; the
                         last event there is */
};

struct ice_remote {
    struct addr addr;
    usec_t heard;        /* its last check or answer */
    usec_t proved;       /* its last answer, which proves it for ICE_CONSENT; 0: none yet */
    usec_t asked;        /* since when it has owed one; 0: it owes none */
    usec_t ask_at;       /* when it is asked next; USEC_NEVER: not unless it sends another check */
    unsigned n_asks;     /* in vain */
    uint32_t nomination; /* the how manieth of the session's is its last; 0: none */
    uint32_t room;       /* bytes that may go there before it is proved */
    uint32_t priority;   /* PRIORITY of its last check */
    uint8_t txid[ICE_TXID_LEN];
};

struct ice_login {
    struct ice_creds local;
    struct ice_creds
        remote; /* ufrag "" while unknown: then any is taken (RFC 8445 7.3: checks may precede the answer) */
};

struct ice_lite {
    enum ice_state state;
    bool silent;
    bool restarting; /* logins[1], the one before, is good until the new one's pair is chosen */
    struct ice_login logins[2];
    struct addr path; /* where to send, from ICE_PROVISIONAL on */
    struct ice_remote remotes[ICE_REMOTES];
    unsigned n_remotes;
    usec_t heard;   /* last authenticated message, or the start */
    usec_t consent; /* the path's last answer, or the start */
    uint32_t n_nominations, path_nomination;
    uint64_t secret[2], n_txids; /* what transaction ids are made of */
};

struct ice_result {
    enum ice_event event;
    bool learned; /* `from` is an address of this session, for it has answered: map its 5-tuple to it */
    bool forgot;  /* … and this one isn't any longer */
    struct addr forgotten;
};

/* The table of states: what happened, and where that leads. */
enum ice_input { ICE_IN_CHECK, ICE_IN_NOMINATION, ICE_IN_TIMEOUT, ICE_INPUTS };
enum ice_state ice_state_next(enum ice_state s, enum ice_input in);

/* secret: random, and known to nobody else: transaction ids come of it, and an answer is believed for its id. */
void ice_lite_init(struct ice_lite *ice, usec_t now, const struct ice_creds *local, const uint64_t secret[2]);
void ice_lite_set_remote(struct ice_lite *ice, const struct ice_creds *remote);

/* ICE restart (RFC 8445 9): new local credentials, the remote ones follow by ice_lite_set_remote(). Media stays on the
 * old path, and the old credentials stay good, until a check with the new ones nominates a pair. */
void ice_lite_restart(struct ice_lite *ice, const struct ice_creds *local);

/* Does the message's USERNAME begin with one of our ufrags? For a demultiplexer's second look. */
bool ice_lite_is_ufrag(const struct ice_lite *ice, struct bytes ufrag);

/* A STUN message came. What goes back, if wr_len(reply) > 0, is in reply (≥ ICE_REPLY_CAP bytes of room): a success or
 * an error response. `res` is always filled.
 * OK: a valid check, or the answer to one of ours. ERR_SYNTAX: no STUN, no fingerprint, a malformed request (400).
 * ERR_AUTH: 401. ERR_UNSUPPORTED: unknown attributes (420). ERR_DENIED: the peer says it is controlled too (487), or
 * refuses our check. ERR_STATE: answers that nobody waits for, indications, and anything after consent was lost;
 * nothing goes back. */
enum err ice_lite_recv(struct ice_lite *ice, usec_t now, const struct addr *from, struct bytes in, struct wr *reply,
                       struct ice_result *res);

/* A check of ours that is due now: where to and what (ICE_REQUEST_CAP bytes of room). Until false, after each
 * ice_lite_recv() (before its reply is sent) and each tick. */
bool ice_lite_ask(struct ice_lite *ice, usec_t now, struct addr *to, struct wr *check);

enum ice_event ice_lite_tick(struct ice_lite *ice, usec_t now); /* due at ice_lite_deadline() */
usec_t ice_lite_deadline(const struct ice_lite *ice);

/* --- ice_peek.c --- */

#define ICE_STUN_HEADER 20

/* Whose STUN message is this? Read without any state or trust, so that a socket's first packet can be given to a
 * session by its ufrag (RFC 8445 7.2.2: USERNAME is "server_ufrag:client_ufrag"). The part of USERNAME before the
 * colon, borrowed from `in`. Only of Binding requests. ERR_SYNTAX, ERR_SHORT, ERR_NOT_FOUND (no USERNAME). Nothing is
 * verified. */
MUST_CHECK enum err ice_peek_username(struct bytes in, struct bytes *local_ufrag);
/* An answer has no name, but the transaction id that we gave the question: it begins with the first ICE_UFRAG_MIN
 * characters of our ufrag. Borrowed. ERR_SYNTAX, ERR_SHORT, ERR_NOT_FOUND (no answer to a Binding request). */
MUST_CHECK enum err ice_peek_answer(struct bytes in, struct bytes *ufrag_head);
