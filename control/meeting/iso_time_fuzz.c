/* iso_time_fuzz.c: any text; what is read can be written, and reads the same to the millisecond. */
#include "meeting/iso_time.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[256], again[ISO_TIME_CAP];
    usec_t at = 0, second = 0;
    size_t len = size < sizeof text ? size : sizeof text - 1;
    if (len)
        memcpy(text, data, len);
    text[len] = '\0';
    if (iso_time_read(text, &at))
        return 0;
    if (at >= 253402300800 * SEC) /* west of Greenwich in the last hours of 9999 */
        return 0;
    iso_time_write(again, at);
    if (iso_time_read(again, &second) || second != at / MSEC * MSEC)
        abort();
    return 0;
}
