/* Any JSON against a table with every kind of field, in both modes: a refusal always says which and why; what passes as
 * a body can be loaded, dumped, and then passes and loads as the same again. */
#include "common/fields.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct kept {
    char s[4 * 5 + 1];
    unsigned i, c;
    bool b;
};

enum { KEPT = 1 };

static const struct field more[] = {
    {"b", FIELD_BOOL, OPTIONAL, 0, 0, NULL, offsetof(struct kept, b), KEPT},
    {"never", FIELD_BOOL, REQUIRED},
    {0},
};
static const struct field fields[] = {
    {"s", FIELD_CHARS, REQUIRED, 1, 5, NULL, offsetof(struct kept, s), KEPT},
    {"i", FIELD_INT, OPTIONAL, 2, 1000, NULL, offsetof(struct kept, i), KEPT},
    {"c", FIELD_CHOICE, OPTIONAL, 1, 8, "auto|mesh|sfu", offsetof(struct kept, c), KEPT},
    {"u", FIELD_UNITS, OPTIONAL, 0, 3},
    {"n", FIELD_NUM, NULLABLE, -1, 1},
    {"l", FIELD_STRLIST, OPTIONAL, 1, 3},
    {"o", FIELD_OBJ, OPTIONAL},
    {"a", FIELD_ARRAY, OPTIONAL, 0, 2},
    {"x", FIELD_ANY, OPTIONAL, 0, 9},
    {.type = FIELD_ROWS, .rows = more, .marks = KEPT},
    {0},
};

static void must(bool x)
{
    if (!x)
        abort();
}

static void kept_can_be_kept_again(const json_t *v)
{
    struct kept once = {0}, twice = {0};
    must(!fields_load(fields, KEPT, v, &once));
    must(!fields_load(more, KEPT, v, &once));
    json_t *dumped = fields_dump(fields, KEPT, &once), *rest = fields_dump(more, KEPT, &once);
    must(dumped && !json_object_update(dumped, rest));
    if (!json_object_get(v, "i"))
        json_object_del(dumped, "i"); /* 0, which no row has set, isn't one of its values */
    must(!fields_check(fields, dumped, FIELDS_BODY, NULL));
    must(!fields_load(fields, KEPT, dumped, &twice) && !fields_load(more, KEPT, dumped, &twice));
    must(!strcmp(once.s, twice.s) && once.i == twice.i && once.c == twice.c && once.b == twice.b);
    json_decref(dumped);
    json_decref(rest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *v = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    if (!v)
        return 0;
    for (enum fields_mode mode = FIELDS_BODY; mode <= FIELDS_PAYLOAD; mode++) {
        struct field_fault fault = {0};
        enum err e = fields_check(fields, v, mode, &fault);
        must(strlen(fault.why) < sizeof fault.why && (e == OK) == (fault.why[0] == '\0') && (e == OK) == !fault.name);
        if (!e && mode == FIELDS_BODY)
            kept_can_be_kept_again(v);
    }
    json_decref(v);
    return 0;
}
