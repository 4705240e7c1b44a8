/* dtls.h: one session's DTLS-SRTP association (RFC 5763, RFC 5764): handshake, verification of the peer's certificate
 * against the SDP's fingerprint, SRTP keys, and application data for SCTP. DTLS 1.2. Bytes and time in, bytes and
 * events out; one per session, on its worker.
 *
 * Time: the flight timer is ours: 50 ms, then twice as long each time. OpenSSL writes a flight anew only if the wall
 * clock (which it reads itself, gettimeofday) agrees that the time has come; where it doesn't, as in a simulation, the
 * last flight's datagrams are sent again as they were.
 *
 * Memory: what a handshake needs (≈ 75 kB) hangs off the struct and goes away DTLS_LINGER after the keys are there,
 * unless keep_open says that application data will be wanted. Until then a peer that lost our last flight gets it
 * again. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"
#include "common/usec.h"
#include "dtls/dtls_identity.h"
#include "srtp/srtpkey.h"

struct dtls;

#define DTLS_DATAGRAM_CAP     1200
#define DTLS_FLIGHT_DATAGRAMS 8
#define DTLS_TIMER_START      (50 * MSEC)
#define DTLS_TIMER_MAX        (6 * SEC)  /* OpenSSL gives up after 12 repetitions: more than fit in DTLS_TIMEOUT */
#define DTLS_TIMEOUT          (30 * SEC) /* from the first datagram or dtls_start(): then the handshake has failed */
#define DTLS_LINGER           (8 * SEC)
#define DTLS_APP_CAP          2048

enum dtls_role { DTLS_SERVER, DTLS_CLIENT }; /* a=setup:passive, active */

enum dtls_state {
    DTLS_NEW, /* nothing was sent or heard */
    DTLS_HANDSHAKE,
    DTLS_OPEN,   /* dtls_keys() has keys */
    DTLS_CLOSED, /* the peer said close_notify, or dtls_close() */
    DTLS_FAILED, /* no keys, ever */
};

/* RFC 5764 4.2. `local` is what we seal with. */
struct dtls_keys {
    struct srtpkey local, remote;
};

/* What is to be sent, in order. Full: the rest is lost, as on a network, and comes again with the timer. */
struct dtls_flight {
    unsigned n_datagrams;
    uint16_t len[DTLS_FLIGHT_DATAGRAMS];
    uint8_t data[DTLS_FLIGHT_DATAGRAMS][DTLS_DATAGRAM_CAP];
};

enum dtls_event {
    DTLS_NOTHING,
    DTLS_KEYS,     /* the handshake is done and the peer is who the SDP says: take dtls_keys() */
    DTLS_APP_DATA, /* dtls_app_data() has bytes */
    DTLS_ENDED,    /* state is DTLS_CLOSED or DTLS_FAILED */
};

struct dtls_config {
    const struct dtls_identity *identity; /* borrowed, outlives the connection */
    enum dtls_role role;
    struct dtls_fingerprint peer; /* from the SDP */
    bool keep_open;               /* application data (SCTP) will follow; waits for data channels */
    const char *profiles;         /* NULL: all three, GCM first; else as for OpenSSL ("SRTP_AES128_CM_SHA1_80") */
};

MUST_CHECK enum err dtls_new(const struct dtls_config *cfg, struct dtls **d); /* ERR_NOMEM, ERR_SYNTAX (profiles) */
void dtls_free(struct dtls *d);

/* A client's first flight. The path must be known. A server waits for the peer; for it this does nothing. */
enum dtls_event dtls_start(struct dtls *d, usec_t now, struct dtls_flight *out);

/* A datagram came. `out` is appended to. A DTLS_KEYS datagram never carries application data; a later one may hold
 * several records: call dtls_next_event() until DTLS_NOTHING. Garbage is counted and ignored. */
enum dtls_event dtls_recv(struct dtls *d, usec_t now, struct bytes in, struct dtls_flight *out);
enum dtls_event dtls_next_event(struct dtls *d, usec_t now, struct dtls_flight *out);
struct bytes dtls_app_data(const struct dtls *d); /* one record; borrowed until the next call. Waits likewise */

enum dtls_event dtls_tick(struct dtls *d, usec_t now, struct dtls_flight *out); /* due at dtls_deadline() */
usec_t dtls_deadline(const struct dtls *d);

/* Waits for data channels. One record of at most DTLS_APP_CAP bytes that fits a datagram. ERR_STATE unless DTLS_OPEN
 * and not released. ERR_FULL. */
MUST_CHECK enum err dtls_send(struct dtls *d, struct bytes app, struct dtls_flight *out);

void dtls_close(struct dtls *d, struct dtls_flight *out); /* close_notify, once */
void dtls_release(struct dtls *d); /* frees the handshake's memory now; the keys stay until dtls_forget_keys() */

enum dtls_state dtls_state(const struct dtls *d);
const struct dtls_keys *dtls_keys(const struct dtls *d); /* NULL unless the handshake was completed */
void dtls_forget_keys(struct dtls *d);                   /* wipes them, once they were handed on */
uint64_t dtls_n_ignored(const struct dtls *d);           /* datagrams that were garbage, late or not for this state */
