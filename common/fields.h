/* fields.h: what a JSON object may hold, as a table that ends with { 0 }: the body of a request, the payload of an
 * event, what a database kept. A row says in which unit it counts, the mode what null and 3.0 are. Members that the
 * table doesn't name are ignored. Rows may also have a place in a struct, into which they are loaded and from which
 * they are dumped. Pure functions; strings never hold U+0000. */
#pragma once
#include "common/err.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_type {
    FIELD_END = 0,
    FIELD_CHARS,   /* a string of min…max characters (code points) */
    FIELD_UNITS,   /* a string of min…max UTF-16 units */
    FIELD_CHOICE,  /* one of choices */
    FIELD_STRLIST, /* min…max strings of 1…1024 characters, or of choices */
    FIELD_INT,     /* min…max, whole */
    FIELD_NUM,     /* min…max */
    FIELD_BOOL,
    FIELD_OBJ,   /* any object */
    FIELD_ARRAY, /* any array of min…max elements */
    FIELD_ANY,   /* any value, null too: the handler looks at it. Written it has at most max bytes, unless max is 0 */
    FIELD_ROWS,  /* in place of this row: those rows of another table that have all of marks */
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
    const char *choices;      /* "auto|mesh|sfu"; FIELD_STRLIST: NULL for any */
    size_t place;             /* offsetof(): for fields_load() and fields_dump() */
    unsigned marks;           /* bits of the table's own, by which rows are picked */
    const char *wrong;        /* what to say if it doesn't fit, where the sentence must live for ever; may be NULL */
    const struct field *rows; /* FIELD_ROWS */
    bool is_word;             /* an id, a token, an address: fields_trim() takes off the spaces pasted with it */
};

enum fields_mode {
    FIELDS_BODY,    /* of REST: null is a value like others, 3.0 is whole */
    FIELDS_PAYLOAD, /* of Socket.IO: null is as good as absent, 3.0 isn't whole. FIELD_CHARS and FIELD_CHOICE are only
                       bounded here, min…2·max UTF-16 units: fields_load() says whether they fit */
};

#define FIELD_WHY_CAP 256
struct field_fault {
    const char *name;        /* of the field; "" if it isn't an object */
    char why[FIELD_WHY_CAP]; /* a sentence for the client that names the field */
};

/* ERR_SYNTAX, and of the first field that is missing or wrong the fault (may be NULL). A NULL object is empty. */
MUST_CHECK enum err fields_check(const struct field *fields, const json_t *object, enum fields_mode mode,
                                 struct field_fault *fault);

/* Before the check: the texts of rows that are words lose the spaces around them, of which Unicode has many. */
void fields_trim(const struct field *fields, json_t *object);

/* Puts what the rows with all of marks name into a struct, each at its place: FIELD_CHARS is a char[4 * max + 1],
 * FIELD_CHOICE an enum (the choice's index), FIELD_INT an unsigned, FIELD_BOOL a bool; other types, FIELD_ROWS too,
 * have no place. What is absent or null stays as it is there. So does what doesn't fit: its row (the last one, if there
 * are several) is returned, else NULL. */
const struct field *fields_load(const struct field *fields, unsigned marks, const json_t *object, void *into);
json_t *fields_dump(const struct field *fields, unsigned marks, const void *from); /* an object; NULL without memory */
/* {"name": {"type": "integer", "minimum": 1, …}, …} as JSON Schema has it. NULL without memory. */
json_t *fields_schema(const struct field *fields, unsigned marks);

/* Values after the check: `otherwise` if it is absent or null. */
const char *field_str(const json_t *object, const char *name, const char *otherwise);
int64_t field_int(const json_t *object, const char *name, int64_t otherwise);
bool field_bool(const json_t *object, const char *name, bool otherwise);
bool field_given(const json_t *object, const char *name); /* neither absent nor null */

/* About how many bytes a value has as JSON, without writing it: escapes aren't counted. */
size_t field_size(const json_t *value);

/* The index of a value of `len` bytes among "auto|mesh|sfu"; -1: it is none of them. */
int field_choice(const char *choices, const char *value, size_t len);
