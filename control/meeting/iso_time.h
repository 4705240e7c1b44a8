/* iso_time.h: points in time as text (ISO 8601). Pure. */
#pragma once
#include "common/err.h"
#include "common/usec.h"

#define ISO_TIME_CAP 32

/* Any date and time of ISO 8601 with a zone: calendar, week or ordinal date, with or without separators, the last
 * part with a fraction: "2026-04-01T14:00:00.5+02:00", "2026-W14-3T14:00Z", "2026091T1400Z". Years 1970…9999; a leap
 * second is the second that follows. ERR_SYNTAX: anything else. */
MUST_CHECK enum err iso_time_read(const char *text, usec_t *at);

/* "2026-04-01T14:00:00.000Z"; at: years 1970…9999 */
void iso_time_write(char out[ISO_TIME_CAP], usec_t at);
