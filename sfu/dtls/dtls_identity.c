/* dtls_identity.c: our certificate, and what OpenSSL shares among connections: context, BIO, the check of a peer. */
#include "dtls/dtls_identity.h"

#include "common/text.h"
#include "dtls/dtls.h"
#include "dtls/dtls_priv.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdatomic.h>
#include <stdlib.h>

#define CERT_DAYS    30
#define SECS_PER_DAY 86400
#define CERT_MAX     8192 /* bytes of a peer's certificate chain */

struct dtls_identity {
    atomic_uint n_refs;
    usec_t made; /* wall */
    SSL_CTX *ctx;
    BIO_METHOD *bio;
    struct dtls_fingerprint digest;
    char text[DTLS_FINGERPRINT_CAP];
};

static const EVP_MD *hash_md(enum dtls_hash hash)
{
    switch (hash) {
    case DTLS_SHA256:
        return EVP_sha256();
    case DTLS_SHA384:
        return EVP_sha384();
    case DTLS_SHA512:
        return EVP_sha512();
    }
    return NULL;
}

enum err dtls_fingerprint_set(struct dtls_fingerprint *f, struct bytes hash, struct bytes digest)
{
    static const char *const names[] = {
        [DTLS_SHA256] = "sha-256", [DTLS_SHA384] = "sha-384", [DTLS_SHA512] = "sha-512"};
    unsigned i = 0;
    while (i < ARRAY_LEN(names) && !text_is_nocase(hash, names[i]))
        i++;
    if (i == ARRAY_LEN(names))
        return ERR_UNSUPPORTED;
    if (digest.len != (size_t)EVP_MD_get_size(hash_md((enum dtls_hash)i)))
        return ERR_SYNTAX;
    *f = (struct dtls_fingerprint){.hash = (enum dtls_hash)i, .len = (uint8_t)digest.len};
    memcpy(f->digest, digest.p, digest.len);
    return OK;
}

bool dtls_fingerprint_eq(const struct dtls_fingerprint *a, const struct dtls_fingerprint *b)
{
    return a->hash == b->hash && a->len == b->len && memcmp(a->digest, b->digest, a->len) == 0;
}

bool dtls_certificate_fits(const X509 *cert, const struct dtls_fingerprint *expected)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (!cert || !expected || !X509_digest(cert, hash_md(expected->hash), digest, &len))
        return false;
    return len == expected->len && CRYPTO_memcmp(digest, expected->digest, len) == 0;
}

/* In place of a chain of trust: the certificate must be the one the SDP spoke of (RFC 5763 5). Before any key is made.
 */
static int verify_peer(X509_STORE_CTX *store, void *unused)
{
    (void)unused;
    const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    if (dtls_certificate_fits(X509_STORE_CTX_get0_cert(store), SSL_get_app_data(ssl)))
        return 1;
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    return 0;
}

static int wire_read(BIO *bio, char *p, int cap)
{
    struct dtls_wire *w = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (!w || !w->in.p) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t n = w->in.len < (size_t)cap ? w->in.len : (size_t)cap; /* a datagram: what doesn't fit is lost */
    memcpy(p, w->in.p, n);
    w->in = bytes_of(NULL, 0);
    return (int)n;
}

static int wire_write(BIO *bio, const char *p, int len)
{
    struct dtls_wire *w = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (w && w->n_out < w->out_cap && len <= DTLS_DATAGRAM_CAP) {
        memcpy(w->out[w->n_out], p, (size_t)len);
        w->out_len[w->n_out++] = (uint16_t)len;
    }
    return len; /* a network may lose it too */
}

static long wire_ctrl(BIO *bio, int cmd, long arg, void *p)
{
    (void)bio, (void)arg, (void)p;
    switch (cmd) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_DGRAM_QUERY_MTU:
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
        return DTLS_DATAGRAM_CAP;
    default:
        return 0;
    }
}

static int wire_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

static enum err bio_make(struct dtls_identity *id)
{
    id->bio = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "dtls_wire");
    if (!id->bio || !BIO_meth_set_read(id->bio, wire_read) || !BIO_meth_set_write(id->bio, wire_write) ||
        !BIO_meth_set_ctrl(id->bio, wire_ctrl) || !BIO_meth_set_create(id->bio, wire_create))
        return ERR_NOMEM;
    return OK;
}

