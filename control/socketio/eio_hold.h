/* eio_hold.h: how an Engine.IO server's sessions give way when others need what they hold. */
#pragma once
#include "shares/shares.h"
#include "socketio/eio.h"

/* For shares_register(): ends the oldest session of whose that isn't in use, or the one for which most waits. */
bool eio_displace(struct eio *e, usec_t now, enum share what, const struct holder *whose);
