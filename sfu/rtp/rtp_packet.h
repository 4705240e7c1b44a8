/* rtp_packet.h: RTP packets as views, their headers written, and retransmissions. RFC 3550 5.1, RFC 8285, RFC 4588.
 * Pure; ranges are borrowed from the packet.
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 * |                           timestamp                           |
 * |                             SSRC                              |
 * |                         CSRC x CC                             |
 * |   profile (0xBEDE, 0x100x)    |  length in words  | elements… |  if X
 * |  payload …                                 | padding … | count |  if P
 */
#pragma once
#include "common/bytes.h"
#include "common/err.h"

#define RTP_HEADER_LEN    12
#define RTP_EXT_ONE_BYTE  0xBEDE
#define RTP_EXT_TWO_BYTE  0x1000 /* and the low 4 bits, "appbits", are free */
#define RTP_ONE_BYTE_IDS  14     /* ids 1…14; 15 ends the block */
#define RTP_ONE_BYTE_LENS 16     /* values of 1…16 bytes */

struct rtp_view {
    uint8_t pt;
    bool marker;
    uint8_t padding_len; /* with its count byte; 0: none */
    bool has_ext;
    uint16_t ext_profile;
    uint16_t seq;
    uint32_t ts, ssrc;
    struct bytes ext;     /* the elements, without profile and length */
    struct bytes payload; /* without padding; may be empty (a padding-only packet) */
};

/* RFC 5761: payload types 64…95 would be RTCP. The first byte is taken as RFC 7983's demultiplexer left it. */
static inline bool rtp_is_rtcp(struct bytes packet)
{
    return packet.len >= 2 && packet.p[1] >= 192 && packet.p[1] <= 223;
}

/* ERR_SHORT, ERR_SYNTAX (not version 2; padding larger than the payload). *v is whole or untouched. */
MUST_CHECK enum err rtp_parse(struct bytes packet, struct rtp_view *v);

/* Header extension elements, one-byte or two-byte, in order. A broken element ends the iteration. */
struct rtp_ext_iter {
    struct rd r;
    bool two_byte, ended;
};

struct rtp_ext {
    uint8_t id; /* 1…14 or 1…255 */
    struct bytes value;
};

void rtp_ext_iter_init(struct rtp_ext_iter *it, const struct rtp_view *v);
bool rtp_ext_next(struct rtp_ext_iter *it, struct rtp_ext *e);
bool rtp_ext_find(const struct rtp_view *v, uint8_t id, struct bytes *value); /* the first with this id */

struct rtp_header {
    uint8_t pt;
    bool marker, padding;
    uint16_t seq;
    uint32_t ts, ssrc;
    struct bytes ext_block; /* profile, length and padded elements as ext_serialise() makes it; empty: no X bit */
};

/* Without CSRCs: we mix nothing. A full buffer makes w bad. ext_block is a multiple of 4. */
void rtp_header_write(struct wr *w, const struct rtp_header *h);

/* RFC 4588 4: a retransmission (RTX) is the original with its own SSRC, sequence number and payload type, and the
 * original's sequence number (OSN) before the payload. */
#define RTX_OSN_LEN 2

/* Reads: ERR_SHORT for an RTX packet without an OSN (padding only: probing; harmless). */
MUST_CHECK enum err rtx_parse(const struct rtp_view *rtx, uint16_t *osn, struct bytes *payload);

/* The original again, in place: data[0…*len) is the RTX packet that v was parsed from. Padding goes. v is no longer
 * good after. */
MUST_CHECK enum err rtx_restore(uint8_t *data, size_t *len, const struct rtp_view *v, uint8_t pt, uint32_t ssrc);
