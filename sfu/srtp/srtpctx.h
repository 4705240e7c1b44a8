/* srtpctx.h: opens what a peer sends: SRTP and SRTCP (RFC 3711, RFC 7714), by libsrtp2, in place. The cryptographic
 * context of one session's inbound direction: one master key, a stream (ROC, replay window of 1024) for each SSRC. One
 * per session, on its worker. Streams are made by authenticated packets only, at most SRTPCTX_STREAMS: then the one
 * unheard for longest goes. What we send is sealed by srtpseal.h. */
#pragma once
#include "common/err.h"
#include "srtp/srtpkey.h"

struct srtpctx;

#define SRTPCTX_STREAMS 64

/* libsrtp2 has tables of its own: once per process, in main() (and a test's), before the first srtpctx_new() and before
 * there are threads. ERR_IO: its self-test failed. */
MUST_CHECK enum err srtpctx_library_init(void);

MUST_CHECK enum err srtpctx_new(const struct srtpkey *remote, struct srtpctx **ctx); /* ERR_NOMEM, ERR_UNSUPPORTED */
void srtpctx_free(struct srtpctx *ctx);

/* packet is opened in place, and *len becomes shorter. ERR_SHORT, ERR_SYNTAX: no RTP, or its header runs over the end.
 * ERR_AUTH, ERR_REPLAY: dropped, nothing learnt; the bytes are then undefined. ERR_NOMEM: no room for a new stream. */
MUST_CHECK enum err srtpctx_open_rtp(struct srtpctx *ctx, uint8_t *packet, size_t *len);
MUST_CHECK enum err srtpctx_open_rtcp(struct srtpctx *ctx, uint8_t *packet, size_t *len);
unsigned srtpctx_n_streams(const struct srtpctx *ctx); /* how many there are now, for tests of that bound */
