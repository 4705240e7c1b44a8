/* Any JSON as an amount of money: what is read is within bounds, and written out and read again it is the same. */
#include "billing/usd.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    json_t *json = json_loadb((const char *)data, len, JSON_DECODE_ANY, NULL);
    int64_t amount = 12345, again = 0;
    char text[48];
    if (!json)
        json = json_stringn((const char *)data, len);
    if (!json) /* neither JSON nor UTF-8 */
        return 0;
    enum err e = usd_of_json(json, &amount);
    json_decref(json);
    if (e) {
        if (amount != 12345 || (e != ERR_SYNTAX && e != ERR_FULL))
            abort();
        return 0;
    }
    if (amount > USD(1000000000) || amount < -USD(1000000000))
        abort();
    snprintf(text, sizeof text, "%s%lld.%04lld", amount < 0 ? "-" : "", llabs(amount / USD(1)), llabs(amount % USD(1)));
    json = json_string(text);
    if (!json || usd_of_json(json, &again) || again != amount)
        abort();
    json_decref(json);
    return 0;
}
