/* signal.h: what comes of signalling, whichever way it goes: over the media server's socket (sfu_link.h) or as a
 * documented client (control_link.h). */
#pragma once
#include "common/bytes.h"

#include <jansson.h>

enum signal_type {
    SIGNAL_READY,   /* control: joined the meeting; an offer may be sent */
    SIGNAL_ANSWER,  /* text: the SDP */
    SIGNAL_REFUSED, /* text: why */
    SIGNAL_CLOSED,  /* the server ended this participant; text: why */
    SIGNAL_RESTART, /* the server wants a new connection */
};

struct signal {
    enum signal_type type;
    uint64_t tag;      /* the endpoint's, as given when joining */
    struct bytes text; /* borrowed from json */
    json_t *json;      /* owned; may be NULL */
};

static inline void signal_reset(struct signal *s)
{
    json_decref(s->json);
    *s = (struct signal){0};
}
