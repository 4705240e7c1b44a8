/* wire.h: the UDP sockets of simulated participants: each has a connected one of its own, so that the server sees as
 * many addresses as with real ones. Bursts: UDP_SEGMENT out, UDP_GRO in. One struct wire is the buffers that all of
 * them share; one thread. */
#pragma once
#include "net/addr.h"
#include "net/outbox.h"

#include <stdbool.h>

#define WIRE_BATCH 8

struct wire;

MUST_CHECK enum err wire_new(struct wire **w); /* ERR_NOMEM */
void wire_free(struct wire *w);

/* A non-blocking socket connected to peer, or -1 (errno). The caller closes it. */
int wire_open(const struct addr *peer);

/* Sends all of the outbox over fd, whatever addresses are in it, and clears it. What the kernel refuses is counted. */
void wire_send(struct wire *w, int fd, struct outbox *out);
uint64_t wire_n_send_errors(const struct wire *w);

/* One batch of what waits on fd; then wire_next() gives one datagram after the other, borrowed (and writable) until the
 * next call. False: nothing waited. */
bool wire_receive(struct wire *w, int fd);
bool wire_next(struct wire *w, uint8_t **p, size_t *len);
bool wire_was_full(const struct wire *w); /* the batch: more may wait */
