/* Any text as a number in a path or a query: what is read is what is written there, in digits alone. */
#include "http/ids.h"

#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char text[64], again[32];
    if (len >= sizeof text)
        len = sizeof text - 1;
    if (len)
        memcpy(text, data, len);
    text[len] = '\0';
    int64_t id = id_of(text), n = number_of(text, 3, 1000, -7);
    if (id < 0 || (n != -7 && (n < 3 || n > 1000 || n != id)))
        abort();
    if (id == 0)
        return 0;
    snprintf(again, sizeof again, "%lld", (long long)id);
    if (strspn(text, "0123456789") != strlen(text) || strcmp(text + strspn(text, "0"), again) != 0)
        abort();
    return 0;
}
