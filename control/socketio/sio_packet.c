/* sio_packet.c: a packet's text, read and written. */
#include "socketio/sio_packet.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define ID_MAX     (UINT64_C(1) << 53)
#define HEADER_CAP 64 /* '4', type, attachments, ack id; without the namespace */

/* --- limits, before a parser sees the text --- */

struct json_scan {
    unsigned depth, values;
    bool in_string, escaped;
};

static void scan_one(struct json_scan *s, uint8_t c)
{
    if (s->in_string) {
        if (s->escaped)
            s->escaped = false;
        else if (c == '\\')
            s->escaped = true;
        else if (c == '"')
            s->in_string = false;
        return;
    }
    s->in_string = c == '"';
    s->values += c == ',' || c == '[' || c == '{';
    if (c == '[' || c == '{')
        s->depth++;
    else if ((c == ']' || c == '}') && s->depth > 0)
        s->depth--;
}

static bool json_within(struct bytes text, const struct sio_limits *limits)
{
    struct json_scan s = {.values = 1};
    for (size_t i = 0; i < text.len; i++) {
        scan_one(&s, text.p[i]);
        if (s.depth > limits->max_depth || s.values > limits->max_values)
            return false;
    }
    return true;
}

/* --- reading --- */

static bool next_is_digit(const struct rd *r)
{
    return rd_left(r) > 0 && r->p[0] >= '0' && r->p[0] <= '9';
}

static enum err read_number(struct rd *r, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;
    if (!next_is_digit(r))
        return ERR_SYNTAX;
    while (next_is_digit(r)) {
        v = v * 10 + (uint64_t)(rd_u8(r) - '0');
        if (v > max)
            return ERR_FULL;
    }
    *out = v;
    return OK;
}

static bool is_binary(enum sio_type type)
{
    return type == SIO_BINARY_EVENT || type == SIO_BINARY_ACK;
}

static enum err read_header(struct rd *r, const struct sio_limits *limits, struct sio_packet *p)
{
    uint64_t n = 0;
    uint8_t type = rd_u8(r);
    if (type < '0' || type > '6')
        return ERR_SYNTAX;
    *p = (struct sio_packet){.type = (enum sio_type)(type - '0'), .nsp = BYTES_LIT("/")};
    if (is_binary(p->type)) {
        enum err e = read_number(r, limits->max_attachments, &n);
        if (e)
            return e;
        if (rd_u8(r) != '-')
            return ERR_SYNTAX;
        p->n_attachments = (unsigned)n;
    }
    if (rd_left(r) > 0 && r->p[0] == '/') {
        const uint8_t *comma = memchr(r->p, ',', rd_left(r));
        p->nsp = rd_bytes(r, comma ? (size_t)(comma - r->p) : rd_left(r));
        rd_skip(r, comma ? 1 : 0);
    }
    if (!next_is_digit(r))
        return OK;
    p->has_id = true;
    return read_number(r, ID_MAX, &p->id);
}

static bool is_reserved(const char *name)
{
    static const char *const reserved[] = {"connect",       "connect_error", "disconnect",
                                           "disconnecting", "newListener",   "removeListener"};
    for (unsigned i = 0; i < ARRAY_LEN(reserved); i++)
        if (strcmp(name, reserved[i]) == 0)
            return true;
    return false;
}

/* Numbers are names too, to the reference server. */
static bool is_event(const json_t *data)
{
    const json_t *name = json_array_get(data, 0); /* NULL for what is no array */
    if (json_is_number(name))
        return true;
    return json_is_string(name) && strlen(json_string_value(name)) == json_string_length(name) &&
           !is_reserved(json_string_value(name));
}

static bool data_fits(const struct sio_packet *p)
{
    switch (p->type) {
    case SIO_CONNECT:
        return !p->has_id && (!p->data || json_is_object(p->data));
    case SIO_DISCONNECT:
        return !p->has_id && !p->data;
    case SIO_EVENT:
    case SIO_BINARY_EVENT:
        return is_event(p->data);
    case SIO_ACK:
    case SIO_BINARY_ACK:
        return p->has_id && json_is_array(p->data);
    case SIO_CONNECT_ERROR: /* only a server says this; reading it is for tests of ours */
        return !p->has_id && (json_is_object(p->data) || json_is_string(p->data));
    }
    return false;
}

static bool placeholders_fit(const json_t *value, unsigned n_attachments);

static bool members_fit(json_t *object, unsigned n_attachments)
{
    const char *key;
    json_t *member;
    json_object_foreach(object, key, member)
        if (!placeholders_fit(member, n_attachments))
            return false;
    return true;
}

/* As deep as the limit on depth allows, no more. */
static bool placeholders_fit(const json_t *value, unsigned n_attachments) /* NOLINT(misc-no-recursion) */
{
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++)
            if (!placeholders_fit(json_array_get(value, i), n_attachments))
                return false;
        return true;
    }
    if (!json_is_object(value))
        return true;
    if (!json_is_true(json_object_get(value, "_placeholder")))
        return members_fit((json_t *)value, n_attachments);
    const json_t *num = json_object_get(value, "num");
    return json_is_integer(num) && json_integer_value(num) >= 0 && json_integer_value(num) < n_attachments;
}

/* --- JSON as JavaScript writes it: more than Jansson reads --- */

