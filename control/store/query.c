#include "store/query.h"

#include <assert.h>

static unsigned next_of(struct sql_args *a)
{
    assert(a->n < SQL_ARGS_MAX);
    return a->n++;
}

void args_text(struct sql_args *a, const char *text)
{
    a->values[next_of(a)] = text;
}

void args_int(struct sql_args *a, int64_t value)
{
    unsigned i = next_of(a);
    a->values[i] = param_int(a->texts[i], value);
}

void args_id(struct sql_args *a, int64_t id)
{
    if (id)
        args_int(a, id);
    else
        args_text(a, NULL);
}

void args_bool(struct sql_args *a, bool value)
{
    args_text(a, value ? "t" : "f");
}

void args_decimal(struct sql_args *a, int64_t value, unsigned places)
{
    unsigned i = next_of(a);
    a->values[i] = param_decimal(a->texts[i], value, places);
}
