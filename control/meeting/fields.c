#include "fields.h"

#include <stdint.h>
#include <string.h>

static bool is_continuation(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

size_t text_utf16_len(const char *text)
{
    size_t n = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        n += *p >= 0xF0 ? 2 : !is_continuation(*p);
    return n;
}

size_t text_chars(const char *text)
{
    size_t n = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        n += !is_continuation(*p);
    return n;
}

/* The length of a space or control character in UTF-8 at p, or 0. U+00A0, U+2000…U+200B, U+2028, U+2029, U+202F,
 * U+3000 and U+FEFF are spaces, like JavaScript's trim() has it (and the zero-width one, which looks like nothing). */
static size_t space_at(const unsigned char *p)
{
    if (*p && (*p <= ' ' || *p == 0x7F))
        return 1;
    if (p[0] == 0xC2 && p[1] <= 0xA0 && p[1] >= 0x80)
        return 2;
    if (p[0] == 0xE2 && p[1] == 0x80 &&
        ((p[2] >= 0x80 && p[2] <= 0x8B) || p[2] == 0xA8 || p[2] == 0xA9 || p[2] == 0xAF))
        return 3;
    if ((p[0] == 0xE3 && p[1] == 0x80 && p[2] == 0x80) || (p[0] == 0xEF && p[1] == 0xBB && p[2] == 0xBF))
        return 3;
    return 0;
}

bool text_is_blank(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    for (size_t n = space_at(p); n; n = space_at(p))
        p += n;
    return !*p;
}

static size_t char_len(const unsigned char *p)
{
    size_t n = 1;
    while (is_continuation(p[n]))
        n++;
    return n;
}

void text_clean(char *out, size_t cap, const char *text, size_t max_chars, const char *otherwise)
{
    const unsigned char *p = (const unsigned char *)text;
    for (size_t n = space_at(p); n; n = space_at(p))
        p += n;
    size_t len = 0, kept = 0; /* kept: up to the last character that is no space */
    for (size_t chars = 0; *p && chars < max_chars; chars++) {
        size_t n = char_len(p), space = space_at(p);
        if (len + n >= cap)
            break;
        if (space == 1 || (space == 2 && p[1] < 0xA0)) {
            out[len++] = ' ';
        } else {
            memcpy(out + len, p, n);
            len += n;
        }
        kept = space ? kept : len;
        p += n;
    }
    out[kept] = '\0';
    if (!kept && *otherwise)
        text_clean(out, cap, otherwise, max_chars, "");
}

void text_copy(char *out, size_t cap, const char *text)
{
    size_t n = strnlen(text, cap - 1);
    memcpy(out, text, n);
    out[n] = '\0';
}

static bool value_fits(const struct field *f, const json_t *v)
{
    switch (f->type) {
    case FIELD_STR: {
        const char *s = json_string_value(v);
        if (!s || strlen(s) != json_string_length(v))
            return false;
        size_t n = text_utf16_len(s);
        return n >= (size_t)f->min && n <= (size_t)f->max;
    }
    case FIELD_BOOL:
        return json_is_boolean(v);
    case FIELD_INT:
        return json_is_integer(v) && json_integer_value(v) >= f->min && json_integer_value(v) <= f->max;
    case FIELD_ARRAY:
        return json_is_array(v) && json_array_size(v) >= (size_t)f->min && json_array_size(v) <= (size_t)f->max;
    case FIELD_ANY: {
        size_t n = json_dumpb(v, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
        return n && n <= (size_t)f->max;
    }
    }
    return false;
}

enum err payload_check(const struct field *fields, const json_t *payload, const char **bad)
{
    for (const struct field *f = fields; f->name; f++) {
        const json_t *v = json_object_get(payload, f->name);
        bool absent = !v || (json_is_null(v) && f->type != FIELD_ANY);
        bool ok = absent ? f->need == OPTIONAL : value_fits(f, v);
        if (!ok) {
            *bad = f->name;
            return ERR_SYNTAX;
        }
    }
    return OK;
}

const char *field_str(const json_t *payload, const char *name, const char *otherwise)
{
    const char *s = json_string_value(json_object_get(payload, name));
    return s ? s : otherwise;
}

bool field_bool(const json_t *payload, const char *name, bool otherwise)
{
    const json_t *v = json_object_get(payload, name);
    return json_is_boolean(v) ? json_is_true(v) : otherwise;
}

bool field_given(const json_t *payload, const char *name)
{
    const json_t *v = json_object_get(payload, name);
    return v && !json_is_null(v);
}
