/* app.h: the control process, put together. Loop thread only. */
#pragma once
#include "app/config.h"
#include "common/log.h"
#include "sandbox/supervisor.h"

struct app;
MUST_CHECK enum err app_new(const struct config *cfg, const struct log *log, struct app **app);
void app_free(struct app *app);

/* Listens, serves until SIGTERM or SIGINT, and shuts down: open calls are answered, ended meetings are stored (at most
 * 5 s each). The supervisor (borrowed) is told each second that the loop turns. ERR_IO: the port is taken or the
 * certificate is unreadable. */
MUST_CHECK enum err app_run(struct app *app, const struct supervisor *supervisor);
