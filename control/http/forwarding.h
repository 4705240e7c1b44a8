/* forwarding.h: the headers by which proxies say whom they speak for (RFC 7239, RFC 9110 7.6.3, and what is usual). Who
 * sends one isn't the client itself, or wants us to believe so. */
#pragma once
#include "common/log.h"
#include "common/usec.h"
#include "http/negotiate.h"

const char *forwarding_header(const char *name); /* without case; its usual spelling, or NULL: it is none */

/* Proxies that nobody told us of: their clients share one address. Zeroed is none. */
struct forwarding_strangers {
    uint64_t n;             /* requests with such a header from an address that TRUSTED_PROXIES doesn't have */
    const char *header;     /* of the last one; static */
    char from[IP_TEXT_MAX]; /* its address */
    usec_t told_at;         /* monotonic; the log says it once a day */
};
void forwarding_stranger(struct forwarding_strangers *s, usec_t now, const char *header, const char *from,
                         const struct log *log);
