/* srtpkey.h: one direction's SRTP master key and salt, as DTLS exports them (RFC 5764 4.2). */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum srtpkey_suite { SRTPKEY_CM_SHA1_80 = 1, SRTPKEY_GCM_128, SRTPKEY_GCM_256 };

struct srtpkey {
    enum srtpkey_suite suite;
    uint8_t key[32];  /* srtpkey_len() of them */
    uint8_t salt[14]; /* srtpkey_salt_len() */
};

#define SRTPKEY_SALT_MAX 14
#define SRTPKEY_TAG_MAX  16 /* RTP: GCM 16, CM 10 */
#define SRTPKEY_RTCP_MAX 20 /* RTCP: E|index and the tag: GCM 20, CM 14 */

static inline size_t srtpkey_len(enum srtpkey_suite suite)
{
    return suite == SRTPKEY_GCM_256 ? 32 : 16;
}

static inline size_t srtpkey_salt_len(enum srtpkey_suite suite)
{
    return suite == SRTPKEY_CM_SHA1_80 ? 14 : 12;
}
