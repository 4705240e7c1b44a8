/* dtls_identity.h: our certificate (self-signed ECDSA P-256) and what all DTLS connections under it share. Made in
 * memory; one per worker, or one per process: it is read-only after dtls_identity_new() and may be used by several
 * threads, since references are counted atomically, here and in OpenSSL. It must outlive its connections: who makes
 * some takes a reference. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"
#include "common/usec.h"

struct dtls_identity;

#define DTLS_DIGEST_MAX      64
#define DTLS_FINGERPRINT_CAP (3 * DTLS_DIGEST_MAX)

enum dtls_hash { DTLS_SHA256, DTLS_SHA384, DTLS_SHA512 };

/* a=fingerprint (RFC 8122 5), in bytes. */
struct dtls_fingerprint {
    enum dtls_hash hash;
    uint8_t digest[DTLS_DIGEST_MAX];
    uint8_t len;
};

/* wall: the time of day, for notBefore and notAfter (30 days on). Draws its randomness from OpenSSL. ERR_NOMEM. */
MUST_CHECK enum err dtls_identity_new(usec_t wall, struct dtls_identity **id);
struct dtls_identity *dtls_identity_ref(struct dtls_identity *id);      /* one more */
void dtls_identity_unref(struct dtls_identity *id);                     /* one less; the last one frees it */
bool dtls_identity_is_old(const struct dtls_identity *id, usec_t wall); /* two thirds of its time are over, or it hasn't
                                                                           begun (a clock was set): another is due */
const char *dtls_identity_fingerprint(const struct dtls_identity *id);  /* sha-256: "AB:CD:…", 95 characters */
const struct dtls_fingerprint *dtls_identity_digest(const struct dtls_identity *id); /* the same; for tests' peers */

/* hash: "sha-256", "sha-384" or "sha-512" in any case (ERR_UNSUPPORTED: sha-1, md5 and others), and a digest of just
 * that length (ERR_SYNTAX). */
MUST_CHECK enum err dtls_fingerprint_set(struct dtls_fingerprint *f, struct bytes hash, struct bytes digest);
bool dtls_fingerprint_eq(const struct dtls_fingerprint *a, const struct dtls_fingerprint *b);
