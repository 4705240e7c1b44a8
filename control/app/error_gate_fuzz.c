/* What clients report as errors: any text is kept as text of bounded length, and no more different ones an hour, and
 * none of a socket a minute, than is said. The input is lines; the first byte of each is time and the socket. */
#include "app/error_gate.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define T0 (10000 * SEC)

static void must(bool b)
{
    if (!b)
        abort();
}

static void cut_is_good(const char *text, const char *out, size_t chars)
{
    size_t n = 0;
    for (const char *p = out; *p; p++) {
        must((unsigned char)*p >= ' ' && *p != 0x7f);
        n += ((unsigned char)*p & 0xc0) != 0x80;
    }
    must(n <= chars && strlen(out) <= strlen(text) && strlen(out) <= 4 * chars);
}

static void line(struct error_gate *g, usec_t *now, const char *text)
{
    static const char *const types[] = {"error.webrtc", "error.app"};
    char route[ERROR_ROUTE_CAP], message[ERROR_MESSAGE_CAP];
    unsigned char first = (unsigned char)text[0];
    *now += (usec_t)(first >> 3) * (first & 4 ? 60 * SEC : 10 * MSEC);
    error_text(route, text + 1, ERROR_ROUTE_CHARS);
    error_text(message, text + 1, ERROR_MESSAGE_CHARS);
    cut_is_good(text + 1, route, ERROR_ROUTE_CHARS);
    cut_is_good(text + 1, message, ERROR_MESSAGE_CHARS);
    unsigned taken = 0;
    for (unsigned i = 0; i < ERRORS_OF_A_SOCKET + 1; i++)
        taken += error_gate_socket(g, 1u + (first & 3), *now);
    must(taken <= ERRORS_OF_A_SOCKET);
    if (error_gate_text(g, types[first & 1], route, message, *now))
        must(error_gate_text(g, types[first & 1], route, message, *now)); /* it is among them now */
    else
        must(g->hour.n == ERROR_TEXTS);
    must(g->hour.n <= ERROR_TEXTS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct error_gate g;
    memset(&g, 0, sizeof g);
    usec_t now = T0;
    char *text = malloc(len + 1);
    must(text != NULL);
    if (len)
        memcpy(text, data, len);
    text[len] = '\0';
    for (char *p = text, *end; p; p = end ? end + 1 : NULL) {
        end = strchr(p, '\n');
        if (end)
            *end = '\0';
        if (*p && text_is_utf8(bytes_str(p + 1)))
            line(&g, &now, p);
    }
    free(text);
    return 0;
}
