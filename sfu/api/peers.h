/* peers.h: who is connected to the Unix socket. There are few places, and everybody of our own user may connect, so a
 * place is for those who speak: who doesn't say hello in time loses it, and when all are taken a new connection gets
 * that of somebody who hasn't yet, or else of who has said nothing for longest. On the main thread. */
#pragma once
#include "api/conn.h"
#include "common/log.h"
#include "common/usec.h"

#include <stdint.h>

#define PEERS_MAX          16
#define PEERS_HELLO_WITHIN (5 * SEC)
#define PEERS_MAY_BE_IDLE  (60 * SEC) /* who said hello, while others want the place; control asks every second */

struct peer {
    struct conn *conn; /* NULL: a free place */
    uint64_t generation;
    usec_t since, heard_at;
    unsigned n_gathering; /* of its requests, those that wait for all workers */
    bool greeted;
};

struct peers {
    struct peer all[PEERS_MAX];
    uint64_t generation;
    int epoll; /* borrowed: their descriptors are in it */
    const struct log *log;
};

void peers_reset(struct peers *ps);
void peers_add(struct peers *ps, usec_t now, int fd); /* takes fd, and closes it if there is no place */
void peers_hang_up(struct peers *ps, struct peer *p, const char *why);
void peers_expire(struct peers *ps, usec_t now);

/* line is taken. One who is too slow to be told is hung up on. */
void peers_say(struct peers *ps, struct peer *p, char *line, bool droppable);
void peers_write(struct peers *ps); /* what the sockets take now */
