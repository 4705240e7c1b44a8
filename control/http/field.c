#include "http/field.h"
#include "common/text.h"
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

const struct field no_body[] = {
    {0},
};
const struct field raw_body[] = {
    {.name = "", .type = FIELD_RAW},
    {0},
};

static bool choice_has(const char *choices, const char *value)
{
    size_t len = strlen(value);
    for (const char *p = choices; *p;) {
        size_t n = strcspn(p, "|");
        if (n == len && !memcmp(p, value, n))
            return true;
        p += n;
        p += *p == '|';
    }
    return false;
}

static enum err str_check(const struct field *f, const json_t *v, char *why, size_t cap)
{
    if (!json_is_string(v)) {
        snprintf(why, cap, "%s must be a string", f->name);
        return ERR_SYNTAX;
    }
    const char *s = json_string_value(v);
    if (f->choices) {
        if (choice_has(f->choices, s))
            return OK;
        snprintf(why, cap, "%s must be one of %s", f->name, f->choices);
        return ERR_SYNTAX;
    }
    size_t n = text_chars(s);
    if (n >= (uint64_t)f->min && n <= (uint64_t)f->max)
        return OK;
    if (n == 0 && f->min == 1)
        snprintf(why, cap, "%s must not be empty", f->name);
    else
        snprintf(why, cap, "%s must have %" PRId64 " to %" PRId64 " characters", f->name, f->min, f->max);
    return ERR_SYNTAX;
}

static enum err number_check(const struct field *f, const json_t *v, char *why, size_t cap)
{
    bool whole = f->type == FIELD_INT;
    double d = json_number_value(v); /* exact for the bounds we have, all below 2^53 */
    if (!json_is_number(v) || (whole && d != floor(d))) {
        snprintf(why, cap, "%s must be a %snumber", f->name, whole ? "whole " : "");
        return ERR_SYNTAX;
    }
    if (d >= (double)f->min && d <= (double)f->max)
        return OK;
    snprintf(why, cap, "%s must be between %" PRId64 " and %" PRId64, f->name, f->min, f->max);
    return ERR_SYNTAX;
}

static enum err list_check(const struct field *f, const json_t *v, char *why, size_t cap)
{
    size_t n = json_array_size(v);
    if (!json_is_array(v) || n < (uint64_t)f->min || n > (uint64_t)f->max) {
        snprintf(why, cap, "%s must be a list of %" PRId64 " to %" PRId64 " strings", f->name, f->min, f->max);
        return ERR_SYNTAX;
    }
    struct field item = {f->name, FIELD_STR, REQUIRED, 1, 1024, f->choices};
    for (size_t i = 0; i < n; i++)
        if (str_check(&item, json_array_get(v, i), why, cap))
            return ERR_SYNTAX;
    return OK;
}

static enum err value_check(const struct field *f, const json_t *v, char *why, size_t cap)
{
    switch (f->type) {
    case FIELD_STR:
        return str_check(f, v, why, cap);
    case FIELD_INT:
    case FIELD_NUM:
        return number_check(f, v, why, cap);
    case FIELD_STRLIST:
        return list_check(f, v, why, cap);
    case FIELD_BOOL:
        if (json_is_boolean(v))
            return OK;
        snprintf(why, cap, "%s must be true or false", f->name);
        return ERR_SYNTAX;
    case FIELD_OBJ:
        if (json_is_object(v))
            return OK;
        snprintf(why, cap, "%s must be an object", f->name);
        return ERR_SYNTAX;
    default:
        return OK;
    }
}

enum err fields_check(const struct field *fields, const json_t *object, char *why, size_t cap)
{
    if (!json_is_object(object)) {
        snprintf(why, cap, "The body must be a JSON object");
        return ERR_SYNTAX;
    }
    for (const struct field *f = fields; f->type; f++) {
        const json_t *v = json_object_get(object, f->name);
        if (!v && f->need == REQUIRED) {
            snprintf(why, cap, "%s is required", f->name);
            return ERR_SYNTAX;
        }
        if (!v || (f->need == NULLABLE && json_is_null(v)))
            continue;
        if (value_check(f, v, why, cap))
            return ERR_SYNTAX;
    }
    return OK;
}
