/* dtls.c: one association over OpenSSL: its datagrams, flight timer, events and keys. */
#include "dtls/dtls.h"

#include "dtls/dtls_priv.h"

#include <openssl/srtp.h>
#include <stdlib.h>

#define PROFILES    "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80"
#define LABEL       "EXTRACTOR-dtls_srtp"
#define LAST_FLIGHT 4 /* datagrams: OpenSSL packs a flight of ours into one or two */

/* What a handshake needs and what goes away with dtls_release(). */
struct dtls_conn {
    SSL *ssl;
    struct dtls_wire wire;
    struct dtls_fingerprint peer;
    /* our last handshake flight, to be sent again until the peer answers */
    unsigned n_flight;
    uint16_t flight_len[LAST_FLIGHT];
    uint8_t flight[LAST_FLIGHT][DTLS_DATAGRAM_CAP];
    struct bytes app;
    uint8_t app_data[DTLS_APP_CAP];
};

struct dtls {
    enum dtls_state state;
    enum dtls_role role;
    bool keep_open, has_keys;
    usec_t resend_at, interval; /* of the flight timer; USEC_NEVER: nothing to send again */
    usec_t answered;            /* when we last sent our last flight again, being asked */
    usec_t ends_at;             /* handshaking: gives up; open: lets go of conn; USEC_NEVER */
    uint64_t n_ignored;
    struct dtls_keys keys;
    struct dtls_conn *conn;
};

/* OpenSSL's own flight timer, in step with ours: 0 asks for the first interval, else the next is wanted. */
static unsigned timer_next(SSL *ssl, unsigned us)
{
    (void)ssl;
    if (us == 0)
        return (unsigned)DTLS_TIMER_START;
    return us < DTLS_TIMER_MAX / 2 ? us * 2 : (unsigned)DTLS_TIMER_MAX;
}

static void dtls_conn_free(struct dtls_conn *c)
{
    if (!c)
        return;
    SSL_free(c->ssl);
    OPENSSL_clear_free(c, sizeof(*c));
}

static enum err dtls_conn_new(const struct dtls_config *cfg, struct dtls_conn **out)
{
    enum err e = ERR_NOMEM;
    struct dtls_conn *c = OPENSSL_zalloc(sizeof(*c));
    if (!c)
        return e;
    c->peer = cfg->peer;
    c->ssl = SSL_new(dtls_identity_ctx(cfg->identity));
    BIO *bio = c->ssl ? BIO_new(dtls_identity_bio(cfg->identity)) : NULL;
    if (!bio)
        goto out;
    BIO_set_data(bio, &c->wire);
    SSL_set_bio(c->ssl, bio, bio);
    SSL_set_app_data(c->ssl, &c->peer);
    SSL_set_mtu(c->ssl, DTLS_DATAGRAM_CAP);
    DTLS_set_timer_cb(c->ssl, timer_next);
    e = ERR_SYNTAX;
    if (SSL_set_tlsext_use_srtp(c->ssl, cfg->profiles ? cfg->profiles : PROFILES) != 0) /* 0 is its success */
        goto out;
    if (cfg->role == DTLS_CLIENT)
        SSL_set_connect_state(c->ssl);
    else
        SSL_set_accept_state(c->ssl);
    *out = c;
    c = NULL;
    e = OK;
out:
    dtls_conn_free(c);
    ERR_clear_error();
    return e;
}

enum err dtls_new(const struct dtls_config *cfg, struct dtls **out)
{
    struct dtls *d = calloc(1, sizeof(*d));
    if (!d)
        return ERR_NOMEM;
    d->role = cfg->role;
    d->keep_open = cfg->keep_open;
    d->resend_at = d->ends_at = USEC_NEVER;
    enum err e = dtls_conn_new(cfg, &d->conn);
    if (e) {
        free(d);
        return e;
    }
    *out = d;
    return OK;
}

void dtls_free(struct dtls *d)
{
    if (!d)
        return;
    dtls_conn_free(d->conn);
    OPENSSL_cleanse(d, sizeof(*d));
    free(d);
}

