/* usec.h: time is a signed count of microseconds. The core gets it as an argument; only the IO shell reads a clock. */
#pragma once
#include <stdint.h>
#include <time.h>

typedef int64_t usec_t;

#define USEC       ((usec_t)1)
#define MSEC       (1000 * USEC)
#define SEC        (1000 * MSEC)
#define USEC_NEVER INT64_MAX

static inline usec_t usec_of_clock(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (usec_t)t.tv_sec * SEC + t.tv_nsec / 1000;
}

/* Monotonic: for everything that measures or waits. For the IO shell only. */
static inline usec_t usec_monotonic(void)
{
    return usec_of_clock(CLOCK_MONOTONIC);
}

/* Since 1970: for what people and databases see. For the IO shell only. */
static inline usec_t usec_wall(void)
{
    return usec_of_clock(CLOCK_REALTIME);
}
