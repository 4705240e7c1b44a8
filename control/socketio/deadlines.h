/* deadlines.h: when each of up to `cap` slots is next due; a heap, so 10,000 idle slots cost nothing between deadlines.
 * Set, move and remove are O(log n); nothing is allocated after deadlines_new(). */
#pragma once
#include "common/err.h"
#include "common/usec.h"
#include <stdint.h>

struct deadlines;
MUST_CHECK enum err deadlines_new(uint32_t cap, struct deadlines **d); /* ERR_NOMEM */
void deadlines_free(struct deadlines *d);

void deadlines_set(struct deadlines *d, uint32_t slot, usec_t due); /* USEC_NEVER removes it */
usec_t deadlines_at(const struct deadlines *d, uint32_t slot);      /* USEC_NEVER: not set */
/* When the first is due, and which it is (slot may be NULL); USEC_NEVER: none is. */
usec_t deadlines_first(const struct deadlines *d, uint32_t *slot);