void dtls_release(struct dtls *d)
{
    dtls_conn_free(d->conn);
    d->conn = NULL;
    d->resend_at = d->ends_at = USEC_NEVER;
}

static void wire_open(struct dtls *d, struct bytes in, struct dtls_flight *out)
{
    d->conn->wire = (struct dtls_wire){
        .in = in, .out = out->data, .out_len = out->len, .n_out = out->n_datagrams, .out_cap = DTLS_FLIGHT_DATAGRAMS};
}

/* Whatever OpenSSL wrote since wire_open() is in `out`; nothing of the caller's stays in the BIO. */
static unsigned wire_close(struct dtls *d, struct dtls_flight *out)
{
    unsigned n_written = d->conn->wire.n_out - out->n_datagrams;
    out->n_datagrams = d->conn->wire.n_out;
    d->conn->wire = (struct dtls_wire){0};
    ERR_clear_error();
    return n_written;
}

static void flight_keep(struct dtls_conn *c, const struct dtls_flight *out, unsigned n_new)
{
    c->n_flight = 0;
    for (unsigned i = out->n_datagrams - n_new; i < out->n_datagrams && c->n_flight < LAST_FLIGHT; i++) {
        memcpy(c->flight[c->n_flight], out->data[i], out->len[i]);
        c->flight_len[c->n_flight++] = out->len[i];
    }
}

static void flight_repeat(struct dtls *d, struct dtls_flight *out)
{
    const struct dtls_conn *c = d->conn;
    for (unsigned i = 0; i < c->n_flight && out->n_datagrams < DTLS_FLIGHT_DATAGRAMS; i++) {
        memcpy(out->data[out->n_datagrams], c->flight[i], c->flight_len[i]);
        out->len[out->n_datagrams++] = c->flight_len[i];
    }
}

/* As RFC 6347 4.2.4 wants it, in new records, if OpenSSL's clock agrees that it is time; else the same ones again. */
static void flight_resend(struct dtls *d, struct dtls_flight *out)
{
    wire_open(d, bytes_of(NULL, 0), out);
    (void)DTLSv1_handle_timeout(d->conn->ssl);
    unsigned n_new = wire_close(d, out);
    if (n_new)
        flight_keep(d->conn, out, n_new);
    else
        flight_repeat(d, out);
}

static void ended(struct dtls *d, enum dtls_state state)
{
    d->state = state;
    dtls_release(d);
}

static bool suite_of(const SRTP_PROTECTION_PROFILE *profile, enum srtpkey_suite *suite)
{
    static const struct {
        unsigned long id;
        enum srtpkey_suite suite;
    } known[] = {
        {SRTP_AEAD_AES_128_GCM, SRTPKEY_GCM_128},
        {SRTP_AEAD_AES_256_GCM, SRTPKEY_GCM_256},
        {SRTP_AES128_CM_SHA1_80, SRTPKEY_CM_SHA1_80},
    };
    for (unsigned i = 0; profile && i < ARRAY_LEN(known); i++)
        if (known[i].id == profile->id) {
            *suite = known[i].suite;
            return true;
        }
    return false;
}

/* RFC 5764 4.2: client key, server key, client salt, server salt. */
static bool keys_export(struct dtls *d)
{
    struct dtls_keys *k = &d->keys;
    enum srtpkey_suite suite;
    if (!suite_of(SSL_get_selected_srtp_profile(d->conn->ssl), &suite))
        return false;
    uint8_t material[2 * (sizeof k->local.key + sizeof k->local.salt)];
    size_t key_len = srtpkey_len(suite), salt_len = srtpkey_salt_len(suite), len = 2 * (key_len + salt_len);
    if (SSL_export_keying_material(d->conn->ssl, material, len, LABEL, sizeof(LABEL) - 1, NULL, 0, 0) != 1)
        return false;
    bool client = d->role == DTLS_CLIENT;
    struct srtpkey *first = client ? &k->local : &k->remote, *second = client ? &k->remote : &k->local;
    struct rd r = rd_of(bytes_of(material, len));
    first->suite = second->suite = suite;
    memcpy(first->key, rd_bytes(&r, key_len).p, key_len);
    memcpy(second->key, rd_bytes(&r, key_len).p, key_len);
    memcpy(first->salt, rd_bytes(&r, salt_len).p, salt_len);
    memcpy(second->salt, rd_bytes(&r, salt_len).p, salt_len);
    OPENSSL_cleanse(material, sizeof(material));
    return !r.bad;
}

