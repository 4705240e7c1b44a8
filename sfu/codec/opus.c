/* opus.c: Opus in SDP (RFC 7587). Of its payloads the server reads nothing. */
#include "codec/codec_row.h"
#include "common/text.h"

/* RFC 7587 6.1: what the remote side would like to be sent, which is for those who send to it to heed. */
bool opus_read_fmtp(struct bytes fmtp, struct codec_params *out)
{
    out->fec = codec_fmtp_number(fmtp, "useinbandfec", 0) == 1;
    out->dtx = codec_fmtp_number(fmtp, "usedtx", 0) == 1;
    out->stereo = codec_fmtp_number(fmtp, "stereo", 0) == 1;
    return true;
}

void opus_write_fmtp(struct wr *w, const struct codec_params *p)
{
    wr_text(w, "minptime=10%s%s%s", p->fec ? ";useinbandfec=1" : "", p->dtx ? ";usedtx=1" : "",
            p->stereo ? ";stereo=1" : "");
}
