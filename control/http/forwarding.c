/* forwarding.c: the headers that proxies add, and who adds them without leave. */
#include "http/forwarding.h"
#include "common/err.h"
#include "common/text.h"

#include <strings.h>

#define TELL_EVERY (24 * 3600 * SEC)

const char *forwarding_header(const char *name)
{
    static const char prefix[] = "X-Forwarded-";
    static const char *const names[] = {
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "X-Forwarded-Host",
        "Forwarded",
        "Via",
        "X-Real-IP",
        "X-Client-IP",
        "X-Cluster-Client-IP",
        "X-Original-Forwarded-For",
        "X-Envoy-External-Address",
        "X-Azure-ClientIP",
        "True-Client-IP",
        "CF-Connecting-IP",
        "Fastly-Client-IP",
        "Fly-Client-IP",
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcasecmp(name, names[i]) == 0)
            return names[i];
    return strncasecmp(name, prefix, sizeof prefix - 1) == 0 ? "X-Forwarded-*" : NULL;
}

void forwarding_stranger(struct forwarding_strangers *s, usec_t now, const char *header, const char *from,
                         const struct log *log)
{
    bool was_told = s->n && now - s->told_at < TELL_EVERY;
    s->n++;
    s->header = header;
    text_copy(s->from, sizeof s->from, from);
    if (was_told || !log)
        return;
    s->told_at = now;
    log_warn(log, "proxy_untrusted",
             "header=%s from=%s what=\"a proxy that isn't in TRUSTED_PROXIES: set it, or all who come that way count "
             "as one address\"",
             header, from);
}
