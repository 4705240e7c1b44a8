/* url.c: a URL as libcurl reads it, and what is allowed of it. */
#include "client/url.h"
#include "client/address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <curl/curl.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define HOST_CAP 256

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcasecmp(text + len - end_len, end) == 0;
}

/* Names that no public name server answers for: RFC 6761, RFC 6762, ICANN's .internal, and names without a dot. */
static bool name_is_private(const char *name)
{
    static const char *const endings[] = {".localhost", ".local", ".internal", ".home.arpa", ".invalid", ".test"};
    if (!strchr(name, '.'))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(endings); i++)
        if (ends_with(name, endings[i]))
            return true;
    return false;
}

static bool is_address(const char *host)
{
    struct in6_addr v6;
    struct in_addr v4;
    return inet_pton(AF_INET, host, &v4) == 1 || inet_pton(AF_INET6, host, &v6) == 1;
}

/* As the parser gives it: an IPv6 address is in brackets; a name may end with a dot. */
static enum err host_check(const char *given, unsigned allow, const char **why)
{
    char host[HOST_CAP];
    size_t len = strlen(given);
    if (len >= 2 && given[0] == '[') {
        given++;
        len -= 2;
    } else if (len > 0 && given[len - 1] == '.') {
        len--;
    }
    if (len == 0 || len >= sizeof host) {
        *why = "names no host that can be called";
        return ERR_SYNTAX;
    }
    memcpy(host, given, len);
    host[len] = '\0';
    if (allow & URL_ALLOW_PRIVATE)
        return OK;
    if (is_address(host) ? address_is_public_text(host) : !name_is_private(host))
        return OK;
    *why = "must name a host on the public internet";
    return ERR_DENIED;
}

static bool has_part(CURLU *url, CURLUPart part)
{
    char *text = NULL;
    bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;
    curl_free(text);
    return has;
}

static enum err parts_check(CURLU *url, unsigned allow, const char **why)
{
    char *host = NULL;
    if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD)) {
        *why = "must not hold a user name or password";
        return ERR_DENIED;
    }
    if (curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK) {
        *why = "names no host";
        return ERR_SYNTAX;
    }
    enum err e = host_check(host, allow, why);
    curl_free(host);
    return e;
}

static bool is_plain(const char *text)
{
    for (; *text; text++)
        if (!isgraph((unsigned char)*text) || *text == '\\')
            return false;
    return true;
}

enum err url_check(const char *text, unsigned allow, const char **why)
{
    size_t len = strnlen(text, URL_LEN_MAX + 1);
    if (len == 0 || len > URL_LEN_MAX) {
        *why = "must have 1 to 2048 characters";
        return ERR_SYNTAX;
    }
    if (!is_plain(text)) {
        *why = "must be without spaces, and in ASCII";
        return ERR_SYNTAX;
    }
    bool is_http = strncasecmp(text, "http://", 7) == 0;
    if (strncasecmp(text, "https://", 8) != 0 && !(is_http && allow & URL_ALLOW_HTTP)) {
        *why = allow & URL_ALLOW_HTTP ? "must begin with https:// or http://" : "must begin with https://";
        return is_http ? ERR_DENIED : ERR_SYNTAX;
    }
    CURLU *url = curl_url();
    if (!url)
        return ERR_NOMEM;
    *why = "is not a URL";
    enum err e = curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK ? parts_check(url, allow, why) : ERR_SYNTAX;
    curl_url_cleanup(url);
    return e;
}
