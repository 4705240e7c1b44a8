/* limits.h: the table of shares: for an address in amounts for each person behind it, for accounts, meetings and
 * mailboxes as they are. Pure. */
#pragma once
#include "shares/shares.h"

struct share_limit {
    uint64_t most;     /* held: at once; spent: in a burst. 0: isn't counted for such a holder */
    uint64_t per_hour; /* spent: what comes back in an hour */
};

/* people: how many an address may be. An IPv6 network has SHARES_NETWORK_FACTOR times an address's. */
struct share_limit share_limit_of(enum share what, enum holder_kind kind, unsigned people);
