/* ntp.h: NTP timestamps (RFC 5905: 32.32 fixed-point seconds since 1900), as RTCP uses them. Plain arithmetic. */
#pragma once
#include "common/usec.h"

#define NTP_UNIX_OFFSET 2208988800u /* seconds from 1900 to 1970 */

/* wall: µs since 1970, ≥ 0. */
static inline uint64_t ntp_of_wall(usec_t wall)
{
    uint64_t sec = (uint64_t)(wall / SEC) + NTP_UNIX_OFFSET, frac = (uint64_t)(wall % SEC);
    return sec << 32 | (frac << 32) / (uint64_t)SEC;
}

/* The middle 32 bits: 16.16 seconds. */
static inline uint32_t ntp_middle(uint64_t ntp)
{
    return (uint32_t)(ntp >> 16);
}

static inline uint32_t ntp_short_of_usec(usec_t d)
{
    return d <= 0 ? 0 : (uint32_t)(((uint64_t)d << 16) / (uint64_t)SEC);
}

static inline usec_t ntp_short_to_usec(uint32_t d)
{
    return (usec_t)(((uint64_t)d * (uint64_t)SEC) >> 16);
}

/* a - b in µs; good for distances under 2^31 s. */
static inline usec_t ntp_diff_usec(uint64_t a, uint64_t b)
{
    int64_t d = (int64_t)(a - b);
    return (usec_t)(((__int128)d * (__int128)SEC) >> 32);
}
