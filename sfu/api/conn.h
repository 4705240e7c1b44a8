/* conn.h: one connection of the control process: lines in, lines out, both bounded. Non-blocking; on the main thread.
 * A reader that falls behind loses notifications that may be lost (and is told how many); one that would lose others is
 * hung up on. */
#pragma once
#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>

#define CONN_OUT_SOFT ((size_t)1024 * 1024)
#define CONN_OUT_HARD ((size_t)16 * 1024 * 1024)

struct conn;

/* The listening socket, mode 0660; a file that a killed process left is replaced. -1: errno says why. */
int conn_listen(const char *path, int backlog);
int conn_accept(int listener, bool *allowed); /* -1: nobody. allowed: it is our own user, or root */

MUST_CHECK enum err conn_new(int fd, size_t line_max, struct conn **conn); /* takes fd */
void conn_free(struct conn *c);
int conn_fd(const struct conn *c);

/* Reads what is there. ERR_IO: the peer is gone; ERR_FULL: a line is too long. */
MUST_CHECK enum err conn_read(struct conn *c);
/* The next whole line without its newline, borrowed until the next conn_read(); false: none. */
bool conn_next_line(struct conn *c, const char **line, size_t *len);

/* Queues a line (taken; NULL is fine). droppable: may be lost when the reader is slow. ERR_FULL: hang up. */
MUST_CHECK enum err conn_put(struct conn *c, char *line, bool droppable);
MUST_CHECK enum err conn_write(struct conn *c); /* what the socket takes now; ERR_IO */
bool conn_wants_write(const struct conn *c);
unsigned long conn_take_lost(struct conn *c); /* how many were lost, told once the queue is short again; else 0 */
