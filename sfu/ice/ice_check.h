/* ice_check.h: the other end of ice_lite.h: Binding requests of a controlling agent, and their answers. For the load
 * tester and for tests. No state: the caller keeps the transaction id and the time. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"
#include "ice/ice_lite.h"

#define ICE_TXID_LEN    12
#define ICE_REQUEST_CAP 640 /* the longest USERNAME (513 bytes) and all the rest */

struct ice_check {
    const struct ice_creds *local;  /* ours: only the ufrag is used */
    const struct ice_creds *remote; /* the server's */
    uint8_t txid[ICE_TXID_LEN];     /* fresh random bytes for each request */
    uint64_t tie_breaker;
    uint32_t priority;
    bool use_candidate;
};

/* Writes the request at the writer; ERR_FULL. */
MUST_CHECK enum err ice_check_write(const struct ice_check *check, struct wr *out);

/* The answer to it. OK: success, and `mapped` is our address as the server sees it. ERR_DENIED: a (verified, or
 * 400/401) error response, its code in *error_code. ERR_NOT_FOUND: not of this transaction. ERR_AUTH, ERR_SYNTAX. */
MUST_CHECK enum err ice_check_read(const struct ice_check *check, struct bytes in, struct addr *mapped,
                                   int *error_code);
