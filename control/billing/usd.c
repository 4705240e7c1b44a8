/* usd.c: decimal texts and JSON numbers, to ten thousandths. */
#include "billing/usd.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLACES     4
#define USD_MAX    USD(1000000000)
#define DIGITS_MAX 10 /* before the point: more is beyond USD_MAX */

/* [-]digits[.digits] */
static enum err of_text(const char *text, int64_t *out)
{
    bool negative = *text == '-';
    const char *p = text + negative;
    size_t whole = strspn(p, "0123456789");
    const char *fraction = p[whole] == '.' ? p + whole + 1 : "";
    size_t places = strspn(fraction, "0123456789");
    if (!whole || fraction[places] || (p[whole] && !places) || (p[whole] && p[whole] != '.') || places > PLACES)
        return ERR_SYNTAX;
    if (whole > DIGITS_MAX)
        return ERR_FULL;
    int64_t value = 0;
    for (size_t i = 0; i < whole; i++)
        value = value * 10 + (p[i] - '0');
    for (size_t i = 0; i < PLACES; i++)
        value = value * 10 + (i < places ? fraction[i] - '0' : 0);
    if (value > USD_MAX)
        return ERR_FULL;
    *out = negative ? -value : value;
    return OK;
}

/* A double stands for a text of four places if it is the one nearest to it. */
static enum err of_real(double d, int64_t *out)
{
    char text[40];
    if (!(fabs(d) <= (double)USD_MAX / 10000))
        return ERR_FULL;
    snprintf(text, sizeof text, "%.*f", PLACES, d);
    return strtod(text, NULL) == d ? of_text(text, out) : ERR_SYNTAX;
}

enum err usd_of_json(const json_t *value, int64_t *ten_thousandths)
{
    char text[24];
    if (json_is_string(value))
        return of_text(json_string_value(value), ten_thousandths);
    if (json_is_real(value))
        return of_real(json_real_value(value), ten_thousandths);
    if (!json_is_integer(value))
        return ERR_SYNTAX;
    snprintf(text, sizeof text, "%lld", (long long)json_integer_value(value));
    return of_text(text, ten_thousandths);
}
