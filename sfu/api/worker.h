/* worker.h: a worker thread: its UDP port, its packet pool, its clock, and its hub. The threads share nothing but
 * mailboxes and rings. */
#pragma once
#include "api/mailbox.h"
#include "room/hub.h"

#define WORKERS_MAX 64

struct workers;

struct workers_config {
    unsigned n_workers;
    uint16_t port;               /* of the first; 0: any */
    const struct addr *announce; /* addresses that clients are told, most preferred first; ports are filled in */
    unsigned n_announce;
    unsigned max_sessions, max_packets; /* each worker's */
    const struct log *log;
};

/* Opens the ports and starts the threads. to_control: where they say what happened; outlives them. ERR_IO: a port is
 * taken. */
MUST_CHECK enum err workers_start(const struct workers_config *cfg, struct mailbox *to_control,
                                  struct workers **workers);
void workers_stop(struct workers *w); /* says goodbye to every peer, joins the threads, frees */

unsigned workers_count(const struct workers *w);
uint16_t workers_port(const struct workers *w, unsigned i);
void workers_tell(struct workers *w, unsigned i, struct msg *m); /* takes m */
