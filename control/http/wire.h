/* wire.h: one TCP or TLS connection's bytes, on libwebsockets. Knows no HTTP. wire.c is the only file that sees
 * libwebsockets. Events come on the loop thread, and none comes from inside a call of these functions but
 * wire_server_free(). */
#pragma once
#include "common/bytes.h"
#include "common/err.h"
#include "common/log.h"
#include "loop/loop.h"

struct wire_server;
struct wire;

struct wire_config {
    const char *tls_cert_file,
        *tls_key_file; /* NULL: plain TCP. Looked at every minute, and read again when they change */
    const struct log *log;
    void (*received)(void *owner, struct bytes in);
    void (*writable)(void *owner); /* after wire_want_write(), and once wire_is_clear() again */
    void (*closed)(void *owner);   /* always comes, once; the wire is no more */
};

MUST_CHECK enum err wire_server_new(const struct wire_config *cfg, struct loop *loop, struct wire_server **server);
void wire_server_free(struct wire_server *server); /* closes what is open: closed() for each */

/* Takes fd, a connected non-blocking socket, also on failure (it is closed then; closed() doesn't come). */
MUST_CHECK enum err wire_adopt(struct wire_server *server, int fd, void *owner, struct wire **wire);

#define WIRE_WRITE_MAX 65536
void wire_want_write(struct wire *w);
bool wire_is_clear(const struct wire *w); /* all that was written has left our memory, and more may be */
/* When wire_is_clear() only: fill what wire_buffer() gives (WIRE_WRITE_MAX bytes), then send len of them. */
uint8_t *wire_buffer(struct wire *w);
void wire_write(struct wire *w, size_t len);
void wire_pause(struct wire *w, bool paused); /* paused: nothing is read, and a client that leaves isn't noticed */
void wire_half_close(struct wire *w);         /* FIN; what comes is still received. TLS knows no half: it closes */
void wire_close(struct wire *w);              /* at once, but closed() comes later */

/* Sec-WebSocket-Accept of Sec-WebSocket-Key (RFC 6455 4.2.2): 28 characters and a NUL. */
void wire_accept_key(struct bytes key, char out[32]);
