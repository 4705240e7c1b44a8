/* sandbox.h: what a program gives up once it knows what it needs, so that somebody who takes it over by a memory error
 * has little to go on with: no core dumps and no reading of its memory (they hold keys), no new privileges, system
 * calls by a list (seccomp), files and ports by name (Landlock, from kernel 5.13; signals and abstract sockets
 * from 6.12). What the kernel, or a container around us, doesn't have is passed over and said in the log's line
 * `sandbox`. */
#pragma once
#include "common/log.h"
#include <stdbool.h>

enum sandbox_mode {
    SANDBOX_OFF,  /* nothing is given up: for debuggers */
    SANDBOX_ON,   /* a call that isn't on the list fails with EPERM, and the kernel's log has it */
    SANDBOX_KILL, /* it ends the process: for tests, which shall see what is missing on the list */
};

/* "on" (also NULL or ""), "off", "kill". Programs with sanitizers, which do things of their own at their end, are
 * always off. ERR_SYNTAX. */
MUST_CHECK enum err sandbox_mode_read(const char *text, enum sandbox_mode *mode);

#define SANDBOX_READABLE 8

struct sandbox_needs {
    const char *socket_path; /* a Unix socket that it makes and takes away; NULL: none */
    bool tcp;                /* TCP, and the names of hosts; else UDP alone */
    unsigned listen_port;    /* with tcp: the only one it may listen on; 0: whichever the kernel gives */
    /* Of a file its whole folder may be read, for it may be replaced. NULLs and what isn't there are passed over. */
    const char *readable[SANDBOX_READABLE];
    const char *readable_besides; /* a comma-separated list; NULL */
};

/* In main(), before any thread starts. Not OK: it isn't as safe as the kernel would have let it be; the log says what
 * failed. */
MUST_CHECK enum err sandbox_enter(enum sandbox_mode mode, const struct sandbox_needs *needs, const struct log *log);
