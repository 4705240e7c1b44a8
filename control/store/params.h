/* params.h: values as the text that PostgreSQL reads. Each writes into out and returns it. */
#pragma once
#include <stdint.h>

#define PARAM_CAP 40

const char *param_int(char out[PARAM_CAP], int64_t value);
/* value × 10^-places, exactly: (-150, 4) is "-0.0150". places: 1…9 */
const char *param_decimal(char out[PARAM_CAP], int64_t value, unsigned places);
