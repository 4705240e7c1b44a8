/* supervisor.h: whoever started us may want to hear that we serve and, again and again, that we are alive, so that a
 * program that hangs is started again. systemd listens on NOTIFY_SOCKET (sd_notify(3): a datagram for each message);
 * ./start reads a pipe, which ALIVE_PIPE names, for lines with our name. Nothing here waits, and what can't be sent is
 * lost. One thread at a time. */
#pragma once
#include "common/usec.h"

struct supervisor {
    int fd;           /* -1: nobody listens */
    const char *name; /* borrowed: written to the pipe; NULL: it is systemd's socket */
};

/* Before sandbox_enter(), which forbids opening what this needs. */
void supervisor_open(struct supervisor *s, const char *name);
void supervisor_close(struct supervisor *s);

void supervisor_ready(const struct supervisor *s);
void supervisor_alive(const struct supervisor *s); /* at least every SUPERVISOR_EVERY; s may be NULL */
void supervisor_stopping(const struct supervisor *s);

#define SUPERVISOR_EVERY (1 * SEC)
