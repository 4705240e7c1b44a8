/* srtpkdf.h: session keys from a master key (RFC 3711 4.3, RFC 6188, RFC 7714 11), with a key derivation rate of zero.
 */
#pragma once
#include "common/err.h"
#include "srtp/srtpkey.h"

enum srtpkdf_label {
    SRTPKDF_RTP_CIPHER = 0,
    SRTPKDF_RTP_AUTH,
    SRTPKDF_RTP_SALT,
    SRTPKDF_RTCP_CIPHER,
    SRTPKDF_RTCP_AUTH,
    SRTPKDF_RTCP_SALT,
};

#define SRTPKDF_AUTH_LEN 20

/* len bytes (at most 128) for one purpose. ERR_NOMEM. */
MUST_CHECK enum err srtpkdf_derive(const struct srtpkey *master, enum srtpkdf_label label, uint8_t *out, size_t len);
