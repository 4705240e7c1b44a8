/* ice_peek.h: whose STUN message is this? Reads without any state or trust, so that a socket's first packet can be
 * given to a session by its ufrag (RFC 8445 7.2.2: USERNAME is "server_ufrag:client_ufrag"). */
#pragma once
#include "common/bytes.h"
#include "common/err.h"

#define ICE_STUN_HEADER 20

/* The part of USERNAME before the colon, borrowed from `in`. Only of Binding requests. ERR_SYNTAX, ERR_SHORT,
 * ERR_NOT_FOUND (no USERNAME). Nothing is verified. */
MUST_CHECK enum err ice_peek_username(struct bytes in, struct bytes *local_ufrag);
