/* srtpseal.h: seals what we send: SRTP and SRTCP for one peer (RFC 3711 for AES_CM, RFC 7714 for GCM). The hot path:
 * the payload is read from the packet that all subscribers share and comes out sealed in the send arena: the seal is
 * the copy. libipsec-mb does the work where the CPU has AES instructions, OpenSSL elsewhere, with the same bytes.
 *
 * GCM packets are sealed when srtpseal_put() returns. AES_CM packets run through the library in parallel, over many
 * subscribers: they are sealed (and written to dst) by srtpseal_flush(), or earlier when SRTPSEAL_PENDING are waiting.
 * So call srtpseal_flush() after a batch, and before an outbox may send: until then dst holds the header and the
 * prefix, no secret of the payload.
 *
 * A nonce never repeats: each SSRC has a struct srtpseal_stream that refuses an index it has seen. Holes may be filled
 * later, within SRTPSEAL_WINDOW of the highest. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"
#include "srtp/srtpkey.h"

struct srtpseal_mgr; /* one per worker: the crypto library's working memory */
struct srtpseal_key; /* one per session: its outbound keys, expanded (≈ 1.4 to 2.3 kB); any number of SSRCs */

#define SRTPSEAL_WINDOW     512
#define SRTPSEAL_PENDING    32
#define SRTPSEAL_PACKET_CAP 1504

enum srtpseal_engine { SRTPSEAL_FASTEST, SRTPSEAL_PORTABLE };

MUST_CHECK enum err srtpseal_mgr_new(enum srtpseal_engine engine, struct srtpseal_mgr **mgr); /* ERR_NOMEM */
void srtpseal_mgr_free(struct srtpseal_mgr *mgr); /* nothing may be pending */

/* A key works with the managers of the engine it was made for. Free it only when nothing of it is pending. */
MUST_CHECK enum err srtpseal_key_new(struct srtpseal_mgr *mgr, const struct srtpkey *local, struct srtpseal_key **key);
void srtpseal_key_free(struct srtpseal_key *key);             /* wipes it */
size_t srtpseal_rtp_overhead(const struct srtpseal_key *key); /* 16 or 10 bytes */

/* One outbound SSRC: which indices were used. A plain value; all zeros is its start. */
struct srtpseal_stream {
    uint64_t next; /* the highest index used, and 1; 0: none */
    uint64_t used[SRTPSEAL_WINDOW / 64];
};

struct srtpseal_packet {
    uint64_t index;       /* 48 bits: ROC ‖ SEQ (RFC 3711 3.3.1). SEQ is also in the header; ours begins with ROC 0 */
    uint8_t *dst;         /* holds the RTP header (with CSRCs and extension) and, behind it, the prefix */
    size_t dst_cap;       /* room for header, prefix, payload and SRTPKEY_TAG_MAX */
    size_t header_len;    /* ≥ 12; authenticated, not encrypted */
    size_t prefix_len;    /* payload bytes that are this subscriber's own: a rewritten descriptor, an RTX OSN */
    struct bytes payload; /* the rest, borrowed until srtpseal_put() returns; mustn't overlap dst */
};

/* Returns the sealed length, or 0 if it was refused: an index used before or too old, no room, no header. */
size_t srtpseal_put(struct srtpseal_mgr *mgr, const struct srtpseal_key *key, struct srtpseal_stream *stream,
                    const struct srtpseal_packet *packet);
void srtpseal_flush(struct srtpseal_mgr *mgr);

/* A compound RTCP packet of len ≥ 8 bytes in p (cap: len + SRTPKEY_RTCP_MAX) is sealed in place, at once, by OpenSSL
 * (it is rare). *index is the session's SRTCP index: starts at 0, is used and incremented here. Returns the sealed
 * length; 0: no room, or the index has reached 2^31. */
size_t srtpseal_rtcp(struct srtpseal_mgr *mgr, const struct srtpseal_key *key, uint32_t *index, uint8_t *p, size_t len,
                     size_t cap);
