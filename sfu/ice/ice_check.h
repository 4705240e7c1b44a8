/* ice_check.h: Binding requests and their answers, from the side that asks: the lite agent's for consent, and those of
 * a controlling agent, which the load tester and tests are. No state: the caller keeps the transaction id and the time.
 */
#pragma once
#include "common/bytes.h"
#include "common/err.h"
#include "ice/ice_lite.h"

struct ice_check {
    const struct ice_creds *local;  /* ours: only the ufrag is used */
    const struct ice_creds *remote; /* the other side's */
    uint8_t txid[ICE_TXID_LEN];     /* fresh random bytes for each request */
    uint64_t tie_breaker;
    uint32_t priority;
    bool use_candidate, controlled;
};

/* Writes the request at the writer; ERR_FULL. */
MUST_CHECK enum err ice_check_write(const struct ice_check *check, struct wr *out);

/* The answer to it. OK: success, and `mapped` is our address as the server sees it. ERR_DENIED: a (verified, or
 * 400/401) error response, its code in *error_code. ERR_NOT_FOUND: not of this transaction. ERR_AUTH, ERR_SYNTAX. */
MUST_CHECK enum err ice_check_read(const struct ice_check *check, struct bytes in, struct addr *mapped,
                                   int *error_code);

/* For a controlling agent: answers a check of the other side's. ERR_NOT_FOUND: it is no request; ERR_AUTH, ERR_SYNTAX:
 * not with our password, and nothing goes back. */
MUST_CHECK enum err ice_check_answer(const struct ice_creds *local, const struct addr *from, struct bytes in,
                                     struct wr *reply);
