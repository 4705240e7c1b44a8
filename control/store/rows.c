#include "store/rows.h"

#include <libpq-fe.h>
#include <stdlib.h>

/* struct rows is libpq's PGresult: it has no members of its own, so that libpq stays out of the header. */
static const PGresult *result_of(const struct rows *rows)
{
    return (const PGresult *)(const void *)rows;
}

unsigned rows_len(const struct rows *rows)
{
    return rows ? (unsigned)PQntuples(result_of(rows)) : 0;
}

const char *rows_text(const struct rows *rows, unsigned row, unsigned column)
{
    const PGresult *r = result_of(rows);
    if (!r || row >= (unsigned)PQntuples(r) || column >= (unsigned)PQnfields(r))
        return NULL;
    return PQgetisnull(r, (int)row, (int)column) ? NULL : PQgetvalue(r, (int)row, (int)column);
}

int64_t rows_int(const struct rows *rows, unsigned row, unsigned column, int64_t absent)
{
    const char *text = rows_text(rows, row, column);
    return text ? strtoll(text, NULL, 10) : absent;
}

bool rows_bool(const struct rows *rows, unsigned row, unsigned column)
{
    const char *text = rows_text(rows, row, column);
    return text && text[0] == 't';
}
