/* sdp_client.h: the offer of a simulated participant (the load tester), and what the server's answer to it came to.
 * Pure. */
#pragma once
#include "sdp/sdp_answer.h"

enum {
    SDP_CLIENT_PT_VP8 = 96,
    SDP_CLIENT_PT_RTX = 97,
    SDP_CLIENT_PT_OPUS = 111,
};

/* mids are "0", "1", …: microphone, camera, audio slots, video slots, data; those that aren't wanted are left out. */
struct sdp_client_plan {
    bool send_audio, send_video, data;
    unsigned n_audio_slots, n_video_slots; /* all m-lines together ≤ SDP_MEDIA_MAX */
    uint32_t audio_ssrc, video_ssrc, video_rtx_ssrc;
};

/* The m-lines of the plan, ready for sdp_offer_write(). Returns how many, 0 if they are too many for `cap`. */
unsigned sdp_client_media(const struct sdp_client_plan *plan, struct sdp_media_neg *media, unsigned cap);

/* Takes the server's (parsed) answer: media[i] of the offer becomes what was agreed, with the remote SSRCs of slots.
 * ERR_STATE if the answer doesn't match the offer (another number of m-lines, other mids); then media is unchanged. */
MUST_CHECK enum err sdp_client_agree(const struct sdp *answer, struct sdp_media_neg *media, unsigned n_media,
                                     struct sdp_error *why);
