/* log.c: lines of a log, as text or JSON. */
#include "log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_CAP 2048

static const char *const level_names[] = {"debug", "info", "warn", "error"};

enum err log_init(struct log *log, const char *process, const char *level, const char *format)
{
    struct log out = {LOG_INFO, LOG_TEXT, STDERR_FILENO, process, NULL};
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

static void write_line(const struct log *log, enum log_level level, const char *event, const char *pairs)
{
    char line[2 * LINE_CAP + 256], when[32];
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &utc);

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

void log_limit(struct log *log, struct log_limiter *limiter)
{
    pthread_mutex_init(&limiter->lock, NULL);
    log_budget_init(&limiter->budget);
    log->limiter = limiter;
}

static bool may_write(struct log_limiter *limiter, enum log_level level, const char *event)
{
    if (!limiter || level == LOG_DEBUG)
        return true;
    pthread_mutex_lock(&limiter->lock);
    bool may = log_budget_take(&limiter->budget, usec_monotonic(), event, level == LOG_ERROR);
    pthread_mutex_unlock(&limiter->lock);
    return may;
}

static bool next_left_out(struct log_limiter *limiter, usec_t now, const char **event, uint64_t *n)
{
    pthread_mutex_lock(&limiter->lock);
    bool found = log_budget_left_out(&limiter->budget, now, event, n);
    pthread_mutex_unlock(&limiter->lock);
    return found;
}

static void tell_left_out(const struct log *log, usec_t now)
{
    const char *event;
    uint64_t n;
    char pairs[LINE_CAP];
    while (log && log->limiter && next_left_out(log->limiter, now, &event, &n)) {
        snprintf(pairs, sizeof pairs, "event=%s n=%" PRIu64, event, n);
        write_line(log, LOG_WARN, "log_suppressed", pairs);
    }
}

void log_tell_left_out(const struct log *log)
{
    tell_left_out(log, usec_monotonic());
}

void log_tell_all_left_out(const struct log *log)
{
    tell_left_out(log, USEC_NEVER);
}

void log_write(const struct log *log, enum log_level level, const char *event, const char *fmt, ...)
{
    char pairs[LINE_CAP];
    if (may_write(log->limiter, level, event)) {
        va_list args;
        va_start(args, fmt);
        vsnprintf(pairs, sizeof pairs, fmt, args);
        va_end(args);
        write_line(log, level, event, pairs);
    }
    if (log->limiter)
        tell_left_out(log, usec_monotonic());
}
