/* twcc.h: transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01): what a peer
 * tells us is read packet by packet; what we tell it is recorded and written. Pure; times are arguments. Reading takes
 * at most n_seqs steps, at most 65535, whatever the bytes say. */
#pragma once
#include "rtp/rtcp.h"
#include "common/usec.h"

struct twcc_iter {
    struct rd chunks, deltas;
    uint16_t seq, left;
    uint16_t chunk, in_chunk; /* the chunk being read, and its symbols still to come */
    usec_t at;
};

struct twcc_packet {
    uint16_t seq;
    bool received;
    usec_t at; /* on the peer's clock (wraps after 12 days); good if received */
};

/* Waits for the estimate of the way down (the recorder's tests read with it what was written). ERR_SHORT, ERR_SYNTAX:
 * the whole message is checked first, so that iteration never fails half way. */
MUST_CHECK enum err twcc_iter_init(struct twcc_iter *it, const struct rtcp_twcc *fb);
bool twcc_next(struct twcc_iter *it, struct twcc_packet *out);

/* Arrivals not yet reported, by 16-bit sequence number. Bounded window: what is further back than it is forgotten. */
#define TWCC_WINDOW      512
#define TWCC_MAX_PACKETS 256 /* in one message */

struct twcc_recorder {
    usec_t arrived[TWCC_WINDOW]; /* by seq % TWCC_WINDOW; USEC_NEVER: not here */
    uint64_t next_base, highest; /* extended: first not yet reported, highest arrived; 0: none yet */
    uint32_t n_waiting;
    uint8_t feedback_count;
};

void twcc_recorder_init(struct twcc_recorder *r);
void twcc_recorder_saw(struct twcc_recorder *r, usec_t now, uint16_t seq);
/* Appends one RTPFB packet with what came since the last; false: nothing to say (nothing is written) or w is too small
 * (w is bad). Call again while it answers true. */
bool twcc_recorder_write(struct twcc_recorder *r, struct wr *w, uint32_t ssrc, uint32_t media_ssrc);
