#include "store/params.h"

#include <inttypes.h>
#include <stdio.h>

const char *param_int(char out[PARAM_CAP], int64_t value)
{
    snprintf(out, PARAM_CAP, "%" PRId64, value);
    return out;
}

const char *param_decimal(char out[PARAM_CAP], int64_t value, unsigned places)
{
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    uint64_t one = 1;
    for (unsigned i = 0; i < places; i++)
        one *= 10;
    snprintf(out, PARAM_CAP, "%s%" PRIu64 ".%0*" PRIu64, value < 0 ? "-" : "", size / one, (int)places, size % one);
    return out;
}
