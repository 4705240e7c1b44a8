/* dialect.h: what a documented client and the server say to each other (Socket.IO 5 on Engine.IO 4), from joining a
 * meeting to the media server's answer; without IO. Text messages in; text messages to send and what happened come
 * back. One per participant. Owns nothing but small state. */
#pragma once
#include "common/err.h"
#include "loadtest/signal.h"

enum dialect_state {
    DIALECT_CONNECTING, /* awaits Engine.IO's open, then the namespace's sid */
    DIALECT_JOINING,    /* awaits joined */
    DIALECT_JOINED,
    DIALECT_OVER,
};

struct dialect {
    enum dialect_state state;
    const char *meeting, *name; /* borrowed */
    const char *admin_token;    /* borrowed; NULL: joins as anybody does */
    unsigned max_participants;  /* with admin_token: sets the meeting's bound */
    uint64_t next_ack;
};

/* At most one of each comes of a message. */
struct dialect_result {
    char *reply; /* to be sent: owned by the caller, who free()s it; NULL: nothing */
    bool has_signal;
    struct signal signal; /* its tag is the caller's to fill in */
};

void dialect_init(struct dialect *d, const char *meeting, const char *name);
/* ERR_SYNTAX: no message of this protocol; ERR_NOMEM. Unknown events are fine and nothing comes of them. */
MUST_CHECK enum err dialect_recv(struct dialect *d, struct bytes message, struct dialect_result *out);

/* Messages to send, malloc()ed; NULL without memory. */
char *dialect_tracks(struct dialect *d, bool audio, bool video); /* before the offer */
char *dialect_offer(struct dialect *d, struct bytes sdp);
char *dialect_leave(struct dialect *d);
