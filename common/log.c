/* log.c: lines of a log, as text or JSON. */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_CAP 2048

static const char *const level_names[] = {"debug", "info", "warn", "error"};

enum err log_init(struct log *log, const char *process, const char *level, const char *format)
{
    struct log out = {LOG_INFO, LOG_TEXT, STDERR_FILENO, process};
    if (level && *level) {
        unsigned i = 0;
        while (i < ARRAY_LEN(level_names) && strcmp(level, level_names[i]) != 0)
            i++;
        if (i == ARRAY_LEN(level_names))
            return ERR_SYNTAX;
        out.level = (enum log_level)i;
    }
    if (format && *format && strcmp(format, "json") == 0)
        out.format = LOG_JSON;
    else if (format && *format && strcmp(format, "text") != 0)
        return ERR_SYNTAX;
    *log = out;
    return OK;
}

const char *log_safe(char out[LOG_SAFE_CAP], const char *text)
{
    size_t n = 0;
    for (; text && *text && n + 1 < LOG_SAFE_CAP; text++) {
        unsigned char c = (unsigned char)*text;
        out[n] = *text;
        if (c <= ' ' || c == '"' || c == '\\' || c == '=' || c == 0x7f)
            out[n] = '_';
        n++;
    }
    out[n] = '\0';
    return out;
}

static size_t json_escape(char *out, size_t cap, const char *text)
{
    size_t n = 0;
    for (; *text && n + 7 < cap; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            out[n++] = '\\';
        if (c < ' ')
            n += (size_t)snprintf(out + n, cap - n, "\\u%04x", c);
        else
            out[n++] = *text;
    }
    out[n] = '\0';
    return n;
}

void log_write(const struct log *log, enum log_level level, const char *event, const char *fmt, ...)
{
    char pairs[LINE_CAP], line[2 * LINE_CAP + 256], when[32];
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &utc);

    va_list args;
    va_start(args, fmt);
    vsnprintf(pairs, sizeof pairs, fmt, args);
    va_end(args);

    int n;
    if (log->format == LOG_JSON) {
        char quoted[2 * LINE_CAP];
        json_escape(quoted, sizeof quoted, pairs);
        n = snprintf(line, sizeof line,
                     "{\"time\":\"%s.%03ldZ\",\"level\":\"%s\",\"process\":\"%s\",\"event\":\"%s\",\"msg\":\"%s\"}\n",
                     when, now.tv_nsec / 1000000, level_names[level], log->process, event, quoted);
    } else {
        n = snprintf(line, sizeof line, "%s.%03ldZ %-5s %s %s %s\n", when, now.tv_nsec / 1000000, level_names[level],
                     log->process, event, pairs);
    }
    if (n > 0 && write(log->fd, line, (size_t)n) < 0)
        return; /* nowhere to say it */
}
