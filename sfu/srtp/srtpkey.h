/* srtpkey.h: one direction's SRTP master key and salt, as DTLS exports them (RFC 5764 4.2). */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Values are those of the IANA registry "DTLS-SRTP Protection Profiles", as in dtls/dtls.h. */
enum srtpkey_suite { SRTPKEY_CM_SHA1_80 = 1, SRTPKEY_GCM_128 = 7, SRTPKEY_GCM_256 = 8 };

struct srtpkey {
    enum srtpkey_suite suite;
    uint8_t key[32];  /* 16, or 32 with SRTPKEY_GCM_256 */
    uint8_t salt[14]; /* 12 with GCM */
};

#define SRTPKEY_SALT_MAX 14
#define SRTPKEY_TAG_MAX  16 /* RTP: GCM 16, CM 10 */
#define SRTPKEY_RTCP_MAX 20 /* RTCP: E|index and the tag: GCM 20, CM 14 */
