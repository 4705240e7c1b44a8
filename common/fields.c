/* fields.c: a JSON object beside the table of what it may hold. */
#include "common/fields.h"
#include "common/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LIST_ITEM_CHARS 1024

PRINTF_LIKE(3, 4) static enum err refuse(struct field_fault *fault, const char *name, const char *fmt, ...)
{
    va_list args;
    if (!fault)
        return ERR_SYNTAX;
    fault->name = name;
    va_start(args, fmt);
    vsnprintf(fault->why, sizeof fault->why, fmt, args);
    va_end(args);
    return ERR_SYNTAX;
}

/* ---- choices ---- */

/* The next of them, in *len bytes; NULL: that was all. */
static const char *choice_next(const char **at, size_t *len)
{
    const char *choice = *at;
    if (!*choice)
        return NULL;
    *len = strcspn(choice, "|");
    *at = choice + *len + (choice[*len] == '|');
    return choice;
}

int field_choice(const char *choices, const char *value, size_t len)
{
    size_t n = 0;
    int i = 0;
    for (const char *choice = choice_next(&choices, &n); choice; choice = choice_next(&choices, &n), i++)
        if (n == len && memcmp(choice, value, n) == 0)
            return i;
    return -1;
}

static json_t *choice_json(const char *choices, unsigned index)
{
    size_t n = 0;
    const char *choice = choice_next(&choices, &n);
    for (; choice && index; index--)
        choice = choice_next(&choices, &n);
    return choice ? json_stringn(choice, n) : json_string("");
}

/* ---- one value ---- */

static bool between(int64_t min, size_t n, int64_t max)
{
    return n >= (uint64_t)min && n <= (uint64_t)max;
}

static bool is_text(const json_t *v)
{
    return json_is_string(v) && strlen(json_string_value(v)) == json_string_length(v);
}

static enum err choice_check(const struct field *f, const json_t *v, struct field_fault *fault)
{
    if (field_choice(f->choices, json_string_value(v), json_string_length(v)) >= 0)
        return OK;
    return refuse(fault, f->name, "%s must be one of %s", f->name, f->choices);
}

static enum err text_check(const struct field *f, const json_t *v, enum fields_mode mode, struct field_fault *fault)
{
    if (!is_text(v))
        return refuse(fault, f->name, "%s must be a string", f->name);
    bool in_units = f->type == FIELD_UNITS || mode == FIELDS_PAYLOAD;
    if (f->type == FIELD_CHOICE && !in_units)
        return choice_check(f, v, fault);
    size_t n = in_units ? text_utf16_len(json_string_value(v)) : text_chars(json_string_value(v));
    int64_t max = in_units && f->type != FIELD_UNITS ? 2 * f->max : f->max;
    if (between(f->min, n, max))
        return OK;
    if (n == 0 && f->min == 1)
        return refuse(fault, f->name, "%s must not be empty", f->name);
    return refuse(fault, f->name, "%s must have %" PRId64 " to %" PRId64 " %s", f->name, f->min, max,
                  in_units ? "UTF-16 units" : "characters");
}

static enum err number_check(const struct field *f, const json_t *v, enum fields_mode mode, struct field_fault *fault)
{
    bool whole = f->type == FIELD_INT;
    double d = json_number_value(v); /* exact for the bounds we have, all below 2^53 */
    bool is_one = json_is_integer(v) || (json_is_real(v) && (!whole || (mode == FIELDS_BODY && d == floor(d))));
    if (!is_one)
        return refuse(fault, f->name, "%s must be a %snumber", f->name, whole ? "whole " : "");
    if (d >= (double)f->min && d <= (double)f->max)
        return OK;
    return refuse(fault, f->name, "%s must be between %" PRId64 " and %" PRId64, f->name, f->min, f->max);
}

static enum err strlist_check(const struct field *f, const json_t *v, struct field_fault *fault)
{
    struct field item = {f->name, f->choices ? FIELD_CHOICE : FIELD_CHARS, REQUIRED, 1, LIST_ITEM_CHARS, f->choices};
    if (!json_is_array(v) || !between(f->min, json_array_size(v), f->max))
        return refuse(fault, f->name, "%s must be a list of %" PRId64 " to %" PRId64 " strings", f->name, f->min,
                      f->max);
    for (size_t i = 0; i < json_array_size(v); i++)
        if (text_check(&item, json_array_get(v, i), FIELDS_BODY, fault))
            return ERR_SYNTAX;
    return OK;
}

