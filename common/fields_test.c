/* fields_test.c: what a table takes, as a body and as a payload, and what becomes of it in a struct. */
#include "common/fields.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { CREATION = 1, SHOWN = 2 };

struct wish {
    char name[4 * 3 + 1];
    unsigned most, how;
    bool lock;
};

#define AT(member) offsetof(struct wish, member)
static const struct field wishes[] = {
    {"name", FIELD_CHARS, OPTIONAL, 1, 3, NULL, AT(name), CREATION | SHOWN},
    {"most", FIELD_INT, OPTIONAL, 1, 1000, NULL, AT(most), CREATION | SHOWN, "most is too much"},
    {"how", FIELD_CHOICE, OPTIONAL, 1, 8, "auto|mesh|sfu", AT(how), CREATION | SHOWN},
    {"lock", FIELD_BOOL, OPTIONAL, 0, 0, NULL, AT(lock), SHOWN},
    {0},
};

static json_t *json_of(const char *quoted)
{
    char text[512];
    size_t n = 0;
    for (; quoted[n] && n + 1 < sizeof text; n++)
        text[n] = (char)(quoted[n] == '\'' ? '"' : quoted[n]);
    text[n] = '\0';
    json_t *v = json_loads(text, JSON_ALLOW_NUL, NULL);
    assert_non_null(v);
    return v;
}

struct row {
    const char *json, *why; /* NULL: fine */
};

static void are_answered(const struct field *fields, enum fields_mode mode, const struct row *rows, size_t n,
                         bool by_name)
{
    for (size_t i = 0; i < n; i++) {
        struct field_fault fault = {.name = "none"};
        json_t *v = json_of(rows[i].json);
        assert_int_equal(fields_check(fields, v, mode, NULL), rows[i].why ? ERR_SYNTAX : OK);
        assert_int_equal(fields_check(fields, v, mode, &fault), rows[i].why ? ERR_SYNTAX : OK);
        if (rows[i].why)
            assert_string_equal(by_name ? fault.name : fault.why, rows[i].why);
        json_decref(v);
    }
}

static void bodies_are_checked_field_by_field(void **state)
{
    (void)state;
    static const struct field fields[] = {
        {"title", FIELD_CHARS, REQUIRED, 1, 5},
        {"max", FIELD_INT, OPTIONAL, 2, 1000},
        {"rate", FIELD_NUM, OPTIONAL, 0, 1},
        {"lock", FIELD_BOOL, OPTIONAL},
        {"at", FIELD_CHARS, NULLABLE, 1, 40},
        {"topology", FIELD_CHOICE, OPTIONAL, 0, 0, "auto|mesh|sfu"},
        {"events", FIELD_STRLIST, OPTIONAL, 1, 2, "a|b"},
        {"names", FIELD_STRLIST, OPTIONAL, 0, 2},
        {"settings", FIELD_OBJ, OPTIONAL},
        {"any", FIELD_ANY, OPTIONAL},
        {0},
    };
    static const struct row rows[] = {
        {"{'title':'a'}", NULL},
        {"{'title':'a','other':[1]}", NULL},
        {"{'title':'\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9'}", NULL},
        {"{'title':'😀😀😀😀😀'}", NULL},
        {"{}", "title is required"},
        {"[]", "It must be an object"},
        {"{'title':null}", "title must be a string"},
        {"{'title':1}", "title must be a string"},
        {"{'title':'a\\u0000'}", "title must be a string"},
        {"{'title':''}", "title must not be empty"},
        {"{'title':'abcdef'}", "title must have 1 to 5 characters"},
        {"{'title':'a','max':2}", NULL},
        {"{'title':'a','max':3.0}", NULL},
        {"{'title':'a','max':null}", "max must be a whole number"},
        {"{'title':'a','max':3.5}", "max must be a whole number"},
        {"{'title':'a','max':'3'}", "max must be a whole number"},
        {"{'title':'a','max':1}", "max must be between 2 and 1000"},
        {"{'title':'a','max':1e300}", "max must be between 2 and 1000"},
        {"{'title':'a','rate':0.004}", NULL},
        {"{'title':'a','rate':'1'}", "rate must be a number"},
        {"{'title':'a','rate':1.1}", "rate must be between 0 and 1"},
        {"{'title':'a','lock':1}", "lock must be true or false"},
        {"{'title':'a','lock':null}", "lock must be true or false"},
        {"{'title':'a','lock':false,'at':null}", NULL},
        {"{'title':'a','topology':'mesh'}", NULL},
        {"{'title':'a','topology':'auto|mesh'}", "topology must be one of auto|mesh|sfu"},
        {"{'title':'a','topology':'mes'}", "topology must be one of auto|mesh|sfu"},
        {"{'title':'a','topology':''}", "topology must be one of auto|mesh|sfu"},
        {"{'title':'a','events':['a','b']}", NULL},
        {"{'title':'a','events':[]}", "events must be a list of 1 to 2 strings"},
        {"{'title':'a','events':['c']}", "events must be one of a|b"},
        {"{'title':'a','events':[1]}", "events must be a string"},
        {"{'title':'a','names':[]}", NULL},
        {"{'title':'a','names':['']}", "names must not be empty"},
        {"{'title':'a','settings':[]}", "settings must be an object"},
        {"{'title':'a','any':null}", NULL},
        {"{'title':'a','any':[[[1]]]}", NULL},
    };
    are_answered(fields, FIELDS_BODY, rows, ARRAY_LEN(rows), false);
}

