/* Lines over a socket, in any pieces: each line that was sent comes out, as it was, in its order, and no line is longer
 * than may be. Each first byte says how much is sent before it is read. */
#include "api/conn.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define LINE_MAX 4096

static void must(bool b)
{
    if (!b)
        abort();
}

/* Reads what is there; what came out is a part of what was sent, without the newline. */
static bool read_lines(struct conn *c, const char *sent, size_t n_sent, size_t *done)
{
    const char *line;
    size_t len;
    enum err e = conn_read(c);
    must(e == OK || e == ERR_FULL);
    while (conn_next_line(c, &line, &len)) {
        must(*done + len < n_sent && sent[*done + len] == '\n' && !memchr(line, '\n', len));
        must(memcmp(line, sent + *done, len) == 0);
        *done += len + 1;
    }
    return e == OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct conn *c = NULL;
    int fds[2];
    size_t sent = 0, done = 0;
    bool good = true;
    char *all = malloc(len + 1);
    must(all && socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0 && conn_new(fds[0], LINE_MAX, &c) == OK);
    while (len > 1 && good) {
        size_t n = 1 + data[0] * 4u;
        n = n < len - 1 ? n : len - 1;
        memcpy(all + sent, data + 1, n);
        must(write(fds[1], data + 1, n) == (ssize_t)n);
        sent += n;
        data += n + 1;
        len -= n + 1;
        good = read_lines(c, all, sent, &done);
    }
    const char *rest = sent > done ? memchr(all + done, '\n', sent - done) : NULL;
    must(!good || !rest); /* nothing that is whole was kept back */
    conn_free(c);
    close(fds[1]);
    free(all);
    return 0;
}