/* The code unit of an escape \uXXXX at p; 0 if there is none. */
static unsigned escape_at(const char *p, const char *end)
{
    unsigned unit = 0;
    if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
        return 0;
    for (int i = 2; i < 6; i++) {
        unsigned char c = (unsigned char)p[i];
        if (!isxdigit(c))
            return 0;
        unit = unit << 4 | (c <= '9' ? c - (unsigned)'0' : (c | 0x20u) - 'a' + 10);
    }
    return unit;
}

static bool is_high(unsigned unit)
{
    return unit >> 10 == 0xD800 >> 10;
}

static bool is_low(unsigned unit)
{
    return unit >> 10 == 0xDC00 >> 10;
}

/* Halves of surrogate pairs, what is left of an emoji that was cut in two, become U+FFFD. */
static void mend_surrogates(char *p, const char *end)
{
    static const char replacement[4] = {'f', 'f', 'f', 'd'};
    while (p < end) {
        unsigned unit = escape_at(p, end);
        size_t len = unit ? 6 : *p == '\\' && end - p > 1 ? 2 : 1;
        if (is_high(unit) && is_low(escape_at(p + 6, end)))
            len = 12;
        else if (is_high(unit) || is_low(unit))
            memcpy(p + 2, replacement, sizeof replacement);
        p += len;
    }
}

static json_t *parse(struct bytes text)
{
    const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
    json_error_t why;
    json_t *value = json_loadb((const char *)text.p, text.len, flags, &why);
    if (!value && json_error_code(&why) == json_error_numeric_overflow) /* beyond 64 bits: doubles, as in JavaScript */
        value = json_loadb((const char *)text.p, text.len, flags | JSON_DECODE_INT_AS_REAL, NULL);
    return value;
}

/* ERR_SYNTAX, ERR_NOMEM. */
static enum err json_of(struct bytes text, json_t **value)
{
    char *copy = NULL;
    if (memmem(text.p, text.len, "\\ud", 3) || memmem(text.p, text.len, "\\uD", 3)) {
        copy = malloc(text.len);
        if (!copy)
            return ERR_NOMEM;
        memcpy(copy, text.p, text.len);
        mend_surrogates(copy, copy + text.len);
        text.p = (const uint8_t *)copy;
    }
    *value = parse(text);
    free(copy);
    return *value ? OK : ERR_SYNTAX;
}

enum err sio_packet_read(struct bytes text, const struct sio_limits *limits, struct sio_packet *out)
{
    struct sio_packet p;
    struct rd r = rd_of(text);
    enum err e = read_header(&r, limits, &p);
    if (e)
        return e;
    struct bytes json = rd_bytes(&r, rd_left(&r));
    if (!json_within(json, limits))
        return ERR_FULL;
    if (json.len > 0)
        e = json_of(json, &p.data);
    if (e)
        return e;
    if (!data_fits(&p) || (is_binary(p.type) && !placeholders_fit(p.data, p.n_attachments))) {
        json_decref(p.data);
        return ERR_SYNTAX;
    }
    *out = p;
    return OK;
}

void sio_packet_reset(struct sio_packet *p)
{
    json_decref(p->data);
    *p = (struct sio_packet){0};
}

/* --- writing --- */

static void write_header(struct wr *w, const struct sio_packet *p)
{
    char number[32];
    wr_u8(w, '4');
    wr_u8(w, (uint8_t)('0' + p->type));
    if (is_binary(p->type)) {
        snprintf(number, sizeof number, "%u-", p->n_attachments);
        wr_bytes(w, bytes_str(number));
    }
    if (p->nsp.len > 0 && !bytes_eq(p->nsp, BYTES_LIT("/"))) {
        wr_bytes(w, p->nsp);
        wr_u8(w, ',');
    }
    if (p->has_id) {
        snprintf(number, sizeof number, "%llu", (unsigned long long)p->id);
        wr_bytes(w, bytes_str(number));
    }
}

enum err sio_packet_write(const struct sio_packet *p, struct eio_frame **frame)
{
    const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY;
    size_t json_len = p->data ? json_dumpb(p->data, NULL, 0, flags) : 0;
    if (p->data && json_len == 0)
        return ERR_SYNTAX;
    struct eio_frame *f = eio_frame_new(HEADER_CAP + p->nsp.len + json_len, false);
    if (!f)
        return ERR_NOMEM;
    struct wr w = wr_of(f->data, f->len);
    write_header(&w, p);
    uint8_t *at = wr_take(&w, json_len);
    if (at && json_len && json_dumpb(p->data, (char *)at, json_len, flags) != json_len) {
        eio_frame_unref(f);
        return ERR_NOMEM;
    }
    f->len = wr_len(&w);
    *frame = f;
    return OK;
}

enum err sio_packet_write_json(const struct sio_packet *p, struct bytes name, struct bytes json,
                               struct eio_frame **frame)
{
    const struct bytes parts[] = {bytes_str("[\""), name, bytes_str("\","), json, bytes_str("]")};
    struct eio_frame *f = eio_frame_new(HEADER_CAP + p->nsp.len + name.len + json.len + sizeof "[\"\",]", false);
    if (!f)
        return ERR_NOMEM;
    struct wr w = wr_of(f->data, f->len);
    write_header(&w, p);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        wr_bytes(&w, parts[i]);
    f->len = wr_len(&w);
    *frame = f;
    return OK;
}
