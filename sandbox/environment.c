/* environment.c: the copy, and the overwriting. */
#include "sandbox/environment.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void overwrite_value(char *variable)
{
    char *value = strchr(variable, '=');
    if (value)
        explicit_bzero(value + 1, strlen(value + 1));
}

enum err environment_take(void)
{
    size_t n = 0, len = 0, at = 0;
    for (; environ[n]; n++)
        len += strlen(environ[n]) + 1;
    char **names = calloc(1, (n + 1) * sizeof *names + len); /* and their texts behind them */
    if (!names)
        return ERR_NOMEM;
    char *text = (char *)(names + n + 1);
    for (size_t i = 0; i < n; i++) {
        size_t whole = strlen(environ[i]) + 1;
        names[i] = memcpy(text + at, environ[i], whole);
        at += whole;
    }
    for (size_t i = 0; i < n; i++)
        overwrite_value(environ[i]);
    environ = names; /* a mutable global, but the system's; names and text are its for good */
    return OK;
}