static enum dtls_event opened(struct dtls *d, usec_t now)
{
    /* the fingerprint was verified in the handshake; this says that it can't have been skipped */
    if (SSL_get_verify_result(d->conn->ssl) != X509_V_OK || !keys_export(d)) {
        OPENSSL_cleanse(&d->keys, sizeof(d->keys));
        ended(d, DTLS_FAILED);
        return DTLS_ENDED;
    }
    d->has_keys = true;
    d->state = DTLS_OPEN;
    d->resend_at = USEC_NEVER;
    d->ends_at = d->keep_open ? USEC_NEVER : now + DTLS_LINGER;
    return DTLS_KEYS;
}

static enum dtls_event handshake_step(struct dtls *d, usec_t now, struct bytes in, struct dtls_flight *out)
{
    if (d->state == DTLS_NEW) {
        d->state = DTLS_HANDSHAKE;
        d->ends_at = now + DTLS_TIMEOUT;
    }
    wire_open(d, in, out);
    int ret = SSL_do_handshake(d->conn->ssl);
    int why = SSL_get_error(d->conn->ssl, ret);
    unsigned n_new = wire_close(d, out);
    if (n_new) {
        flight_keep(d->conn, out, n_new);
        d->interval = DTLS_TIMER_START;
        d->resend_at = now + d->interval;
    }
    if (ret == 1)
        return opened(d, now);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
        if (in.p && !n_new)
            d->n_ignored++;
        return DTLS_NOTHING;
    }
    ended(d, DTLS_FAILED);
    return DTLS_ENDED;
}

/* A handshake record after the end: the client hasn't got our last flight. OpenSSL answers it if its records are new
 * ones; if they are the old ones again, it takes them for replayed, and we answer, now and then. */
static void last_flight_answer(struct dtls *d, usec_t now, struct bytes in, struct dtls_flight *out)
{
    enum { CONTENT_HANDSHAKE = 22 };
    if (d->role != DTLS_SERVER || in.len == 0 || in.p[0] != CONTENT_HANDSHAKE || now < d->answered + DTLS_TIMER_START)
        return;
    d->answered = now;
    flight_repeat(d, out);
}

/* After the handshake: application data, close_notify, or the peer's last flight once more. */
static enum dtls_event app_step(struct dtls *d, usec_t now, struct bytes in, struct dtls_flight *out)
{
    struct dtls_conn *c = d->conn;
    wire_open(d, in, out);
    int ret = SSL_read(c->ssl, c->app_data, sizeof(c->app_data));
    int why = SSL_get_error(c->ssl, ret);
    unsigned n_new = wire_close(d, out);
    if (ret > 0) {
        c->app = bytes_of(c->app_data, (size_t)ret);
        return DTLS_APP_DATA;
    }
    if (why == SSL_ERROR_ZERO_RETURN) {
        ended(d, DTLS_CLOSED);
        return DTLS_ENDED;
    }
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
        if (!n_new)
            last_flight_answer(d, now, in, out);
        return DTLS_NOTHING;
    }
    d->n_ignored++;
    if (SSL_get_shutdown(c->ssl) || d->keep_open) { /* a fatal alert, or data that can't go on */
        ended(d, DTLS_CLOSED);
        return DTLS_ENDED;
    }
    dtls_release(d); /* the keys are good all the same */
    return DTLS_NOTHING;
}

enum dtls_event dtls_start(struct dtls *d, usec_t now, struct dtls_flight *out)
{
    if (d->role != DTLS_CLIENT || d->state != DTLS_NEW)
        return DTLS_NOTHING;
    return handshake_step(d, now, bytes_of(NULL, 0), out);
}

