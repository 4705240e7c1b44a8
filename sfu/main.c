/* main.c: onepizza-sfu, the media server. Its settings are environment variables: docs/operations.md. */
#include "api/config.h"
#include "api/server.h"
#include "sandbox/environment.h"
#include "sandbox/sandbox.h"
#include "sandbox/supervisor.h"
#include "srtp/srtpctx.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#define MAX_PACKETS 262144 /* a worker's packet buffers: some 400 MB when all are in use */

static void block_signals(void)
{
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* From here on it makes sockets and threads, and opens no file. */
static enum err lock_up(const struct config *cfg)
{
    enum sandbox_mode mode;
    const struct sandbox_needs needs = {.socket_path = cfg->socket_path};
    if (sandbox_mode_read(cfg->sandbox, &mode)) {
        fprintf(stderr, "onepizza-sfu: SANDBOX must be on or off\n");
        return ERR_SYNTAX;
    }
    return sandbox_enter(mode, &needs, &cfg->log);
}

int main(void)
{
    struct config cfg;
    struct log_limiter limiter;
    char why[200] = "out of memory";
    if (environment_take() || config_read(&cfg, why)) {
        fprintf(stderr, "onepizza-sfu: %s\n", why);
        return 2;
    }
    log_limit(&cfg.log, &limiter);
    block_signals();
    if (srtpctx_library_init()) {
        fprintf(stderr, "onepizza-sfu: libsrtp2's self-test failed\n");
        return 1;
    }
    struct supervisor supervisor;
    supervisor_open(&supervisor, "sfu");
    enum err locked = lock_up(&cfg);
    if (locked)
        return locked == ERR_SYNTAX ? 2 : 1;
    struct server_config server_cfg = {
        .path = cfg.socket_path,
        .log = &cfg.log,
        .supervisor = &supervisor,
        .workers = {.n_workers = cfg.n_workers,
                    .port = cfg.port,
                    .announce = cfg.announce,
                    .n_announce = cfg.n_announce,
                    .max_sessions = cfg.max_sessions,
                    .max_packets = MAX_PACKETS,
                    .log = &cfg.log},
    };
    struct server *server = NULL;
    if (server_new(&server_cfg, &server)) {
        fprintf(stderr, "onepizza-sfu: can't start; the log says why\n");
        return 1;
    }
    log_info(&cfg.log, "started", "socket=%s port=%u workers=%u announce=%u", cfg.socket_path, cfg.port, cfg.n_workers,
             cfg.n_announce);
    server_run(server);
    log_info(&cfg.log, "stopping", "reason=signal");
    server_free(server);
    log_tell_all_left_out(&cfg.log);
    supervisor_close(&supervisor);
    return 0;
}
