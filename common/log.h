/* log.h: one line an event: time, level, a fixed event name that people search for, then key=value pairs with the unit
 * in the key. Log changes of state, not packets. Keys, passwords, tokens and ice-pwd are never logged. Thread-safe: a
 * line is one write(2). */
#pragma once
#include "err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_TEXT, LOG_JSON };

struct log {
    enum log_level level;
    enum log_format format;
    int fd;
    const char *process; /* "sfu", "control": borrowed */
};

/* Level and format from LOG_LEVEL (debug, info, warn, error) and LOG_FORMAT (text, json); ERR_SYNTAX names neither. */
MUST_CHECK enum err log_init(struct log *log, const char *process, const char *level, const char *format);

/* A value that came from outside goes in as "%s" of log_safe(): quotes, spaces and control bytes can't forge a pair or
 * a line. */
#define LOG_SAFE_CAP 128
const char *log_safe(char out[LOG_SAFE_CAP], const char *text);

void log_write(const struct log *log, enum log_level level, const char *event, const char *fmt, ...) PRINTF_LIKE(4, 5);

/* log may be NULL: then nothing is written. */
#define log_at(to, lvl, ...)                                                                                           \
    do {                                                                                                               \
        const struct log *log_at_ = (to);                                                                              \
        if (log_at_ && (lvl) >= log_at_->level)                                                                        \
            log_write(log_at_, (lvl), __VA_ARGS__);                                                                    \
    } while (0)
#define log_debug(to, ...) log_at(to, LOG_DEBUG, __VA_ARGS__)
#define log_info(to, ...)  log_at(to, LOG_INFO, __VA_ARGS__)
#define log_warn(to, ...)  log_at(to, LOG_WARN, __VA_ARGS__)
#define log_error(to, ...) log_at(to, LOG_ERROR, __VA_ARGS__)
