/* rtx.h: retransmission payloads. RFC 4588 4: an RTX packet is the original with its own SSRC, sequence number and
 * payload type, and the original's sequence number (OSN) before the payload. Pure. */
#pragma once
#include "rtp/rtp_packet.h"

#define RTX_OSN_LEN 2

/* Reads: ERR_SHORT for an RTX packet without an OSN (padding only: probing; harmless). */
MUST_CHECK enum err rtx_parse(const struct rtp_view *rtx, uint16_t *osn, struct bytes *payload);

/* The original again, in place: data[0…*len) is the RTX packet that v was parsed from. Padding goes. v is no longer
 * good after. */
MUST_CHECK enum err rtx_restore(uint8_t *data, size_t *len, const struct rtp_view *v, uint8_t pt, uint32_t ssrc);
