/* iso_time.c: times of ISO 8601, read part by part. */
#include "meeting/iso_time.h"

#include <stdbool.h>
#include <stdio.h>

#define MINUTE (60 * SEC)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

struct iso_reader {
    const char *p;
    bool bad;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Exactly n digits. */
static int number(struct iso_reader *r, unsigned n)
{
    int value = 0;
    for (; n && is_digit(*r->p); n--)
        value = 10 * value + (*r->p++ - '0');
    r->bad |= n != 0;
    return value;
}

static int number_in(struct iso_reader *r, unsigned n, int min, int max)
{
    int value = number(r, n);
    r->bad |= value < min || value > max;
    return value;
}

static bool take(struct iso_reader *r, char c)
{
    bool is_there = *r->p == c;
    r->p += is_there;
    return is_there;
}

static unsigned n_digits(const struct iso_reader *r)
{
    unsigned n = 0;
    while (is_digit(r->p[n]))
        n++;
    return n;
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Of the proleptic Gregorian calendar, since 1970-01-01. */
static int64_t days_of(int64_t year, int month, int day)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t y = year - 1;
    int64_t days = y * 365 + y / 4 - y / 100 + y / 400 - 719162;
    return days + before[month - 1] + (month > 2 && is_leap(year)) + day - 1;
}

static int month_length(int year, int month)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return lengths[month - 1] + (month == 2 && is_leap(year));
}

/* ISO 8601 4.3.6 week date: week 1 has the year's first Thursday; weeks begin on Monday. */
static int64_t week_date(struct iso_reader *r, int year, bool extended)
{
    int week = number_in(r, 2, 1, 53);
    r->bad |= extended != take(r, '-');
    int day = number_in(r, 1, 1, 7);
    int64_t fourth = days_of(year, 1, 4);
    int64_t monday = fourth - (fourth + 3) % 7; /* 1970-01-01 was a Thursday */
    bool has_53 = days_of(year + 1, 1, 4) - (days_of(year + 1, 1, 4) + 3) % 7 - monday == INT64_C(53) * 7;
    r->bad |= week == 53 && !has_53;
    return monday + INT64_C(7) * (week - 1) + day - 1;
}

static int64_t date(struct iso_reader *r, bool *extended)
{
    int year = number_in(r, 4, 1970, 9999);
    *extended = take(r, '-');
    if (take(r, 'W'))
        return week_date(r, year, *extended);
    if (n_digits(r) == 3)
        return days_of(year, 1, 1) + number_in(r, 3, 1, 365 + is_leap(year)) - 1;
    int month = number_in(r, 2, 1, 12);
    r->bad |= *extended != take(r, '-');
    int day = number(r, 2);
    if (r->bad || day < 1 || day > month_length(year, month)) {
        r->bad = true;
        return 0;
    }
    return days_of(year, month, day);
}

/* Of the unit that was read last; further digits than these mean less than a microsecond of it. */
static usec_t fraction(struct iso_reader *r, usec_t unit)
{
    int64_t value = 0, scale = 1;
    if (!take(r, '.') && !take(r, ','))
        return 0;
    r->bad |= !is_digit(*r->p);
    for (; is_digit(*r->p); r->p++)
        if (scale < 100000000) {
            value = 10 * value + (*r->p - '0');
            scale *= 10;
        }
    return unit * value / scale;
}

/* Minutes and seconds may be left out; 24:00 is the end of the day. */
static usec_t time_of_day(struct iso_reader *r, bool extended)
{
    int hour = number_in(r, 2, 0, 24);
    usec_t at = hour * HOUR, unit = HOUR;
    for (; unit > SEC && (extended ? *r->p == ':' : is_digit(*r->p)); unit /= 60) {
        take(r, ':');
        at += number_in(r, 2, 0, unit == HOUR ? 59 : 60) * (unit / 60);
    }
    at += fraction(r, unit);
    r->bad |= hour == 24 && at > DAY;
    return at;
}

static usec_t zone(struct iso_reader *r)
{
    if (take(r, 'Z') || take(r, 'z'))
        return 0;
    bool west = take(r, '-');
    r->bad |= !west && !take(r, '+');
    usec_t offset = number_in(r, 2, 0, 23) * HOUR;
    if (take(r, ':') || is_digit(*r->p))
        offset += number_in(r, 2, 0, 59) * MINUTE;
    return west ? -offset : offset;
}

enum err iso_time_read(const char *text, usec_t *at)
{
    struct iso_reader r = {.p = text};
    bool extended = false;
    usec_t read = date(&r, &extended) * DAY;
    r.bad |= !take(&r, 'T') && !take(&r, 't') && !take(&r, ' '); /* RFC 3339 5.6 allows the last two */
    read += time_of_day(&r, extended);
    read -= zone(&r);
    if (r.bad || *r.p || read < 0)
        return ERR_SYNTAX;
    *at = read;
    return OK;
}

void iso_time_write(char out[ISO_TIME_CAP], usec_t at)
{
    time_t seconds = (time_t)(at / SEC);
    struct tm utc;
    char date_time[24];
    gmtime_r(&seconds, &utc);
    strftime(date_time, sizeof date_time, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(out, ISO_TIME_CAP, "%s.%03dZ", date_time, (int)(at / MSEC % 1000));
}
