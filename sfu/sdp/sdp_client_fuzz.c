/* Any text as the answer to an offer of ours: it is taken as it fits, or refused with everything as it was. The first
 * byte says what the offer has. */
#include "sdp/sdp_client.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool b)
{
    if (!b)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct sdp_media_neg media[SDP_MEDIA_MAX], before[SDP_MEDIA_MAX];
    static struct sdp answer;
    struct sdp_error why = {""};
    if (!len)
        return 0;
    const struct sdp_client_plan plan = {
        .send_audio = data[0] & 1,
        .send_video = data[0] & 2,
        .data = data[0] & 4,
        .n_audio_slots = data[0] >> 3 & 3,
        .n_video_slots = data[0] >> 5,
        .audio_ssrc = 1,
        .video_ssrc = 2,
        .video_rtx_ssrc = 3,
    };
    memset(media, 0, sizeof media);
    unsigned n = sdp_client_media(&plan, media, SDP_MEDIA_MAX);
    must(n <= SDP_MEDIA_MAX);
    if (!n || sdp_parse(bytes_of(data + 1, len - 1), SDP_ANSWER, &answer, &why))
        return 0;
    memcpy(before, media, sizeof media);
    enum err e = sdp_client_agree(&answer, media, n, &why);
    must(e == OK || (why.text[0] && memcmp(before, media, sizeof media) == 0));
    for (unsigned i = 0; i < n && !e; i++) {
        must(!media[i].accepted || before[i].accepted);
        must(media[i].n_codecs <= ARRAY_LEN(media[i].codecs) && memchr(media[i].mid, 0, sizeof media[i].mid));
    }
    return 0;
}
