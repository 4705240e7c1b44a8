/* Any JSON against a table with every kind of field: a refusal always says why, inside its buffer. */
#include "http/field.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct field fields[] = {
    {"s", FIELD_STR, REQUIRED, 1, 5},
    {"i", FIELD_INT, OPTIONAL, 2, 1000},
    {"n", FIELD_NUM, NULLABLE, -1, 1},
    {"b", FIELD_BOOL, OPTIONAL},
    {"c", FIELD_STR, OPTIONAL, 0, 0, "auto|mesh|sfu"},
    {"l", FIELD_STRLIST, OPTIONAL, 1, 3},
    {"o", FIELD_OBJ, OPTIONAL},
    {0},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[24] = "";
    json_t *v = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    if (!v)
        return 0;
    enum err e = fields_check(fields, v, why, sizeof why);
    if (strlen(why) >= sizeof why || (e == OK) != (why[0] == '\0'))
        abort();
    json_decref(v);
    return 0;
}
