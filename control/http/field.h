/* field.h: what a JSON body may hold, as a table that ends with { 0 }. Members that the table doesn't name are ignored.
 */
#pragma once
#include "common/err.h"
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

enum field_type {
    FIELD_END = 0,
    FIELD_STR,     /* min…max characters (code points) */
    FIELD_INT,     /* min…max; 3.0 is whole, 3.5 isn't */
    FIELD_NUM,     /* min…max */
    FIELD_BOOL,    /* min and max unused */
    FIELD_OBJ,     /* any object */
    FIELD_STRLIST, /* min…max strings of 1…1024 characters */
    FIELD_ANY,     /* any value: the handler looks at it */
    FIELD_RAW,     /* only in raw_body: see route.h */
};

enum field_need {
    OPTIONAL = 0,
    REQUIRED = 1,
    NULLABLE = 2, /* optional, and null is taken: json_object_get() then gives a JSON null */
};

struct field {
    const char *name;
    enum field_type type;
    enum field_need need;
    int64_t min, max;
    const char *choices; /* FIELD_STR, FIELD_STRLIST: "auto|mesh|sfu", or NULL for any */
};

extern const struct field no_body[];  /* a body, if there is one, is bounded and ignored */
extern const struct field raw_body[]; /* any content type; the handler reads call_body() */

/* OK, or ERR_SYNTAX and in why (NUL-terminated, cut at cap) a sentence for the client that names the field. */
MUST_CHECK enum err fields_check(const struct field *fields, const json_t *object, char *why, size_t cap);
