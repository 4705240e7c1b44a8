#include "webhook/signature.h"
#include "common/random.h"

void signature_write(char out[SIGNATURE_CAP], const char *secret, struct bytes body)
{
    memcpy(out, "sha256=", 7);
    hmac_sha256_hex(out + 7, secret, strlen(secret), body.p, body.len);
}

void webhook_secret_draw(char out[WEBHOOK_SECRET_CAP])
{
    memcpy(out, "whsec_", 6);
    random_text(out + 6, WEBHOOK_SECRET_CAP - 7, RANDOM_HEX);
}