static void payloads_are_checked_in_utf16_units_and_null_is_absent(void **state)
{
    (void)state;
    static const struct field fields[] = {
        {"s", FIELD_UNITS, REQUIRED, 1, 3},
        {"b", FIELD_BOOL, OPTIONAL},
        {"i", FIELD_INT, OPTIONAL, 1, 9},
        {"a", FIELD_ARRAY, OPTIONAL, 1, 2},
        {"x", FIELD_ANY, OPTIONAL, 0, 9},
        {.type = FIELD_ROWS, .rows = wishes, .marks = SHOWN},
        {0},
    };
    static const struct row rows[] = {
        {"{'s':'abc','b':true,'i':9,'a':[1,2],'x':null,'more':1}", NULL},
        {"{'s':'a','b':null,'i':null,'a':null,'name':null,'how':null}", NULL},
        {"{'s':'a','x':{'y':123}}", NULL},
        {"{}", "s"},
        {"[]", ""},
        {"{'s':null}", "s"},
        {"{'s':''}", "s"},
        {"{'s':'abcd'}", "s"},
        {"{'s':'a\\u0000b'}", "s"},
        {"{'s':'😀a'}", NULL},
        {"{'s':'😀😀'}", "s"},
        {"{'s':'a','b':1}", "b"},
        {"{'s':'a','i':0}", "i"},
        {"{'s':'a','i':10}", "i"},
        {"{'s':'a','i':1.0}", "i"},
        {"{'s':'a','a':[]}", "a"},
        {"{'s':'a','a':[1,2,3]}", "a"},
        {"{'s':'a','x':{'y':1234}}", "x"},
        {"{'s':'a','name':'abcdef','how':'neither nor'}", NULL}, /* only bounded: whoever loads them has the words */
        {"{'s':'a','name':'abcdefg'}", "name"},
        {"{'s':'a','name':''}", "name"},
        {"{'s':'a','how':'longer than double'}", "how"},
    };
    struct field_fault fault;
    are_answered(fields, FIELDS_PAYLOAD, rows, ARRAY_LEN(rows), true);
    assert_int_equal(fields_check(fields, NULL, FIELDS_PAYLOAD, &fault), ERR_SYNTAX);
    assert_string_equal(fault.name, "s");
}

static void rows_of_another_table_are_those_with_the_marks(void **state)
{
    (void)state;
    static const struct field fields[] = {
        {.type = FIELD_ROWS, .rows = wishes, .marks = CREATION},
        {0},
    };
    static const struct row rows[] = {
        {"{'most':3,'how':'sfu','lock':'what is this'}", NULL},
        {"{'most':0}", "most must be between 1 and 1000"},
        {"{'name':'abcd','most':0}", "name must have 1 to 3 characters"},
    };
    are_answered(fields, FIELDS_BODY, rows, ARRAY_LEN(rows), false);
}

