/* sdp_answer.h: writes our side of the conversation from negotiated values: an answer to a client's offer, or an offer
 * of our own (to a documented client, or as the load tester). RFC 8829 5.2 and 5.3; ICE-lite per RFC 8445 2.5. Pure. */
#pragma once
#include "sdp/sdp_neg.h"

/* Our end of the transport. All borrowed for the call. */
struct sdp_transport {
    bool ice_lite;
    const char *ufrag, *pwd;
    const char *fingerprint; /* "sha-256 AB:CD:…" */
    const struct sdp_local_candidate *candidates;
    unsigned n_candidates;
    const char *cname;
    uint64_t session_id; /* o= line (RFC 8829 5.2.1): constant for a session, below 2^63 */
    uint32_t version;    /* o= line: one more for each SDP that we write */
    uint16_t sctp_port;  /* usually 5000 */
    uint32_t max_message_size;
};

/* The DTLS role that our answer takes: passive, unless the offer says passive. */
enum sdp_setup sdp_answer_setup(const struct sdp *offer);

/* The answer: neg[i] is the decision about offer->media[i]. ERR_FULL if it doesn't fit `w`. */
MUST_CHECK enum err sdp_answer_write(const struct sdp *offer, const struct sdp_media_neg *neg,
                                     const struct sdp_transport *t, struct wr *w);

/* Our own offer of n_media m-lines (`accepted` false writes a retired m-line, port 0), a=setup:actpass. */
MUST_CHECK enum err sdp_offer_write(const struct sdp_media_neg *media, unsigned n_media, const struct sdp_transport *t,
                                    struct wr *w);
