/* fields.h: what a payload must look like, as a table. Pure functions. */
#pragma once
#include "common/err.h"
#include "common/text.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum field_type {
    FIELD_STR, /* min…max UTF-16 units, no U+0000 */
    FIELD_BOOL,
    FIELD_INT,   /* min…max, a whole number */
    FIELD_ARRAY, /* min…max elements */
    FIELD_ANY,   /* any JSON of at most max bytes when written, null too */
};
enum field_need { OPTIONAL, REQUIRED }; /* an optional field may also be null */

struct field {
    const char *name; /* NULL ends the table */
    enum field_type type;
    enum field_need need;
    long min, max;
};

/* ERR_SYNTAX, and *bad the first field that is missing or wrong. Fields that the table doesn't name are ignored. */
MUST_CHECK enum err payload_check(const struct field *fields, const json_t *payload, const char **bad);

/* Values after the check: the default when the field is absent or null. */
const char *field_str(const json_t *payload, const char *name, const char *otherwise);
bool field_bool(const json_t *payload, const char *name, bool otherwise);
bool field_given(const json_t *payload, const char *name);
