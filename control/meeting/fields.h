/* fields.h: what a payload must look like, as a table, and the text rules of names and messages. Pure functions. */
#pragma once
#include "common/err.h"
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

size_t text_utf16_len(const char *text);                 /* of valid UTF-8 */
size_t text_chars(const char *text);                     /* code points of valid UTF-8 */
bool text_is_blank(const char *text);                    /* nothing but spaces */
void text_copy(char *out, size_t cap, const char *text); /* cut at cap - 1 bytes: for ids and tokens */
/* Trimmed, control characters as spaces, cut at max_chars characters and at cap; `otherwise` if nothing is left. */
void text_clean(char *out, size_t cap, const char *text, size_t max_chars, const char *otherwise);
