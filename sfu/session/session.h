/* session.h: one WebRTC connection of one client: ICE-lite, DTLS, SRTP, the tracks it sends (uptrack.h) and the slots
 * on which it receives (slot.h). Bytes and time in; datagrams go to the outbox and what happened comes back as values.
 * Lives on one worker. RFC 8829 (offer and answer), RFC 8843 (BUNDLE), RFC 7983 (demultiplexing), RFC 5761. */
#pragma once
#include "dtls/dtls.h"
#include "ice/ice_lite.h"
#include "net/outbox.h"
#include "sdp/sdp_answer.h"
#include "session/slot.h"
#include "session/uptrack.h"
#include "common/log.h"

#define SESSION_UPTRACKS   8
#define SESSION_SLOTS      100
#define SESSION_REPORTS    SEC
#define SESSION_CNAME      "onepizza"
#define SESSION_OPENS_IN   (15 * SEC) /* from the answer to the keys, or it ends */
#define SESSION_SEALED_CAP 1200       /* our RTCP datagrams */

enum session_state {
    SESSION_CHECKING,  /* waits for a valid ICE check */
    SESSION_HANDSHAKE, /* DTLS */
    SESSION_OPEN,
    SESSION_CLOSED,
    SESSION_STATES
};

enum session_event { SESSION_EV_PATH, SESSION_EV_KEYS, SESSION_EV_LOST, SESSION_EVENTS };

const char *session_state_name(enum session_state s); /* "checking", … as in docs/sfu-socket.md */
enum session_state session_next(enum session_state s, enum session_event e);

enum session_drop {
    DROP_NOT_OPEN, /* media before the keys */
    DROP_SRTP_AUTH,
    DROP_SRTP_REPLAY,
    DROP_RTP_SYNTAX,
    DROP_UNKNOWN_SSRC, /* neither MID, SSRC nor payload type says whose it is */
    DROP_RTP_STATE,    /* inactive track, unknown payload type, wild sequence jump */
    DROP_RTX_EMPTY,    /* probes: padding, or what we have */
    DROP_RTCP_AUTH,
    DROP_RTCP_SYNTAX,
    DROP_RTCP_ASKS, /* more than SESSION_ASKS in one packet */
    DROP_STUN,
    DROP_DTLS,
    SESSION_DROPS
};

const char *session_drop_name(enum session_drop d);

struct session_config {
    const char *name;               /* for the log; copied */
    struct dtls_identity *identity; /* the session takes a reference */
    struct srtpseal_mgr *mgr;
    const struct sdp_local_candidate *candidates; /* borrowed, outlive the session */
    unsigned n_candidates;
    struct ice_creds creds; /* fresh and random */
    uint64_t seed;          /* random: SSRCs and where numbers start */
    uint64_t secret[2];     /* random, and never sent (ice_lite_init()) */
    const struct log *log;
};

struct session;

/* offer: parsed. The answer is written to `answer`. ERR_*: refused, `why` says the reason, and there is no session. */
MUST_CHECK enum err session_new(const struct session_config *cfg, usec_t now, const struct sdp *offer,
                                struct wr *answer, struct sdp_error *why, struct session **session);
void session_free(struct session *s);

/* Is this offer another connection rather than a renegotiation? It is if it has another DTLS certificate; and if both
 * the session of its o= line and its ufrag are others: a client that keeps its certificate has a new connection. */
bool session_is_other(const struct session *s, const struct sdp *offer);

/* Renegotiation. fresh: credentials to use if the offer is an ICE restart. Refused: nothing has changed. */
MUST_CHECK enum err session_renegotiate(struct session *s, const struct sdp *offer, const struct ice_creds *fresh,
                                        struct wr *answer, struct sdp_error *why);

/* What came of a STUN or DTLS datagram, or of a tick. */
struct session_news {
    bool state_changed;
    struct ice_result ice; /* learned and forgotten addresses */
    const char *reason;    /* when it closed: "silent", "dtls" */
};

void session_recv_stun(struct session *s, usec_t now, const struct addr *from, struct bytes in, struct outbox *out,
                       struct session_news *news);
void session_recv_dtls(struct session *s, usec_t now, struct bytes in, struct outbox *out, struct session_news *news);

/* An SRTP packet is opened in place; on OK *m borrows pkt and *track is whose it is. Otherwise it was counted. */
MUST_CHECK enum err session_recv_rtp(struct session *s, usec_t now, struct pkt *pkt, struct media *m,
                                     struct uptrack **track);

/* What a client's RTCP asks of the room. */
struct session_ask {
    enum { ASK_KEY, ASK_RESEND } what;
    struct slot *slot;
    uint16_t pid, blp; /* ASK_RESEND */
};

#define SESSION_ASKS 64 /* more in one packet are ignored */

struct session_asks {
    unsigned n;
    struct session_ask list[SESSION_ASKS];
};

void session_recv_rtcp(struct session *s, usec_t now, uint64_t ntp, struct pkt *pkt, struct session_asks *asks);

/* Timers: ICE consent, DTLS flights, NACKs for lost uplink packets, TWCC feedback, reports. */
void session_tick(struct session *s, usec_t now, uint64_t ntp, struct outbox *out, struct session_news *news);
usec_t session_deadline(const struct session *s);
usec_t session_feedback_deadline(const struct session *s); /* the part of it that a packet can bring forward */

void session_ask_key(struct session *s, struct uptrack *t, struct outbox *out); /* PLI, or FIR */
void session_close(struct session *s, struct outbox *out);                      /* says close_notify */

enum session_state session_state(const struct session *s);
const char *session_name(const struct session *s);
usec_t session_heard(const struct session *s); /* when the client's last valid check came, or the start */
bool session_is_ufrag(const struct session *s, struct bytes ufrag);

/* Borrowed; the arrays stay where they are for the session's life. */
struct uptrack *session_uptrack_at(struct session *s, unsigned i); /* NULL past the end */
struct slot *session_slot_at(struct session *s, unsigned i);

struct session_counters {
    uint64_t packets_in, bytes_in, rtcp_in, rtcp_out;
    uint64_t drops[SESSION_DROPS];
};

const struct session_counters *session_counters(const struct session *s);

struct session_quality {
    double uplink_loss, downlink_loss; /* 0…1, over the last report interval */
    double rtt_ms;                     /* 0: not known yet */
    double jitter_ms;
};

void session_quality(const struct session *s, struct session_quality *q);
