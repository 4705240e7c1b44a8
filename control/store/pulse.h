/* pulse.h: whether PostgreSQL answers. A connection may be up while its server hangs, and a large write may rightly
 * take long; so a connection of its own asks a small question once a second. Loop thread only. */
#pragma once
#include "common/err.h"
#include "loop/loop.h"
#include <stdbool.h>

#define PULSE_EVERY  (1 * SEC)
#define PULSE_WITHIN (3 * SEC)

struct pulse;
MUST_CHECK enum err pulse_new(struct loop *loop, const char *url, struct pulse **p); /* url is borrowed for life */
void pulse_free(struct pulse *p);
void pulse_open(struct pulse *p);            /* begins to ask; again: fine */
bool pulse_is_silent(const struct pulse *p); /* not there yet or any more, or slow to answer */
