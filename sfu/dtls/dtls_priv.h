/* dtls_priv.h: what dtls.c needs of an identity. */
#pragma once
#include "common/openssl.h"
#include "dtls/dtls.h"
#include "dtls/dtls_identity.h"

#include <openssl/ssl.h>

SSL_CTX *dtls_identity_ctx(const struct dtls_identity *id);
const BIO_METHOD *dtls_identity_bio(const struct dtls_identity *id);

/* What a connection's BIO reads from and writes to; it is the BIO's data. */
struct dtls_wire {
    struct bytes in; /* one datagram, not yet read; NULL: none */
    uint8_t (*out)[DTLS_DATAGRAM_CAP];
    uint16_t *out_len;
    unsigned n_out, out_cap;
};

/* Did the peer's certificate match? Asked by OpenSSL in the middle of the handshake: `expected` is the SSL's app data.
 */
bool dtls_certificate_fits(const X509 *cert, const struct dtls_fingerprint *expected);