static enum err array_check(const struct field *f, const json_t *v, struct field_fault *fault)
{
    if (json_is_array(v) && between(f->min, json_array_size(v), f->max))
        return OK;
    return refuse(fault, f->name, "%s must be a list of %" PRId64 " to %" PRId64 " elements", f->name, f->min, f->max);
}

static size_t digits(json_int_t v)
{
    size_t n = 1 + (v < 0);
    while (v /= 10)
        n++;
    return n;
}

size_t field_size(const json_t *v)
{
    const char *key;
    json_t *each;
    size_t n = 2, i;
    if (json_is_string(v))
        return n + json_string_length(v);
    if (json_is_integer(v))
        return digits(json_integer_value(v));
    json_array_foreach(v, i, each)
        n += field_size(each) + (i > 0);
    json_object_foreach((json_t *)v, key, each)
        n += strlen(key) + sizeof "\"\":" - 1 + field_size(each);
    return n + (json_object_size(v) > 1 ? json_object_size(v) - 1 : 0);
}

static enum err any_check(const struct field *f, const json_t *v, struct field_fault *fault)
{
    if (!f->max || field_size(v) <= (uint64_t)f->max)
        return OK;
    return refuse(fault, f->name, "%s must have at most %" PRId64 " bytes", f->name, f->max);
}

static enum err value_check(const struct field *f, const json_t *v, enum fields_mode mode, struct field_fault *fault)
{
    switch (f->type) {
    case FIELD_CHARS:
    case FIELD_UNITS:
    case FIELD_CHOICE:
        return text_check(f, v, mode, fault);
    case FIELD_INT:
    case FIELD_NUM:
        return number_check(f, v, mode, fault);
    case FIELD_STRLIST:
        return strlist_check(f, v, fault);
    case FIELD_BOOL:
        return json_is_boolean(v) ? OK : refuse(fault, f->name, "%s must be true or false", f->name);
    case FIELD_OBJ:
        return json_is_object(v) ? OK : refuse(fault, f->name, "%s must be an object", f->name);
    case FIELD_ARRAY:
        return array_check(f, v, fault);
    case FIELD_ANY:
        return any_check(f, v, fault);
    case FIELD_ROWS:
    case FIELD_END:
        break;
    }
    return OK;
}

/* ---- a table ---- */

static bool is_absent(const struct field *f, const json_t *v, enum fields_mode mode)
{
    bool is_null_taken = f->type != FIELD_ANY && (f->need == NULLABLE || mode == FIELDS_PAYLOAD);
    return !v || (json_is_null(v) && is_null_taken);
}

static enum err row_check(const struct field *f, const json_t *object, enum fields_mode mode, struct field_fault *fault)
{
    const json_t *v = json_object_get(object, f->name);
    if (!is_absent(f, v, mode))
        return value_check(f, v, mode, fault);
    return f->need == REQUIRED ? refuse(fault, f->name, "%s is required", f->name) : OK;
}

static bool is_marked(const struct field *f, unsigned marks)
{
    return f->type != FIELD_ROWS && (f->marks & marks) == marks;
}

static enum err rows_check(const struct field *from, const json_t *object, enum fields_mode mode,
                           struct field_fault *fault)
{
    for (const struct field *f = from->rows; f->type; f++)
        if (is_marked(f, from->marks) && row_check(f, object, mode, fault))
            return ERR_SYNTAX;
    return OK;
}

void fields_trim(const struct field *fields, json_t *object)
{
    for (const struct field *f = fields; f->type != FIELD_END; f++) {
        const char *text = f->is_word ? json_string_value(json_object_get(object, f->name)) : NULL;
        struct bytes bare = text ? text_bare(text) : bytes_of(NULL, 0);
        if (text && bare.len < strlen(text))
            (void)!json_object_set_new(object, f->name, json_stringn((const char *)bare.p, bare.len));
    }
}

enum err fields_check(const struct field *fields, const json_t *object, enum fields_mode mode,
                      struct field_fault *fault)
{
    enum err e = OK;
    if (object && !json_is_object(object))
        return refuse(fault, "", "It must be an object");
    for (const struct field *f = fields; f->type && !e; f++)
        e = f->type == FIELD_ROWS ? rows_check(f, object, mode, fault) : row_check(f, object, mode, fault);
    return e;
}

/* ---- in a struct ---- */