static bool certificate_fill(X509 *cert, EVP_PKEY *key, usec_t wall)
{
    static const unsigned char name[] = "onepizza";
    time_t from = (time_t)(wall / SEC) - SECS_PER_DAY, to = (time_t)(wall / SEC) + CERT_DAYS * (time_t)SECS_PER_DAY;
    X509_NAME *subject = X509_get_subject_name(cert);
    BIGNUM *serial = BN_new();
    bool ok = serial && BN_rand(serial, 63, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) &&
              BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(cert));
    BN_free(serial);
    return ok && X509_set_version(cert, X509_VERSION_3) && ASN1_TIME_set(X509_getm_notBefore(cert), from) &&
           ASN1_TIME_set(X509_getm_notAfter(cert), to) && X509_set_pubkey(cert, key) &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, name, -1, -1, 0) &&
           X509_set_issuer_name(cert, subject) && X509_sign(cert, key, EVP_sha256());
}

static enum err certificate_make(struct dtls_identity *id, usec_t wall)
{
    enum err e = ERR_NOMEM;
    unsigned len = 0;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    if (!key || !cert || !certificate_fill(cert, key, wall))
        goto out;
    if (!X509_digest(cert, EVP_sha256(), id->digest.digest, &len))
        goto out;
    id->digest.hash = DTLS_SHA256;
    id->digest.len = (uint8_t)len;
    if (SSL_CTX_use_certificate(id->ctx, cert) == 1 && SSL_CTX_use_PrivateKey(id->ctx, key) == 1)
        e = OK;
out:
    X509_free(cert);
    EVP_PKEY_free(key);
    return e;
}

static enum err ctx_make(struct dtls_identity *id)
{
    id->ctx = SSL_CTX_new(DTLS_method());
    if (!id->ctx)
        return ERR_NOMEM;
    SSL_CTX_set_options(id->ctx, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(id->ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(id->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(id->ctx, verify_peer, NULL);
    SSL_CTX_set_max_cert_list(id->ctx, CERT_MAX);
    if (!SSL_CTX_set_min_proto_version(id->ctx, DTLS1_2_VERSION) ||
        !SSL_CTX_set_cipher_list(id->ctx, "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES") ||
        !SSL_CTX_set1_groups_list(id->ctx, "X25519:P-256:P-384"))
        return ERR_NOMEM;
    return OK;
}

static void fingerprint_write(struct dtls_identity *id)
{
    static const char hex[] = "0123456789ABCDEF";
    char *p = id->text;
    for (unsigned i = 0; i < id->digest.len; i++) {
        *p++ = hex[id->digest.digest[i] >> 4];
        *p++ = hex[id->digest.digest[i] & 15];
        *p++ = ':';
    }
    p[-1] = '\0';
}

enum err dtls_identity_new(usec_t wall, struct dtls_identity **out)
{
    struct dtls_identity *id = calloc(1, sizeof(*id));
    if (!id)
        return ERR_NOMEM;
    atomic_init(&id->n_refs, 1);
    id->made = wall;
    enum err e = ctx_make(id);
    if (!e)
        e = bio_make(id);
    if (!e)
        e = certificate_make(id, wall);
    if (e)
        goto out;
    fingerprint_write(id);
    *out = id;
    id = NULL;
out:
    dtls_identity_unref(id);
    return e;
}

struct dtls_identity *dtls_identity_ref(struct dtls_identity *id)
{
    atomic_fetch_add_explicit(&id->n_refs, 1, memory_order_relaxed);
    return id;
}

bool dtls_identity_is_old(const struct dtls_identity *id, usec_t wall)
{
    const usec_t day = (usec_t)SECS_PER_DAY * SEC;
    return wall >= id->made + CERT_DAYS * 2 / 3 * day || wall < id->made - day;
}

void dtls_identity_unref(struct dtls_identity *id)
{
    if (!id || atomic_fetch_sub_explicit(&id->n_refs, 1, memory_order_acq_rel) > 1)
        return;
    SSL_CTX_free(id->ctx);
    BIO_meth_free(id->bio);
    free(id);
}

const char *dtls_identity_fingerprint(const struct dtls_identity *id)
{
    return id->text;
}

const struct dtls_fingerprint *dtls_identity_digest(const struct dtls_identity *id)
{
    return &id->digest;
}

SSL_CTX *dtls_identity_ctx(const struct dtls_identity *id)
{
    return id->ctx;
}

const BIO_METHOD *dtls_identity_bio(const struct dtls_identity *id)
{
    return id->bio;
}
