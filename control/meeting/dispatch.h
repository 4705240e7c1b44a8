/* dispatch.h: one table of verbs: for each who may say it, its handler, what it carries, and at what rate. Inside this
 * folder: meetings hand their events over, the registry takes from a socket's token buckets (plain values, µs) before.
 * Pure: owns nothing. */
#pragma once
#include "common/usec.h"
#include "meeting/meeting_priv.h"

enum rate_kind {
    RATE_JOIN,   /* attempts to come in: also what guesses tokens */
    RATE_SIGNAL, /* offers, answers, candidates: a mesh of ten starts with hundreds */
    RATE_OFFER,  /* offers to the media server, which take it and us milliseconds each */
    RATE_STATE,  /* mute, hand, captions, views */
    RATE_TALK,   /* chat and reactions */
    RATE_HOST,   /* host actions */
    RATE_EXCESS, /* refusals: when this one is empty too, the socket is closed */
    RATE_KINDS,
};

struct rates {
    usec_t full_at[RATE_KINDS]; /* when each bucket is full again; the past: it is full */
};

/* Takes one; false: there is none. A zeroed struct has full buckets, of so many people together (at least 1). */
bool rate_take(struct rates *r, enum rate_kind kind, usec_t now, unsigned people);

void dispatch_client(struct meeting *m, struct moment now, const struct meeting_event *ev, struct effects *fx);
void dispatch_command(struct meeting *m, struct moment now, const struct meeting_event *ev, struct effects *fx);

void dispatch_trim(const struct meeting_verb *verb, json_t *payload); /* ids and tokens lose the spaces around them */
enum rate_kind dispatch_rate(const struct meeting_event *ev);         /* of an unknown event: RATE_STATE */
bool dispatch_enters(const struct meeting_verb *verb);                /* an event of who is in no meeting yet */
const char *dispatch_name(size_t i);                                  /* all names, for tests; NULL past the last */
