/* onepizza-control: the HTTP API, Socket.IO, the meetings, and the door to the media server and the database.
 * Configured by the environment alone; --routes and --settings print what can be asked and set, for tests and people.
 * Exit status: 0 stopped by a signal, 1 couldn't start, 2 wrong configuration. */
#include "app/app.h"
#include "app/config.h"
#include "app/parts.h"
#include "sandbox/environment.h"
#include "sandbox/sandbox.h"
#include "sandbox/supervisor.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *env(void *arg, const char *name)
{
    (void)arg;
    return getenv(name); // NOLINT(concurrency-mt-unsafe): before any thread
}

static bool has_pages(const char *web_dir)
{
    char index[4096];
    return snprintf(index, sizeof index, "%s/index.html", web_dir) < (int)sizeof index && access(index, R_OK) == 0;
}

/* From here on nothing is read but what is named here and what names of hosts need. */
static enum err lock_up(const struct config *cfg, const struct log *log)
{
    enum sandbox_mode mode;
    const struct sandbox_needs needs = {
        .tcp = true,
        .listen_port = (unsigned)cfg->port,
        .readable = {cfg->web_dir, cfg->tls_cert_file, cfg->tls_key_file, cfg->client_ca_file},
        .readable_besides = cfg->sandbox_read,
    };
    if (sandbox_mode_read(cfg->sandbox, &mode)) {
        fprintf(stderr, "onepizza-control: set SANDBOX to on or off\n");
        return ERR_SYNTAX;
    }
    return sandbox_enter(mode, &needs, log);
}

static int usage(void)
{
    fprintf(stderr, "usage: onepizza-control [--routes | --settings]\n"
                    "Serves as the environment says (docs/operations.md); --routes prints what can be asked of it,\n"
                    "--settings what can be set of a meeting.\n");
    return 2;
}

int main(int argc, char **argv)
{
    struct config cfg;
    struct log log;
    struct log_limiter limiter;
    struct app *app = NULL;
    char why[CONFIG_WHY_CAP] = "out of memory";
    if (argc == 2 && !strcmp(argv[1], "--routes")) {
        routes_print(stdout);
        return fflush(stdout) ? 1 : 0;
    }
    if (argc == 2 && !strcmp(argv[1], "--settings"))
        return settings_print(stdout) || fflush(stdout) ? 1 : 0;
    if (argc > 1)
        return usage();
    if (environment_take() || config_read(env, NULL, &cfg, why)) {
        fprintf(stderr, "onepizza-control: %s\n", why);
        return 2;
    }
    if (log_init(&log, "control", cfg.log_level, cfg.log_format)) {
        fprintf(stderr,
                "onepizza-control: set LOG_LEVEL to debug, info, warn or error, and LOG_FORMAT to text or json\n");
        return 2;
    }
    log_limit(&log, &limiter);
    if (cfg.web_dir && *cfg.web_dir && !has_pages(cfg.web_dir)) {
        fprintf(stderr,
                "onepizza-control: WEB_DIR has no index.html: build the web client, or set it to where it is\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    struct supervisor supervisor;
    supervisor_open(&supervisor, "control");
    enum err e = lock_up(&cfg, &log);
    if (e)
        return e == ERR_SYNTAX ? 2 : 1;
    e = app_new(&cfg, &log, &app);
    if (!e)
        e = app_run(app, &supervisor);
    else
        log_error(&log, "start", "reason=%s", err_name(e));
    app_free(app);
    log_tell_all_left_out(&log);
    supervisor_close(&supervisor);
    return e ? 1 : 0;
}
