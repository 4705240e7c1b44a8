/* rows.h: what a query gave. Borrowed: good until the continuation that got it returns. Loop thread only. */
#pragma once
#include "common/err.h"
#include <stdbool.h>
#include <stdint.h>

struct rows;

/* The continuation of a question to the store: called once, on a later turn. ERR_IO: PostgreSQL went away before it
 * answered, or refused; rows is NULL then. */
typedef void rows_fn(void *arg, enum err e, const struct rows *rows);

unsigned rows_len(const struct rows *rows);
const char *rows_text(const struct rows *rows, unsigned row, unsigned column); /* NULL: SQL's null, or no such place */
int64_t rows_int(const struct rows *rows, unsigned row, unsigned column, int64_t absent);
bool rows_bool(const struct rows *rows, unsigned row, unsigned column); /* null is false */
