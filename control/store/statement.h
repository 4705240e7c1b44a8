/* statement.h: what the C interface of sql/ is made of. Each file of sql/queries/ is a statement; the build makes of
 * queries/…/things_add.sql, from what it says at its top:
 *     sql_things_add(.name = name, .user_id = id)     a struct sql_query: the statement and all of its arguments
 *     sql_things_add_row(rows, i)                     a struct sql_things_add_row: the columns of a row of its answer
 * so C names arguments and columns, and PostgreSQL's $1 and column 0 stay in sql/. Arguments are named, in any order,
 * and are there once each: what has a wrong count, name or type doesn't compile (a comma inside of one wants brackets).
 * Types: integer is int32_t, bigint int64_t, usec (a bigint: µs since 1970) usec_t, boolean bool; all others are texts,
 * but an argument that is numeric is a struct sql_decimal. SQL's null is a text's NULL, and as an argument the 0 of a
 * number that may be null; as a column it is 0 or false, and row.has_x says whether it was null.
 * query.h asks and writes. Pure but for the rows, which are libpq's. */
#pragma once
#include "common/err.h"
#include "common/usec.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* value × 10^-places, exactly: {-150, 4} is -0.0150. places: 1…9 */
struct sql_decimal {
    int64_t value;
    unsigned places;
};

static inline struct sql_decimal sql_decimal(int64_t value, unsigned places)
{
    return (struct sql_decimal){value, places};
}

/* A statement and its arguments. A value; points to arguments that are good until the end of the block in which it was
 * made, and these to texts: all are borrowed by whoever is asked, and copied. */
struct sql_query {
    unsigned id; /* an enum sql_id of sql_embedded.h */
    const void *args;
};

/* How a value travels. */
enum sql_as { SQL_AS_TEXT, SQL_AS_INT32, SQL_AS_INT64, SQL_AS_BOOL, SQL_AS_DECIMAL };

/* An argument or a column: where it stands in the statement's struct. */
struct sql_field {
    const char *name, *type; /* type: as PostgreSQL calls it */
    enum sql_as as;
    bool is_nullable;
    size_t offset, has_offset; /* has_offset: of a column's has_x; 0: there is none */
};

struct sql_statement {
    const char *name;
    const struct sql_field *args;
    unsigned n_args;
    const struct sql_field *cols;
    unsigned n_cols;
    const char *text;
};

/* ---- arguments on their way: the texts that PostgreSQL reads ---- */

#define PARAMS_MAX 12
#define PARAM_CAP  40

struct params {
    unsigned n;
    const char *values[PARAMS_MAX]; /* borrowed from the query, or in texts; NULL: SQL's null */
    char texts[PARAMS_MAX][PARAM_CAP];
};
void params_of(struct params *p, const struct sql_query *q);
const char *param_decimal(char out[PARAM_CAP], struct sql_decimal d); /* writes into out and returns it */

/* ---- rows: what a question gave. Borrowed: good until the continuation that got them returns ---- */

struct pg_result; /* libpq's PGresult */

struct rows {
    const struct pg_result *result;
    const struct sql_statement *of;
};

/* The continuation of a question to the store: called once, on a later turn, on the loop's thread. ERR_IO: PostgreSQL
 * went away before it answered, or refused; rows is NULL then. */
typedef void rows_fn(void *arg, enum err e, const struct rows *rows);

unsigned rows_len(const struct rows *rows);       /* NULL: 0 */
const char *rows_answer(const struct rows *rows); /* the first column of the first row, where that is all there is */

/* For sql_…_row() alone: fills out, which is zeroed; as it is when there is no such row. */
void rows_read(const struct rows *rows, unsigned row, unsigned id, void *out);

/* ---- for the generated header ---- */

/* gcc refuses arguments without names; clang can't, so a build with gcc is what keeps them out. */
#if defined __has_attribute && !defined __clang__
#if __has_attribute(designated_init)
#define SQL_BY_NAME __attribute__((designated_init))
#endif
#endif
#ifndef SQL_BY_NAME
#define SQL_BY_NAME
#endif

#define SQL_COUNT(...) SQL_THIRTEENTH(__VA_ARGS__, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)

#define SQL_THIRTEENTH(a, b, c, d, e, f, g, h, i, j, k, l, m, ...) m

/* All arguments are there: as many as there are, each with a name, none twice (-Woverride-init), and none empty: the
 * comma behind them makes that a syntax error. */
/* clang-format off */
#define SQL_QUERY(ID, N, ARGS, ...)                                                                \
    ((struct sql_query){                                                                           \
        (ID) + 0 * sizeof(struct {                                                                 \
            _Static_assert((N) == SQL_COUNT(__VA_ARGS__), "this statement has " #N " arguments");  \
            char one;                                                                              \
        }),                                                                                        \
        &(ARGS){ __VA_ARGS__, },                                                                   \
    })
/* clang-format on */
