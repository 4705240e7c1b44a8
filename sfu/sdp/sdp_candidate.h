/* sdp_candidate.h: one ICE candidate (RFC 8839 5.1, RFC 6544 4.5): of an SDP, or trickled as a browser's candidate
 * string. Pure; ranges are borrowed from the text. */
#pragma once
#include "net/addr.h"
#include "sdp/sdp_types.h"

enum sdp_candidate_type { SDP_CAND_HOST, SDP_CAND_SRFLX, SDP_CAND_PRFLX, SDP_CAND_RELAY };
enum sdp_tcptype { SDP_TCP_NONE /* UDP */, SDP_TCP_ACTIVE, SDP_TCP_PASSIVE, SDP_TCP_SO };

struct sdp_candidate {
    struct addr addr; /* not set if `hidden` */
    bool hidden;      /* an mDNS or other name: nothing that we could send to */
    enum sdp_candidate_type type;
    enum sdp_tcptype tcptype;
    uint16_t component; /* 1: RTP (and all with rtcp-mux) */
    uint32_t priority;
    struct bytes foundation;
    struct bytes ufrag; /* which ICE generation it belongs to; empty if not said */
};

/* "candidate:1 1 udp 2122260223 192.0.2.1 50000 typ host …", also without "candidate:", with "a=" before it, or with a
 * line end after it.
 * The empty string (end of candidates) is ERR_NOT_FOUND; ERR_SYNTAX; ERR_UNSUPPORTED for another transport than udp and
 * tcp. */
MUST_CHECK enum err sdp_candidate_parse(struct bytes text, struct sdp_candidate *out);

/* An address on which we listen: a UDP host candidate or a TCP passive one. */
struct sdp_local_candidate {
    struct addr addr;
    bool tcp;
};

/* RFC 8445 5.1.2.1 and RFC 6544 4.2; `index` is its place in the list of its transport, the most preferred first. */
uint32_t sdp_candidate_priority(bool tcp, unsigned index);
