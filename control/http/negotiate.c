/* negotiate.c: small grammars of header fields, and tables of types and encodings. */
#include "http/negotiate.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <strings.h>

/* "q=0.5" in thousandths; 1000 without one. */
static unsigned q_of(const char *params, size_t len)
{
    const char *q = memmem(params, len, "q=", 2);
    if (!q)
        return 1000;
    size_t left = len - (size_t)(q + 2 - params);
    const char *p = q + 2;
    unsigned value = 0, digits = 0;
    bool fraction = false;
    for (; left && digits < 4; left--, p++) {
        if (*p == '.') {
            fraction = true;
            continue;
        }
        if (*p < '0' || *p > '9')
            break;
        value = value * 10 + (unsigned)(*p - '0');
        digits += fraction || !digits;
    }
    for (; digits && digits < 4; digits++)
        value *= 10;
    return value > 1000 ? 1000 : value;
}

const char *encoding_name(enum encoding e)
{
    return e == ENC_BROTLI ? "br" : e == ENC_GZIP ? "gzip" : NULL;
}

enum encoding encoding_choose(const char *accept, unsigned have)
{
    static const char *const names[] = {"identity", "gzip", "br"};
    int q[] = {-1, -1, -1}, star = -1;
    for (const char *p = accept; p && *p;) {
        size_t len = strcspn(p, ","), skip = strspn(p, " \t");
        size_t name = skip < len ? strcspn(p + skip, ";, \t") : 0;
        int quality = (int)q_of(p, len);
        for (unsigned i = 0; name && i < ARRAY_LEN(names); i++)
            if (strlen(names[i]) == name && !strncasecmp(p + skip, names[i], name))
                q[i] = quality;
        if (name == 1 && p[skip] == '*')
            star = quality;
        p += len;
        p += *p == ',';
    }
    enum encoding best = ENC_IDENTITY;
    int best_q = q[ENC_IDENTITY] < 0 ? 1 : q[ENC_IDENTITY]; /* not named: taken, but anything named is better */
    for (unsigned i = ENC_GZIP; i <= ENC_BROTLI; i++) {
        int value = q[i] < 0 ? star : q[i];
        if ((have >> i & 1) && value > 0 && value >= best_q) {
            best = (enum encoding)i;
            best_q = value;
        }
    }
    return best;
}

bool etag_matches(const char *if_none_match, const char *etag)
{
    if (!if_none_match)
        return false;
    for (const char *p = if_none_match; *p;) {
        p += strspn(p, " \t,");
        size_t len = strcspn(p, ",");
        size_t end = len;
        while (end && (p[end - 1] == ' ' || p[end - 1] == '\t'))
            end--;
        size_t weak = end > 2 && p[0] == 'W' && p[1] == '/' ? 2 : 0;
        if ((end == 1 && *p == '*') || (end - weak == strlen(etag) && !strncmp(p + weak, etag, end - weak)))
            return true;
        p += len;
    }
    return false;
}

const char *content_type_of(const char *path)
{
    static const struct {
        const char *ending, *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".json", "application/json; charset=utf-8"},
        {".map", "application/json; charset=utf-8"},
        {".webmanifest", "application/manifest+json"},
        {".yaml", "application/yaml; charset=utf-8"},
        {".txt", "text/plain; charset=utf-8"},
        {".md", "text/markdown; charset=utf-8"},
        {".xml", "application/xml; charset=utf-8"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".jpg", "image/jpeg"},
        {".jpeg", "image/jpeg"},
        {".webp", "image/webp"},
        {".gif", "image/gif"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".woff", "font/woff"},
        {".wasm", "application/wasm"},
        {".tflite", "application/octet-stream"},
        {".mp3", "audio/mpeg"},
        {".ogg", "audio/ogg"},
        {".wav", "audio/wav"},
        {".mp4", "video/mp4"},
        {".webm", "video/webm"},
        {".pdf", "application/pdf"},
    };
    size_t len = strlen(path);
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        size_t n = strlen(types[i].ending);
        if (len > n && !strcasecmp(path + len - n, types[i].ending))
            return types[i].type;
    }
    return "application/octet-stream";
}

bool content_type_is_text(const char *type)
{
    return !strncasecmp(type, "text/", 5) || strstr(type, "json") || strstr(type, "xml") || strstr(type, "yaml") ||
           strstr(type, "wasm");
}

bool content_type_is_json(const char *type)
{
    size_t n = strlen("application/json");
    return type && !strncasecmp(type, "application/json", n) && strchr("; \t", type[n]);
}

static bool addr_parse(const char *text, uint8_t out[16], unsigned *bits)
{
    struct in_addr v4;
    if (inet_pton(AF_INET, text, &v4) == 1) {
        memcpy(out, (const uint8_t[12]){[10] = 0xff, [11] = 0xff}, 12);
        memcpy(out + 12, &v4, 4);
        *bits = 32;
        return true;
    }
    *bits = 128;
    return inet_pton(AF_INET6, text, out) == 1;
}

