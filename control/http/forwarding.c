/* forwarding.c: the headers that proxies add. */
#include "http/forwarding.h"
#include "common/err.h"

#include <string.h>
#include <strings.h>

bool forwarding_is_header(const char *name)
{
    static const char prefix[] = "x-forwarded-";
    static const char *const names[] = {
        "forwarded",
        "via",
        "x-real-ip",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-original-forwarded-for",
        "x-envoy-external-address",
        "x-azure-clientip",
        "true-client-ip",
        "cf-connecting-ip",
        "fastly-client-ip",
        "fly-client-ip",
    };
    if (strncasecmp(name, prefix, sizeof prefix - 1) == 0)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return false;
}
