/* uptrack.h: one m-line on which a client sends to us: its SSRC, what we received of it, what we ask for again.
 * RFC 3550, RFC 4585, RFC 4588. Lives in its session, on the session's worker. */
#pragma once
#include "rtp/ext.h"
#include "sdp/sdp_neg.h"
#include "session/media.h"

enum source { SOURCE_MICROPHONE, SOURCE_CAMERA, SOURCE_SCREEN, SOURCE_SCREEN_AUDIO, SOURCES };

const char *source_name(enum source s);                               /* "microphone", … */
MUST_CHECK enum err source_of_name(const char *name, enum source *s); /* ERR_NOT_FOUND */

struct uptrack; /* its inside is in session_priv.h */

void uptrack_init(struct uptrack *t, const struct sdp_media_neg *neg);
void uptrack_reset(struct uptrack *t); /* frees what it owns */

/* The source goes on under another SSRC. */
void uptrack_take_ssrc(struct uptrack *t, uint32_t ssrc);

/* Takes the new negotiation of the same m-line; what was received stays known unless the SSRC changed. */
void uptrack_renegotiate(struct uptrack *t, const struct sdp_media_neg *neg);

/* An opened packet of this track (RTX already restored: then recovered). ERR_REPLAY: a duplicate; ERR_STATE: a wild
 * jump of the sequence number, or the track isn't active; ERR_SYNTAX; ERR_UNSUPPORTED: a payload type that wasn't
 * negotiated. On OK m borrows pkt, whose reference stays the caller's. */
MUST_CHECK enum err uptrack_recv(struct uptrack *t, usec_t now, struct pkt *pkt, const struct rtp_view *view,
                                 bool recovered, struct media *m);

/* What it is, as negotiated. */
const char *uptrack_mid(const struct uptrack *t); /* "": its m-line was rejected */
bool uptrack_is_video(const struct uptrack *t);
bool uptrack_is_active(const struct uptrack *t); /* the client may send on it now */
const struct ext_map *uptrack_exts(const struct uptrack *t);
usec_t uptrack_rtt(const struct uptrack *t);
void uptrack_report(const struct uptrack *t, struct mline_report *out);

/* What the room calls it: which source it is, and the track that it has made of it. */
enum source uptrack_source(const struct uptrack *t);
void uptrack_set_source(struct uptrack *t, enum source source);
struct track_id uptrack_track(const struct uptrack *t);
void uptrack_set_track(struct uptrack *t, struct track_id id);
