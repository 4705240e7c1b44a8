/* testing.h: for tests of handlers: an app without sockets, whose PostgreSQL and SFU are away. */
#pragma once
#include "app/app_priv.h"

#define TESTING_SECRET "0123456789abcdef0123456789abcdef"

static inline struct config testing_config(void)
{
    return (struct config){.database_url = "host=/nonexistent dbname=x",
                           .session_secret = TESTING_SECRET,
                           .app_url = "http://localhost:3000",
                           .sfu_socket = "/nonexistent/sfu.sock",
                           .mesh_max = 4,
                           .participants_cap = 1000,
                           .empty_grace_ms = 30000,
                           .rate_limits = true};
}

/* Into *state, as cmocka's set-up functions do. 0: it is there. */
static inline int testing_app(void **state, const struct config *cfg)
{
    struct log log = {LOG_ERROR, LOG_TEXT, -1, "test"};
    struct app *app = NULL;
    enum err e = app_new(cfg, &log, &app);
    *state = app;
    return e ? -1 : 0;
}

static inline int testing_app_free(void **state)
{
    app_free(*state);
    return 0;
}
