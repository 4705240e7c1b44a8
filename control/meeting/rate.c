#include "meeting/rate.h"

bool rate_take(struct rates *r, enum rate_kind kind, usec_t now)
{
    static const struct {
        unsigned burst;
        usec_t each; /* one more every … */
    } limits[RATE_KINDS] = {
        /* clang-format off */
        [RATE_JOIN]   = { 10,  1   * SEC  },
        [RATE_SIGNAL] = { 600, 5   * MSEC },
        [RATE_STATE]  = { 60,  50  * MSEC },
        [RATE_TALK]   = { 20,  200 * MSEC },
        [RATE_HOST]   = { 30,  200 * MSEC },
        [RATE_EXCESS] = { 100, 500 * MSEC },
        /* clang-format on */
    };
    usec_t each = limits[kind].each, full_at = r->full_at[kind] > now ? r->full_at[kind] : now;
    if (full_at - now > (usec_t)(limits[kind].burst - 1) * each)
        return false;
    r->full_at[kind] = full_at + each;
    return true;
}
