/* dispatch.h: client events and commands find their handler. Inside this folder; the registry asks it for rates. */
#pragma once
#include "meeting/meeting_priv.h"
#include "meeting/rate.h"

void dispatch_client(struct meeting *m, struct moment now, const struct meeting_event *ev, struct effects *fx);
void dispatch_command(struct meeting *m, struct moment now, const struct meeting_event *ev, struct effects *fx);

enum rate_kind dispatch_rate(const char *name); /* of an unknown event: RATE_STATE */
bool dispatch_enters(const char *name);         /* an event of who is in no meeting yet */
const char *dispatch_name(size_t i);            /* all names, for tests; NULL past the last */
