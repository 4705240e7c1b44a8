#include "http/field.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const struct field fields[] = {
    {"title", FIELD_STR, REQUIRED, 1, 5},
    {"max", FIELD_INT, OPTIONAL, 2, 1000},
    {"rate", FIELD_NUM, OPTIONAL, 0, 1},
    {"lock", FIELD_BOOL, OPTIONAL},
    {"at", FIELD_STR, NULLABLE, 1, 40},
    {"topology", FIELD_STR, OPTIONAL, 0, 0, "auto|mesh|sfu"},
    {"events", FIELD_STRLIST, OPTIONAL, 1, 2, "a|b"},
    {"settings", FIELD_OBJ, OPTIONAL},
    {0},
};

static void bodies_are_checked_field_by_field(void **state)
{
    (void)state;
    static const struct {
        const char *json, *why; /* NULL: fine */
    } rows[] = {
        {"{\"title\":\"a\"}", NULL},
        {"{\"title\":\"a\",\"other\":[1]}", NULL},
        {"{\"title\":\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"}", NULL},
        {"{}", "title is required"},
        {"[]", "The body must be a JSON object"},
        {"{\"title\":null}", "title must be a string"},
        {"{\"title\":1}", "title must be a string"},
        {"{\"title\":\"\"}", "title must not be empty"},
        {"{\"title\":\"abcdef\"}", "title must have 1 to 5 characters"},
        {"{\"title\":\"a\",\"max\":2}", NULL},
        {"{\"title\":\"a\",\"max\":3.0}", NULL},
        {"{\"title\":\"a\",\"max\":3.5}", "max must be a whole number"},
        {"{\"title\":\"a\",\"max\":\"3\"}", "max must be a whole number"},
        {"{\"title\":\"a\",\"max\":1}", "max must be between 2 and 1000"},
        {"{\"title\":\"a\",\"max\":1e300}", "max must be between 2 and 1000"},
        {"{\"title\":\"a\",\"rate\":0.004}", NULL},
        {"{\"title\":\"a\",\"rate\":1.1}", "rate must be between 0 and 1"},
        {"{\"title\":\"a\",\"lock\":1}", "lock must be true or false"},
        {"{\"title\":\"a\",\"lock\":false,\"at\":null}", NULL},
        {"{\"title\":\"a\",\"topology\":\"mesh\"}", NULL},
        {"{\"title\":\"a\",\"topology\":\"auto|mesh\"}", "topology must be one of auto|mesh|sfu"},
        {"{\"title\":\"a\",\"topology\":\"\"}", "topology must be one of auto|mesh|sfu"},
        {"{\"title\":\"a\",\"events\":[\"a\",\"b\"]}", NULL},
        {"{\"title\":\"a\",\"events\":[]}", "events must be a list of 1 to 2 strings"},
        {"{\"title\":\"a\",\"events\":[\"c\"]}", "events must be one of a|b"},
        {"{\"title\":\"a\",\"events\":[1]}", "events must be a string"},
        {"{\"title\":\"a\",\"settings\":[]}", "settings must be an object"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char why[128] = "";
        json_t *v = json_loads(rows[i].json, 0, NULL);
        assert_non_null(v);
        assert_int_equal(fields_check(fields, v, why, sizeof why), rows[i].why ? ERR_SYNTAX : OK);
        assert_string_equal(why, rows[i].why ? rows[i].why : "");
        json_decref(v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(bodies_are_checked_field_by_field)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
