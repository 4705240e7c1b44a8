/* sfu_link.h: signalling straight to the media server, over its Unix socket (docs/sfu-socket.md). One connection for
 * all endpoints; requests are queued without bound on their number but STREAM_MAX bytes. One thread. */
#pragma once
#include "loadtest/signal.h"
#include "loadtest/stream.h"

#include <sys/types.h>

struct sfu_link;

#define SFU_LINK_MAX ((size_t)256 * 1024 * 1024)

struct sfu_link_who {
    const char *room, *participant;
    uint64_t tag; /* below 2^48; comes back in signals */
};

/* Connects and says hello. ERR_IO: nobody there; ERR_UNSUPPORTED: another protocol. */
MUST_CHECK enum err sfu_link_open(const char *path, struct sfu_link **link);
void sfu_link_close(struct sfu_link *link);
int sfu_link_fd(const struct sfu_link *link);
bool sfu_link_wants_write(const struct sfu_link *link);
pid_t sfu_link_pid(const struct sfu_link *link); /* the server's */
bool sfu_link_failed(const struct sfu_link *link);

/* tracks: what its sending m-lines are, microphone first ("0") and camera next. */
void sfu_link_offer(struct sfu_link *link, const struct sfu_link_who *who, bool audio, bool video, struct bytes sdp);
void sfu_link_leave(struct sfu_link *link, const struct sfu_link_who *who);
void sfu_link_close_room(struct sfu_link *link, const char *room);

void sfu_link_io(struct sfu_link *link);                          /* reads and writes what it can */
bool sfu_link_next(struct sfu_link *link, struct signal *signal); /* the caller resets it */
/* All requests but this many are answered. */
unsigned sfu_link_n_waiting(const struct sfu_link *link);
