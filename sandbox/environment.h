/* environment.h: settings come by the environment, and /proc/PID/environ shows the block that a process was started
 * with for as long as it lives. So it is copied to memory of our own, which getenv() then answers from, and the values
 * in the block are overwritten; the names stay. What getenv() answers lives as long as the process. */
#pragma once
#include "common/err.h"

/* In main(), before any thread and before anybody keeps what getenv() answered. ERR_NOMEM: nothing was changed. */
MUST_CHECK enum err environment_take(void);
