/* err.c: the names of errors. */
#include "err.h"

const char *err_name(enum err e)
{
    static const char *const names[] = {
        [OK] = "ok",
        [ERR_SHORT] = "short",
        [ERR_SYNTAX] = "syntax",
        [ERR_AUTH] = "auth",
        [ERR_REPLAY] = "replay",
        [ERR_FULL] = "full",
        [ERR_NOMEM] = "nomem",
        [ERR_STATE] = "state",
        [ERR_NOT_FOUND] = "not_found",
        [ERR_DENIED] = "denied",
        [ERR_UNSUPPORTED] = "unsupported",
        [ERR_IO] = "io",
    };
    return (unsigned)e < ARRAY_LEN(names) ? names[e] : "unknown";
}
