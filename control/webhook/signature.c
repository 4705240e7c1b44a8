/* signature.c: X-Signature, and the secrets it is made with. */
#include "webhook/signature.h"

void signature_write(char out[SIGNATURE_CAP], const char *secret, struct bytes body)
{
    memcpy(out, "sha256=", 7);
    hmac_sha256_hex(out + 7, secret, strlen(secret), body.p, body.len);
}
