/* ids.h: numbers in paths and queries. */
#pragma once
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

/* A whole number that is written with digits alone and lies in min…max; otherwise `absent`. */
static inline int64_t number_of(const char *text, int64_t min, int64_t max, int64_t absent)
{
    char *end = NULL;
    if (!text || *text < '0' || *text > '9')
        return absent;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    return errno || *end || n < min || n > max ? absent : n;
}

/* The number of a row, as in "/api/user/keys/:id"; 0: no row has such a number. */
static inline int64_t id_of(const char *text)
{
    return number_of(text, 1, INT64_MAX, 0);
}
