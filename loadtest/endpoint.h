/* endpoint.h: one simulated participant: full ICE as the controlling agent, DTLS client, SRTP, the tracks it sends and
 * the slots on which it receives. Bytes and time in; datagrams go to the outbox (for its one peer). RFC 8445, 5763,
 * 3550, 4585. One thread. What many of them share is in struct endpoint_env. */
#pragma once
#include "dtls/dtls.h"
#include "ice/ice_lite.h"
#include "loadtest/clip.h"
#include "loadtest/hist.h"
#include "net/outbox.h"
#include "sdp/sdp_client.h"
#include "srtp/srtpseal.h"

enum endpoint_state {
    ENDPOINT_NEW,       /* an offer may be written, an answer is awaited */
    ENDPOINT_CHECKING,  /* ICE */
    ENDPOINT_HANDSHAKE, /* DTLS */
    ENDPOINT_OPEN,
    ENDPOINT_ENDED, /* closed by us or the peer, or failed: endpoint_why() */
};

enum endpoint_kind { KIND_AUDIO, KIND_VIDEO, KINDS };

/* Counters of the measuring window. */
struct kind_totals {
    uint64_t sent, expected, received, duplicates;
};

struct endpoint_totals {
    struct kind_totals kind[KINDS];
    uint64_t rtp_datagrams, rtp_bytes; /* all that came, RTX too */
    uint64_t recovered;                /* by RTX */
    uint64_t rtx_sent, nacks_sent, nacks_received, plis_sent, plis_received, rtcp_received;
    uint64_t unknown_ssrc, auth_failed, replayed, rtcp_failed, syntax;
    /* of endpoints that verify: */
    uint64_t opened, no_stamp;
    uint64_t source_lost;    /* by the senders' own numbers */
    uint64_t picture_breaks; /* VP8 picture ids that don't go on by one where no packet was lost */
};

struct endpoint_env {
    const struct dtls_identity *identity;
    struct srtpseal_mgr *mgr;
    struct sdp *sdp; /* scratch for parsing: it is large */
    bool measuring;
    uint32_t drop;              /* of 2^32 packets received so many are dropped, as if lost on the way */
    unsigned burst;             /* video packets sent at once */
    struct hist latency[KINDS]; /* while measuring, of endpoints that verify */
    struct hist lateness;       /* how late we sent what was due */
    struct hist join_answer, join_dtls, join_first_packet; /* from endpoint_offer() on */
    struct endpoint_totals totals;                         /* of the window; endpoint_collect() adds to it */
};

struct endpoint_config {
    struct endpoint_env *env; /* borrowed */
    uint32_t number;          /* of the endpoint: is in its stamps */
    uint64_t seed;            /* random */
    struct ice_creds creds;   /* random */
    bool send_audio, send_video;
    unsigned n_audio_slots, n_video_slots;
    const struct clip *audio, *video; /* what it sends; borrowed */
    bool verify;                      /* opens every packet and looks inside */
    bool nack;                        /* asks for what is lost */
};

struct endpoint;

MUST_CHECK enum err endpoint_new(const struct endpoint_config *cfg, struct endpoint **ep); /* ERR_NOMEM */
void endpoint_free(struct endpoint *ep);

/* The offer's SDP; now is when joining began. ERR_FULL. */
MUST_CHECK enum err endpoint_offer(struct endpoint *ep, usec_t now, struct wr *sdp);
/* The answer to it. peer: where the first UDP candidate is. ERR_STATE if it doesn't fit the offer, or parse errors; the
 * endpoint has then ended. */
MUST_CHECK enum err endpoint_answer(struct endpoint *ep, usec_t now, struct bytes sdp, struct addr *peer,
                                    struct sdp_error *why);

/* A datagram came; it is decrypted in place. */
void endpoint_recv(struct endpoint *ep, usec_t now, uint8_t *p, size_t len, struct outbox *out);
void endpoint_tick(struct endpoint *ep, usec_t now, uint64_t ntp, struct outbox *out); /* due at endpoint_deadline() */
usec_t endpoint_deadline(const struct endpoint *ep);
void endpoint_close(struct endpoint *ep, struct outbox *out);
void endpoint_end(struct endpoint *ep, const char *why); /* it failed outside; why: static text, NULL: as wanted */

enum endpoint_state endpoint_state(const struct endpoint *ep);
const char *endpoint_why(const struct endpoint *ep); /* why it ended: an error's name, or NULL if as wanted */
bool endpoint_has_media(const struct endpoint *ep);  /* received a first RTP packet, or has no slots */

uint64_t endpoint_sent(const struct endpoint *ep, enum endpoint_kind kind); /* packets since endpoint_mark() */

/* The window begins (marks what was there before), and its end: adds to env->totals what came since. */
void endpoint_mark(struct endpoint *ep);
void endpoint_collect(struct endpoint *ep);
