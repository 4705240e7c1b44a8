/* config.h: the media server's settings, from its environment. What is wrong is said in one line that names the
 * variable. */
#pragma once
#include "common/log.h"
#include "net/addr.h"

#define CONFIG_ANNOUNCE 16

struct config {
    const char *socket_path; /* SFU_SOCKET */
    uint16_t port;           /* SFU_PORT: worker i listens on port + i */
    unsigned n_workers;      /* SFU_WORKERS */
    unsigned max_sessions;   /* SFU_MAX_SESSIONS, on each worker */
    unsigned n_announce;     /* SFU_ANNOUNCE, else every local address, loopback last */
    struct addr announce[CONFIG_ANNOUNCE];
    const char *sandbox; /* SANDBOX: on, off, kill; NULL */
    struct log log;      /* LOG_LEVEL, LOG_FORMAT */
};

/* why: at least 200 bytes. */
MUST_CHECK enum err config_read(struct config *c, char why[200]);
