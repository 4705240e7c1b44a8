/* statement.c: arguments become texts for PostgreSQL, and its texts a struct's members, by the tables that the build
 * makes of sql/. */
#include "store/statement.h"
#include "sql_embedded.h"

#include <assert.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- arguments ---- */

const char *param_decimal(char out[PARAM_CAP], struct sql_decimal d)
{
    uint64_t size = d.value < 0 ? 0 - (uint64_t)d.value : (uint64_t)d.value;
    uint64_t one = 1;
    assert(d.places > 0);
    for (unsigned i = 0; i < d.places; i++)
        one *= 10;
    snprintf(out, PARAM_CAP, "%s%" PRIu64 ".%0*" PRIu64, d.value < 0 ? "-" : "", size / one, (int)d.places, size % one);
    return out;
}

static const char *param_int(char out[PARAM_CAP], int64_t value, bool is_nullable)
{
    if (is_nullable && value == 0)
        return NULL;
    snprintf(out, PARAM_CAP, "%" PRId64, value);
    return out;
}

static const char *param_of(char out[PARAM_CAP], const struct sql_field *f, const char *args)
{
    const void *at = args + f->offset;
    switch (f->as) {
    case SQL_AS_TEXT:
        return *(const char *const *)at;
    case SQL_AS_INT32:
        return param_int(out, *(const int32_t *)at, f->is_nullable);
    case SQL_AS_INT64:
        return param_int(out, *(const int64_t *)at, f->is_nullable);
    case SQL_AS_BOOL:
        return *(const bool *)at ? "t" : "f";
    case SQL_AS_DECIMAL:
        return param_decimal(out, *(const struct sql_decimal *)at);
    }
    return NULL;
}

void params_of(struct params *p, const struct sql_query *q)
{
    const struct sql_statement *s = &sql_statements[q->id];
    assert(s->n_args <= PARAMS_MAX);
    p->n = s->n_args;
    for (unsigned i = 0; i < s->n_args; i++)
        p->values[i] = param_of(p->texts[i], &s->args[i], q->args);
}

/* ---- rows ---- */

static const PGresult *result_of(const struct rows *rows)
{
    return (const PGresult *)(const void *)rows->result;
}

unsigned rows_len(const struct rows *rows)
{
    return rows ? (unsigned)PQntuples(result_of(rows)) : 0;
}

static const char *text_at(const struct rows *rows, unsigned row, unsigned column)
{
    const PGresult *r = result_of(rows);
    return PQgetisnull(r, (int)row, (int)column) ? NULL : PQgetvalue(r, (int)row, (int)column);
}

const char *rows_answer(const struct rows *rows)
{
    assert(!rows || rows->of->n_cols == 1);
    return rows_len(rows) ? text_at(rows, 0, 0) : NULL;
}

static void put(char *out, const struct sql_field *f, const char *text)
{
    void *at = out + f->offset;
    if (!text)
        return;
    if (f->has_offset)
        *(bool *)(out + f->has_offset) = true;
    switch (f->as) {
    case SQL_AS_DECIMAL:
    case SQL_AS_TEXT:
        *(const char **)at = text;
        break;
    case SQL_AS_INT32:
        *(int32_t *)at = (int32_t)strtol(text, NULL, 10);
        break;
    case SQL_AS_INT64:
        *(int64_t *)at = strtoll(text, NULL, 10);
        break;
    case SQL_AS_BOOL:
        *(bool *)at = text[0] == 't';
        break;
    }
}

void rows_read(const struct rows *rows, unsigned row, unsigned id, void *out)
{
    const struct sql_statement *s = &sql_statements[id];
    if (row >= rows_len(rows))
        return;
    assert(rows->of->cols == s->cols); /* these are another statement's rows */
    for (unsigned i = 0; i < s->n_cols; i++)
        put(out, &s->cols[i], text_at(rows, row, i));
}