static enum err cidr_parse(char *text, struct cidr *c)
{
    char *slash = strchr(text, '/'), *end = NULL;
    unsigned full = 0;
    if (slash)
        *slash++ = '\0';
    if (!addr_parse(text, c->addr, &full))
        return ERR_SYNTAX;
    unsigned long bits = full;
    if (slash) {
        bits = strtoul(slash, &end, 10);
        if (*slash < '0' || *slash > '9' || *end || bits > full)
            return ERR_SYNTAX;
    }
    c->bits = (unsigned)bits + (full == 32 ? 96 : 0);
    return OK;
}

enum err cidr_list_parse(const char *text, struct cidr_list *list)
{
    list->n = 0;
    for (const char *p = text; p && *p;) {
        char item[64];
        p += strspn(p, " ,");
        size_t len = strcspn(p, " ,");
        if (!len)
            break;
        if (len >= sizeof item)
            return ERR_SYNTAX;
        if (list->n == CIDR_MAX)
            return ERR_FULL;
        memcpy(item, p, len);
        item[len] = '\0';
        if (cidr_parse(item, &list->blocks[list->n++]))
            return ERR_SYNTAX;
        p += len;
    }
    return OK;
}

bool cidr_list_has(const struct cidr_list *list, const char *ip)
{
    uint8_t addr[16];
    unsigned bits;
    if (!addr_parse(ip, addr, &bits))
        return false;
    for (unsigned i = 0; i < list->n; i++) {
        const struct cidr *c = &list->blocks[i];
        unsigned whole = c->bits / 8, rest = c->bits % 8;
        if (memcmp(addr, c->addr, whole) == 0 && (!rest || !((addr[whole] ^ c->addr[whole]) >> (8 - rest))))
            return true;
    }
    return false;
}

bool ip_is_loopback(const char *ip)
{
    static const struct cidr_list loopback = {
        .blocks = {{{[10] = 0xff, [11] = 0xff, [12] = 127}, 104}, {{[15] = 1}, 128}},
        .n = 2,
    };
    return cidr_list_has(&loopback, ip);
}

/* One entry of X-Forwarded-For, as an address in its usual spelling: "[::1]:80" and "1.2.3.4:80" lose their port. */
static bool forwarded_ip(const char *p, size_t len, char out[IP_TEXT_MAX])
{
    char item[64];
    uint8_t addr[16];
    unsigned bits;
    if (len && *p == '[') {
        const char *end = memchr(p, ']', len);
        if (!end)
            return false;
        len = (size_t)(end - p) - 1;
        p++;
    } else if (len) {
        const char *colon = memchr(p, ':', len);
        if (colon && !memchr(colon + 1, ':', len - (size_t)(colon + 1 - p)))
            len = (size_t)(colon - p);
    }
    if (!len || len >= sizeof item)
        return false;
    memcpy(item, p, len);
    item[len] = '\0';
    if (!addr_parse(item, addr, &bits))
        return false;
    return inet_ntop(bits == 32 ? AF_INET : AF_INET6, bits == 32 ? addr + 12 : addr, out, IP_TEXT_MAX);
}

void client_ip(const struct cidr_list *trusted, const char *peer, const char *forwarded, char out[IP_TEXT_MAX])
{
    size_t peer_len = strnlen(peer, IP_TEXT_MAX - 1);
    memcpy(out, peer, peer_len);
    out[peer_len] = '\0';
    size_t end = forwarded ? strlen(forwarded) : 0;
    while (end && cidr_list_has(trusted, out)) { /* each trusted hop vouches for the entry before it */
        size_t start = end;
        while (start && forwarded[start - 1] != ',')
            start--;
        const char *p = forwarded + start;
        size_t skip = strspn(p, " \t"), len = end - start;
        skip = skip < len ? skip : len;
        while (len > skip && (p[len - 1] == ' ' || p[len - 1] == '\t'))
            len--;
        if (!forwarded_ip(p + skip, len - skip, out))
            return;
        end = start ? start - 1 : 0;
    }
}

bool origin_named(const char *allowed, const char *origin)
{
    size_t len = strlen(origin);
    for (const char *p = allowed; p && *p;) {
        p += strspn(p, " ,");
        size_t n = strcspn(p, " ,"), full = n;
        if (n && p[n - 1] == '/')
            n--;
        if (n && n == len && !strncasecmp(p, origin, n))
            return true;
        p += full;
    }
    return false;
}

bool origin_listed(const char *allowed, const char *origin)
{
    return origin_named(allowed, origin) || (allowed && origin_named(allowed, "*"));
}
