/* log.h: one line an event: time, level, a fixed event name that people search for, then key=value pairs with the unit
 * in the key. Log changes of state, not packets. Keys, passwords, tokens and ice-pwd are never logged. Thread-safe: a
 * line is one write(2). With a limiter each event has a budget of lines (log_budget.h): what strangers can make happen
 * as often as they like doesn't fill a disk. */
#pragma once
#include "err.h"
#include "log_budget.h"

#include <pthread.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_TEXT, LOG_JSON };

struct log_limiter {
    pthread_mutex_t lock; /* over the budget */
    struct log_budget budget;
};

struct log {
    enum log_level level;
    enum log_format format;
    int fd;
    const char *process;         /* "sfu", "control": borrowed */
    struct log_limiter *limiter; /* borrowed; NULL: every line is written */
};

/* Level and format from LOG_LEVEL (debug, info, warn, error) and LOG_FORMAT (text, json); ERR_SYNTAX names neither. */
MUST_CHECK enum err log_init(struct log *log, const char *process, const char *level, const char *format);

/* From here on the log's lines are limited, but those of LOG_DEBUG: who asks for them wants them all. The limiter is in
 * the caller's hands and stays until nobody logs any more. */
void log_limit(struct log *log, struct log_limiter *limiter);

/* Says log_suppressed, event=… n=…, once a minute for each event of which lines were left out. Called about once a
 * second, for a log that has fallen silent; a line that is written does it too. log may be NULL. */
void log_tell_left_out(const struct log *log);

/* The same at once, before a program ends. */
void log_tell_all_left_out(const struct log *log);

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
