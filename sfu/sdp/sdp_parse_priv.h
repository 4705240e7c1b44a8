/* sdp_parse_priv.h: what the parser's two files share: sdp_parse.c (lines, session, transport, checks) and sdp_media.c.
 */
#pragma once
#include "sdp/sdp_parse.h"
#include "common/text.h"

/* One parse. `media` is the m-line that is being read, NULL before the first. */
struct parse {
    struct sdp *out;
    struct sdp_error *why;
    struct sdp_media *media;
    struct sdp_transport_in session; /* of the session's lines: what an m-line doesn't say itself */
    struct sdp_transport_in here;    /* of the m-line that is being read */
    struct bytes group;              /* the mids of a=group:BUNDLE */
    struct bytes simulcast;          /* a=simulcast of this m-line: looked at when all a=rid are known */
    enum sdp_dir rid_dirs[SDP_RIDS_MAX];
    bool bundle_only;
    enum sdp_dir session_dir;
    unsigned n_session_extmaps;
    struct sdp_extmap session_extmaps[SDP_EXTMAPS_MAX];
};

/* Says why, and gives e back. The text names lines of ours only, never what was sent. */
PRINTF_LIKE(3, 4) enum err parse_fail(struct parse *p, enum err e, const char *fmt, ...);

unsigned parse_media_index(const struct parse *p); /* of the m-line that is being read */

/* The value of an m= line: begins p->media, which is zero. */
enum err parse_media_line(struct parse *p, struct bytes value);
/* The end of an m-line's lines: what only makes sense when all are known. */
enum err parse_media_end(struct parse *p);

/* Attributes of payload types, extensions and streams: the value after the colon. */
enum err parse_rtpmap(struct parse *p, struct bytes value);
enum err parse_fmtp(struct parse *p, struct bytes value);
enum err parse_rtcp_fb(struct parse *p, struct bytes value);
enum err parse_extmap(struct parse *p, struct bytes value);
enum err parse_ssrc(struct parse *p, struct bytes value);
enum err parse_ssrc_group(struct parse *p, struct bytes value);
enum err parse_rid(struct parse *p, struct bytes value);
enum err parse_msid(struct parse *p, struct bytes value);
enum err parse_sctp_port(struct parse *p, struct bytes value);
enum err parse_sctpmap(struct parse *p, struct bytes value);
enum err parse_max_message_size(struct parse *p, struct bytes value);
