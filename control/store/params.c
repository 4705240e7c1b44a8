#include "store/params.h"
#include "common/random.h"

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

const char *param_new_uuid(char out[PARAM_CAP])
{
    uint8_t b[16];
    random_fill(b, sizeof b);
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    snprintf(out, PARAM_CAP, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2],
             b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
    return out;
}
