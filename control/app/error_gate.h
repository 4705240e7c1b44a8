/* error_gate.h: which errors are stored as events. A server in trouble answers thousands of requests a second with the
 * same error, and a client may say what it likes: so a second's worth of each source is bounded, a socket has a
 * budget, and so have the different texts that clients make up, because each is a row of statistics.
 * A plain value; zeroed it is ready. Pure: the time is handed in. Loop thread only. */
#pragma once
#include "common/digest.h"
#include "common/usec.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ERRORS_A_SECOND    10 /* of each source */
#define ERRORS_OF_A_SOCKET 10 /* a minute */
#define ERROR_TEXTS        64 /* different ones of clients an hour */
#define ERROR_SOCKETS      1024

#define ERROR_ROUTE_CHARS   128 /* as the sums keep them (sql/migrations/0006_analytics.sql) */
#define ERROR_MESSAGE_CHARS 300
#define ERROR_ROUTE_CAP     (4 * ERROR_ROUTE_CHARS + 1)
#define ERROR_MESSAGE_CAP   (4 * ERROR_MESSAGE_CHARS + 1)

enum error_source { ERRORS_OF_API, ERRORS_OF_CLIENTS, ERROR_SOURCES };

struct error_window {
    usec_t began;
    unsigned n;
};

struct error_gate {
    struct error_window seconds[ERROR_SOURCES];
    struct {
        uint64_t socket;
        struct error_window minute;
    } sockets[ERROR_SOCKETS]; /* by the number's lowest bits: a second socket in a place begins a new minute */
    struct error_window hour;
    char texts[ERROR_TEXTS][DIGEST_HEX_CAP]; /* hour.n of them: SHA-256 */
};

/* Takes one of this second's; false: there is none left. */
bool error_gate_second(struct error_gate *g, enum error_source source, usec_t now);
/* Takes one of this socket's minute; socket: not 0. */
bool error_gate_socket(struct error_gate *g, uint64_t socket, usec_t now);
/* Whether these words are among this hour's, or there is room for them. */
bool error_gate_text(struct error_gate *g, const char *type, const char *route, const char *message, usec_t now);

/* Trimmed, control characters as spaces, cut at chars characters; out has room for 4 bytes of each, and a NUL. */
void error_text(char *out, const char *text, size_t chars);
