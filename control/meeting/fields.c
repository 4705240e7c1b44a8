#include "fields.h"

#include <string.h>

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