/* RFC 6347 4.1: is each record of the datagram one that belongs into a handshake? Before the keys anybody may have
 * written an unsealed alert, which would end it, and data that nobody could open. */
static bool is_of_handshake(struct bytes in)
{
    enum { CHANGE_CIPHER_SPEC = 20, HANDSHAKE = 22 };
    struct rd r = rd_of(in);
    while (rd_left(&r)) {
        uint8_t type = rd_u8(&r);
        rd_skip(&r, 2);
        bool sealed = rd_u16(&r) > 0; /* epoch */
        rd_skip(&r, 6);
        rd_skip(&r, rd_u16(&r));
        if (r.bad || (!sealed && type != HANDSHAKE && type != CHANGE_CIPHER_SPEC))
            return false;
    }
    return true;
}

enum dtls_event dtls_recv(struct dtls *d, usec_t now, struct bytes in, struct dtls_flight *out)
{
    bool early = d->state == DTLS_NEW && d->role == DTLS_CLIENT;
    if (!d->conn || in.len == 0 || early || (d->state != DTLS_OPEN && !is_of_handshake(in))) {
        d->n_ignored++;
        return DTLS_NOTHING;
    }
    d->conn->app = bytes_of(NULL, 0);
    if (d->state == DTLS_OPEN)
        return app_step(d, now, in, out);
    return handshake_step(d, now, in, out);
}

enum dtls_event dtls_next_event(struct dtls *d, usec_t now, struct dtls_flight *out)
{
    if (!d->conn || d->state != DTLS_OPEN)
        return DTLS_NOTHING;
    return app_step(d, now, bytes_of(NULL, 0), out);
}

struct bytes dtls_app_data(const struct dtls *d)
{
    return d->conn ? d->conn->app : bytes_of(NULL, 0);
}

enum dtls_event dtls_tick(struct dtls *d, usec_t now, struct dtls_flight *out)
{
    if (now >= d->ends_at) {
        bool open = d->state == DTLS_OPEN;
        if (open)
            dtls_release(d);
        else
            ended(d, DTLS_FAILED);
        return open ? DTLS_NOTHING : DTLS_ENDED;
    }
    if (now < d->resend_at)
        return DTLS_NOTHING;
    flight_resend(d, out);
    d->interval = d->interval < DTLS_TIMER_MAX / 2 ? d->interval * 2 : DTLS_TIMER_MAX;
    d->resend_at = now + d->interval;
    return DTLS_NOTHING;
}

usec_t dtls_deadline(const struct dtls *d)
{
    return d->resend_at < d->ends_at ? d->resend_at : d->ends_at;
}

enum err dtls_send(struct dtls *d, struct bytes app, struct dtls_flight *out)
{
    if (!d->conn || d->state != DTLS_OPEN)
        return ERR_STATE;
    if (app.len == 0 || app.len > DTLS_APP_CAP || out->n_datagrams == DTLS_FLIGHT_DATAGRAMS)
        return ERR_FULL;
    wire_open(d, bytes_of(NULL, 0), out);
    int ret = SSL_write(d->conn->ssl, app.p, (int)app.len);
    return wire_close(d, out) == 1 && ret > 0 ? OK : ERR_FULL;
}

void dtls_close(struct dtls *d, struct dtls_flight *out)
{
    if (d->conn && d->state == DTLS_OPEN) {
        wire_open(d, bytes_of(NULL, 0), out);
        (void)SSL_shutdown(d->conn->ssl);
        (void)wire_close(d, out);
    }
    ended(d, DTLS_CLOSED);
}

enum dtls_state dtls_state(const struct dtls *d)
{
    return d->state;
}

const struct dtls_keys *dtls_keys(const struct dtls *d)
{
    return d->has_keys ? &d->keys : NULL;
}

void dtls_forget_keys(struct dtls *d)
{
    OPENSSL_cleanse(&d->keys, sizeof(d->keys));
    d->has_keys = false;
}

uint64_t dtls_n_ignored(const struct dtls *d)
{
    return d->n_ignored;
}
