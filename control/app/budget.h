/* budget.h: what the process may hold at once for all strangers together, from what the machine gives it. */
#pragma once
#include "shares/shares.h"

/* Fills total[]: bytes, sessions, media, waiting; connections are the HTTP server's to say, who knows its descriptors.
 * Memory is the cgroup's limit if there is one, else the machine's. */
void budget_read(uint64_t total[SHARES_HELD]);

/* The bytes that may be held with that much memory: a quarter, and at most BUDGET_BYTES_MOST. Pure. */
#define BUDGET_BYTES_MOST ((uint64_t)128 * 1024 * 1024)
uint64_t budget_bytes(uint64_t memory);
/* The smaller of memory and what the text of a memory.max says ("max": no limit). Pure. */
uint64_t budget_limited(uint64_t memory, const char *memory_max);