static void put(const struct field *f, const json_t *v, char *at)
{
    unsigned number = (unsigned)json_number_value(v);
    bool yes = json_is_true(v);
    if (f->type == FIELD_CHOICE)
        number = (unsigned)field_choice(f->choices, json_string_value(v), json_string_length(v));
    if (f->type == FIELD_CHARS)
        text_copy(at, 4 * (size_t)f->max + 1, json_string_value(v));
    else if (f->type == FIELD_BOOL)
        memcpy(at, &yes, sizeof yes);
    else
        memcpy(at, &number, sizeof number);
}

const struct field *fields_load(const struct field *fields, unsigned marks, const json_t *object, void *into)
{
    const struct field *unfit = NULL;
    for (const struct field *f = fields; f->type; f++) {
        const json_t *v = json_object_get(object, f->name);
        if (!v || json_is_null(v) || !is_marked(f, marks))
            continue;
        if (value_check(f, v, FIELDS_BODY, NULL))
            unfit = f;
        else
            put(f, v, (char *)into + f->place);
    }
    return unfit;
}

static json_t *got(const struct field *f, const char *at)
{
    unsigned number = 0;
    bool yes = false;
    if (f->type == FIELD_CHARS)
        return json_string(at);
    if (f->type == FIELD_BOOL) {
        memcpy(&yes, at, sizeof yes);
        return json_boolean(yes);
    }
    memcpy(&number, at, sizeof number);
    return f->type == FIELD_CHOICE ? choice_json(f->choices, number) : json_integer(number);
}

json_t *fields_dump(const struct field *fields, unsigned marks, const void *from)
{
    json_t *o = json_object();
    for (const struct field *f = fields; f->type; f++)
        if (is_marked(f, marks) && json_object_set_new(o, f->name, got(f, (const char *)from + f->place))) {
            json_decref(o);
            return NULL;
        }
    return o;
}

/* ---- as a schema ---- */

static json_t *choices_json(const char *choices)
{
    size_t n = 0;
    json_t *all = json_array();
    for (const char *choice = choice_next(&choices, &n); choice; choice = choice_next(&choices, &n))
        json_array_append_new(all, json_stringn(choice, n));
    return all;
}

static json_t *schema_of(const struct field *f)
{
    json_int_t min = f->min, max = f->max;
    switch (f->type) {
    case FIELD_CHARS:
    case FIELD_UNITS:
        return json_pack("{s:s, s:I, s:I}", "type", "string", "minLength", min, "maxLength", max);
    case FIELD_CHOICE:
        return json_pack("{s:s, s:o}", "type", "string", "enum", choices_json(f->choices));
    case FIELD_INT:
    case FIELD_NUM:
        return json_pack("{s:s, s:I, s:I}", "type", f->type == FIELD_INT ? "integer" : "number", "minimum", min,
                         "maximum", max);
    case FIELD_BOOL:
        return json_pack("{s:s}", "type", "boolean");
    case FIELD_STRLIST:
    case FIELD_ARRAY:
        return json_pack("{s:s, s:I, s:I}", "type", "array", "minItems", min, "maxItems", max);
    case FIELD_OBJ:
        return json_pack("{s:s}", "type", "object");
    case FIELD_ANY:
    case FIELD_ROWS:
    case FIELD_END:
        break;
    }
    return json_object();
}

json_t *fields_schema(const struct field *fields, unsigned marks)
{
    json_t *o = json_object();
    for (const struct field *f = fields; f->type; f++)
        if (is_marked(f, marks) && json_object_set_new(o, f->name, schema_of(f))) {
            json_decref(o);
            return NULL;
        }
    return o;
}

/* ---- after the check ---- */

const char *field_str(const json_t *object, const char *name, const char *otherwise)
{
    const char *s = json_string_value(json_object_get(object, name));
    return s ? s : otherwise;
}

int64_t field_int(const json_t *object, const char *name, int64_t otherwise)
{
    const json_t *v = json_object_get(object, name);
    if (json_is_integer(v))
        return json_integer_value(v);
    return json_is_real(v) ? (int64_t)json_real_value(v) : otherwise;
}

bool field_bool(const json_t *object, const char *name, bool otherwise)
{
    const json_t *v = json_object_get(object, name);
    return json_is_boolean(v) ? json_is_true(v) : otherwise;
}

bool field_given(const json_t *object, const char *name)
{
    const json_t *v = json_object_get(object, name);
    return v && !json_is_null(v);
}
