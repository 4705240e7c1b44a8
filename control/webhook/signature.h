/* signature.h: how a receiver knows that a delivery is ours: "sha256=" and the HMAC-SHA256 (RFC 2104) of the exact body
 * with the webhook's own secret, in lower-case hex. Pure. */
#pragma once
#include "common/bytes.h"
#include "common/digest.h"

#define SIGNATURE_CAP (7 + DIGEST_HEX_CAP)

void signature_write(char out[SIGNATURE_CAP], const char *secret, struct bytes body);
