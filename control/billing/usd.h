/* usd.h: amounts of money that clients send, exactly: numbers or texts with at most four decimal places. Pure. */
#pragma once
#include "common/err.h"
#include <jansson.h>
#include <stdint.h>

#define USD(dollars) ((int64_t)(dollars)*10000)
#define USD_CENT     (USD(1) / 100)

/* 20, 20.5, "20.5000" in ten thousandths of a dollar. ERR_SYNTAX: neither a number nor a decimal text, or more places.
 * ERR_FULL: beyond ±USD(10^9). */
MUST_CHECK enum err usd_of_json(const json_t *value, int64_t *ten_thousandths);