static void what_fits_is_loaded_and_the_rest_stays(void **state)
{
    (void)state;
    struct wish w = {.name = "x", .most = 7, .how = 1, .lock = true};
    json_t *o = json_of("{'name':'äöü','most':9.0,'how':'sfu','lock':false}");
    assert_null(fields_load(wishes, CREATION, o, &w));
    assert_string_equal(w.name, "äöü");
    assert_int_equal(w.most, 9);
    assert_int_equal(w.how, 2);
    assert_true(w.lock); /* it isn't marked */
    json_decref(o);
    o = json_of("{'name':'','most':1001,'how':null,'lock':false}");
    assert_string_equal(fields_load(wishes, SHOWN, o, &w)->wrong, "most is too much"); /* the last of those unfit */
    assert_string_equal(w.name, "äöü");
    assert_int_equal(w.most, 9);
    assert_int_equal(w.how, 2);
    assert_false(w.lock);
    json_decref(o);
}

static void what_was_loaded_is_dumped_in_the_order_of_the_table(void **state)
{
    (void)state;
    struct wish w = {.name = "ab", .most = 7, .how = 2, .lock = true};
    static const struct {
        unsigned marks;
        const char *json;
    } rows[] = {
        {SHOWN, "{\"name\":\"ab\",\"most\":7,\"how\":\"sfu\",\"lock\":true}"},
        {CREATION | SHOWN, "{\"name\":\"ab\",\"most\":7,\"how\":\"sfu\"}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *o = fields_dump(wishes, rows[i].marks, &w);
        char *text = json_dumps(o, JSON_COMPACT);
        assert_string_equal(text, rows[i].json);
        free(text);
        json_decref(o);
    }
}

static void a_table_is_a_schema_too(void **state)
{
    (void)state;
    json_t *schema = fields_schema(wishes, SHOWN);
    json_t *want = json_of("{'name':{'type':'string','minLength':1,'maxLength':3},"
                           "'most':{'type':'integer','minimum':1,'maximum':1000},"
                           "'how':{'type':'string','enum':['auto','mesh','sfu']},'lock':{'type':'boolean'}}");
    assert_true(json_equal(schema, want));
    json_decref(schema);
    json_decref(want);
}

static void values_are_read_after_the_check(void **state)
{
    (void)state;
    json_t *o = json_of("{'s':'a','i':3,'r':4.0,'b':true,'n':null}");
    assert_string_equal(field_str(o, "s", "z"), "a");
    assert_string_equal(field_str(o, "n", "z"), "z");
    assert_string_equal(field_str(NULL, "s", "z"), "z");
    assert_int_equal(field_int(o, "i", 9), 3);
    assert_int_equal(field_int(o, "r", 9), 4);
    assert_int_equal(field_int(o, "n", 9), 9);
    assert_true(field_bool(o, "b", false));
    assert_true(field_bool(o, "none", true));
    assert_true(field_given(o, "b"));
    assert_false(field_given(o, "n"));
    assert_false(field_given(o, "none"));
    json_decref(o);
}

static void words_lose_the_spaces_that_were_pasted_with_them(void **state)
{
    (void)state;
    static const struct field table[] = {
        {"id", FIELD_UNITS, REQUIRED, 1, 5, .is_word = true},
        {"text", FIELD_UNITS, OPTIONAL, 0, 20},
        {0},
    };
    json_t *o = json_of("{'id':'\\u00a0 abc-d\\u202f\\t','text':' as it is '}");
    fields_trim(table, o);
    assert_string_equal(field_str(o, "id", ""), "abc-d");
    assert_string_equal(field_str(o, "text", ""), " as it is ");
    assert_int_equal(fields_check(table, o, FIELDS_PAYLOAD, NULL), OK);
    json_decref(o);
    fields_trim(table, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_are_checked_field_by_field),
        cmocka_unit_test(payloads_are_checked_in_utf16_units_and_null_is_absent),
        cmocka_unit_test(rows_of_another_table_are_those_with_the_marks),
        cmocka_unit_test(what_fits_is_loaded_and_the_rest_stays),
        cmocka_unit_test(what_was_loaded_is_dumped_in_the_order_of_the_table),
        cmocka_unit_test(a_table_is_a_schema_too),
        cmocka_unit_test(words_lose_the_spaces_that_were_pasted_with_them),
        cmocka_unit_test(values_are_read_after_the_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
