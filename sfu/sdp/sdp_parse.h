/* sdp_parse.h: an RTCPeerConnection's offer or answer (RFC 8829), read into one flat struct.
 * Borrows the text: every `struct bytes` in it points into it. Needs no memory of its own; it is large (see sizeof), so
 * keep it on the heap and for the one call only: what lasts is `struct sdp_media_neg` (sdp_neg.h). What the struct
 * can't hold is refused (ERR_FULL), except where the comment says that the excess is ignored. All text is printable
 * ASCII or UTF-8, without control characters, so ranges can be written back as they are. */
#pragma once
#include "codec/codec.h"
#include "rtp/ext.h"
#include "sdp/sdp_candidate.h"
#include "sdp/sdp_types.h"

enum sdp_type { SDP_OFFER, SDP_ANSWER };

#define SDP_PTS_MAX          64
#define SDP_EXTMAPS_MAX      24
#define SDP_SSRCS_MAX        16
#define SDP_RIDS_MAX         8
#define SDP_FINGERPRINTS_MAX 4
#define SDP_CANDIDATES_MAX   32

/* One payload type: a=rtpmap, a=fmtp and a=rtcp-fb in one. */
struct sdp_pt {
    uint8_t pt;
    uint8_t channels; /* 1 if not said */
    uint8_t fb;       /* enum sdp_fb bits */
    uint8_t apt;      /* RTX: the payload type that it repairs; 0xff if none */
    bool is_rtx;      /* RFC 4588 */
    enum codec_kind codec;
    uint32_t clock;
    struct bytes fmtp; /* the parameters, after the payload type */
};

struct sdp_extmap {
    uint16_t id;
    enum sdp_dir dir; /* SDP_SENDRECV if not said */
    struct bytes uri;
};

struct sdp_ssrc {
    uint32_t ssrc;
    uint32_t rtx; /* from a=ssrc-group:FID, 0 if none */
    bool is_rtx;  /* it is another one's rtx */
    struct bytes cname;
};

struct sdp_fingerprint {
    struct bytes algorithm; /* "sha-256", "sha-384" or "sha-512", in whatever case it was written; others are ignored */
    uint8_t len;
    uint8_t digest[64];
};

/* ICE and DTLS parameters, of the session or of one m-line (RFC 8839, RFC 8122, RFC 4145). */
struct sdp_transport_in {
    struct bytes ufrag, pwd; /* 4..256 and 22..256 ice-chars */
    enum sdp_setup setup;
    unsigned n_fingerprints;
    struct sdp_fingerprint fingerprints[SDP_FINGERPRINTS_MAX]; /* excess ignored */
};

struct sdp_media {
    enum sdp_kind kind;
    enum sdp_dir dir; /* the sender's own view of it; SDP_SENDRECV if not said */
    bool rejected;    /* port 0 without a=bundle-only */
    bool bundled;     /* runs over the one transport: in the BUNDLE group, or the only live m-line */
    bool rtcp_mux, rtcp_rsize;
    bool allow_mixed; /* a=extmap-allow-mixed, of the session or its own */
    uint16_t port;
    struct bytes name, proto, formats; /* of the m= line, to echo in a refusal */
    struct bytes mid;
    struct bytes stream, track; /* the first a=msid (RFC 8830); empty if none */
    unsigned n_pts, n_extmaps, n_ssrcs, n_rids;
    struct sdp_pt pts[SDP_PTS_MAX];             /* most preferred first */
    struct sdp_extmap extmaps[SDP_EXTMAPS_MAX]; /* of the session too, after its own */
    struct sdp_ssrc ssrcs[SDP_SSRCS_MAX];       /* excess ignored */
    struct bytes rids[SDP_RIDS_MAX];            /* simulcast layers, in the order of a=simulcast (RFC 8853) */
    enum sdp_dir rids_dir;                      /* SDP_SEND: the writer of this SDP sends them */
    uint16_t sctp_port;                         /* SDP_DATA (RFC 8841); 0 if not said */
    uint32_t max_message_size;                  /* 65536 if not said; 0: no limit */
};

struct sdp {
    enum sdp_type type;
    bool bundle; /* it has a BUNDLE group; without one there is one live m-line */
    bool ice_lite, allow_mixed;
    struct bytes origin_id;            /* <sess-id> of o=: which session this is (RFC 8866 5.2); empty: not said */
    struct sdp_transport_in transport; /* the one of the BUNDLE group: all that is accepted runs over it */
    unsigned n_media, n_candidates;
    struct sdp_media media[SDP_MEDIA_MAX];
    struct sdp_candidate candidates[SDP_CANDIDATES_MAX]; /* of all m-lines; excess and what doesn't parse is ignored */
};

/* Reads and checks `text`. `*out` is only good on OK; otherwise `why` says what is wrong with it:
 * ERR_SYNTAX, ERR_FULL (a bound), ERR_UNSUPPORTED (valid, but not with us: several m-lines without BUNDLE, no rtcp-mux,
 * …). */
MUST_CHECK enum err sdp_parse(struct bytes text, enum sdp_type type, struct sdp *out, struct sdp_error *why);

const struct sdp_media *sdp_find_media(const struct sdp *sdp, struct bytes mid); /* NULL if there is none */
