/* control_link.h: one participant's connection to the control process, as a documented client has it: a WebSocket that
 * speaks Socket.IO. Plain TCP. One thread; the owner waits for control_link_fd() and reads. */
#pragma once
#include "loadtest/signal.h"
#include "net/addr.h"
#include "common/err.h"

#include <stdbool.h>

struct control_link;

struct control_link_config {
    struct addr peer;
    const char *host;           /* for the Host header; borrowed for the call */
    const char *meeting, *name; /* borrowed, outlive the link */
    const char *admin_token;    /* likewise; NULL: no host */
    unsigned max_participants;  /* what a host sets */
    uint64_t tag;               /* comes back in signals */
    uint64_t random;
};

MUST_CHECK enum err control_link_open(const struct control_link_config *cfg, struct control_link **link);
void control_link_close(struct control_link *link);
int control_link_fd(const struct control_link *link);
bool control_link_wants_write(const struct control_link *link);

void control_link_offer(struct control_link *link, bool audio, bool video, struct bytes sdp); /* after SIGNAL_READY */
void control_link_read(struct control_link *link); /* then control_link_next() until it says no */
void control_link_flush(struct control_link *link);
bool control_link_next(struct control_link *link, struct signal *signal); /* the caller resets it */
