/* procstat.h: what another process has used: CPU time and memory, as Linux tells. */
#pragma once
#include "common/err.h"
#include "common/usec.h"

#include <sys/types.h>

struct procstat {
    usec_t cpu;      /* user and system, of all threads */
    uint64_t rss_kb; /* resident */
};

MUST_CHECK enum err procstat_read(pid_t pid, struct procstat *out); /* ERR_NOT_FOUND */
