/* run.h: a whole load test: people join, send and receive, are measured, and leave. One thread, one epoll. */
#pragma once
#include "loadtest/options.h"

#include <jansson.h>

/* The report is made whatever happened once it ran; *passed: everyone was there and lost no more than allowed.
 * ERR_IO: it couldn't begin (said on stderr). */
MUST_CHECK enum err run_load(const struct options *o, json_t **report, bool *passed);
