/* target.c: a request target, decoded and matched to a route. */
#include "http/target.h"
#include "common/text.h"

#define PARAM_MAX 128

/* Decodes in into out with a NUL behind it. What could end a string early, or look like something else, is refused. */
static enum err text_decode(struct bytes in, bool plus_is_space, struct wr *out, const char **text)
{
    uint8_t *start = out->p;
    for (size_t i = 0; i < in.len; i++) {
        uint8_t c = in.p[i];
        if (c == '%') {
            if (in.len - i < 3 || text_hex_digit(in.p[i + 1]) < 0 || text_hex_digit(in.p[i + 2]) < 0)
                return ERR_SYNTAX;
            c = (uint8_t)(text_hex_digit(in.p[i + 1]) << 4 | text_hex_digit(in.p[i + 2]));
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (!c || (!plus_is_space && (c < ' ' || c == 0x7f || c == '\\')))
            return ERR_SYNTAX;
        wr_u8(out, c);
    }
    size_t len = (size_t)(out->p - start);
    wr_u8(out, 0);
    if (out->bad || !start)
        return ERR_FULL;
    *text = (const char *)start;
    return text_is_utf8(bytes_of(start, len)) ? OK : ERR_SYNTAX;
}

static enum err segments_read(struct bytes path, struct wr *out, struct target *t)
{
    struct bytes rest = text_after(path, 1);
    while (rest.len) {
        if (t->n_segments == TARGET_MAX_SEGMENTS)
            return ERR_FULL;
        const char *segment = NULL;
        enum err e = text_decode(text_cut(&rest, '/'), false, out, &segment);
        if (e)
            return e;
        if (!strcmp(segment, ".") || !strcmp(segment, ".."))
            return ERR_SYNTAX;
        t->segments[t->n_segments++] = segment;
    }
    return OK;
}

static enum err query_read(struct bytes query, struct wr *out, struct target *t)
{
    while (query.len && t->n_query < TARGET_MAX_QUERY) {
        struct bytes pair = text_cut(&query, '&');
        if (!pair.len)
            continue;
        struct target_pair *q = &t->query[t->n_query];
        enum err e = text_decode(text_cut(&pair, '='), true, out, &q->name);
        if (!e)
            e = text_decode(pair, true, out, &q->value);
        if (e)
            return e;
        t->n_query++;
    }
    return OK;
}

/* "http://host:port/path" is taken as "/path" (RFC 9112 3.2.2). */
static struct bytes without_authority(struct bytes raw)
{
    if (raw.p[0] == '/')
        return raw;
    const uint8_t *sep = memmem(raw.p, raw.len, "://", 3);
    if (!sep)
        return raw;
    struct bytes rest = bytes_of(sep + 3, raw.len - (size_t)(sep + 3 - raw.p));
    const uint8_t *slash = rest.len ? memchr(rest.p, '/', rest.len) : NULL;
    return slash ? bytes_of(slash, rest.len - (size_t)(slash - rest.p)) : BYTES_LIT("/");
}

enum err target_parse(struct bytes raw, char *buf, size_t cap, struct target *t)
{
    struct wr out = wr_of(buf, cap);
    *t = (struct target){0};
    if (!raw.len)
        return ERR_SYNTAX;
    if (bytes_eq(raw, BYTES_LIT("*"))) {
        t->path = "*";
        return OK;
    }
    struct bytes query = without_authority(raw);
    struct bytes path = text_cut(&query, '?');
    if (!path.len || path.p[0] != '/')
        return ERR_SYNTAX;
    enum err e = segments_read(path, &out, t);
    if (!e)
        e = text_decode(path, false, &out, &t->path);
    return e ? e : query_read(query, &out, t);
}

/* Does the pattern go on with just this segment? A decoded one may hold a '/'. */
static bool is_segment(const char *p, const char *segment, size_t len)
{
    return !strncmp(p, segment, len) && (!p[len] || p[len] == '/') && !memchr(p, '/', len);
}

bool target_match(const struct target *t, const char *pattern, const char **params, unsigned *n_params)
{
    unsigned at = 0, n = 0;
    const char *p = pattern + 1;
    for (; *p; at++) {
        if (at == t->n_segments)
            return false;
        const char *segment = t->segments[at];
        size_t len = strlen(segment);
        if (*p == ':') {
            if (!len || len > PARAM_MAX)
                return false;
            params[n++] = segment;
            p += strcspn(p, "/");
        } else if (is_segment(p, segment, len)) {
            p += len;
        } else {
            return false;
        }
        p += *p == '/';
    }
    *n_params = n;
    return at == t->n_segments && t->path[0] == '/';
}

const char *target_query(const struct target *t, const char *name)
{
    for (unsigned i = 0; i < t->n_query; i++)
        if (!strcmp(t->query[i].name, name))
            return t->query[i].value;
    return NULL;
}
