/* server.h: the Unix socket of docs/sfu-socket.md: the main thread's loop. Turns requests into messages for the workers
 * and what they say into responses and notifications. */
#pragma once
#include "api/worker.h"
#include "sandbox/supervisor.h"

struct server;

struct server_config {
    const char *path; /* of the socket; a stale file is replaced */
    struct workers_config workers;
    const struct log *log;
    const struct supervisor *supervisor; /* is told each second that all workers answer; borrowed, may be NULL */
};

/* Opens the socket and starts the workers. SIGTERM and SIGINT must be blocked by the caller, before any thread exists.
 */
MUST_CHECK enum err server_new(const struct server_config *cfg, struct server **server);
void server_run(struct server *s); /* until SIGTERM or SIGINT */
void server_free(struct server *s);
