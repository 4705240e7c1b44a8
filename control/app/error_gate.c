/* error_gate.c: windows of a second for each source, and budgets for what clients make up. */
#include "app/error_gate.h"
#include "common/text.h"

#include <stdio.h>
#include <string.h>

static void window_open(struct error_window *w, usec_t length, usec_t now)
{
    if (!w->n || now - w->began >= length)
        *w = (struct error_window){now, 0};
}

static bool window_take(struct error_window *w, usec_t length, unsigned max, usec_t now)
{
    window_open(w, length, now);
    if (w->n == max)
        return false;
    w->n++;
    return true;
}

bool error_gate_second(struct error_gate *g, enum error_source source, usec_t now)
{
    return window_take(&g->seconds[source], SEC, ERRORS_A_SECOND, now);
}

bool error_gate_socket(struct error_gate *g, uint64_t socket, usec_t now)
{
    size_t at = socket % ERROR_SOCKETS;
    if (g->sockets[at].socket != socket)
        g->sockets[at].minute = (struct error_window){0};
    g->sockets[at].socket = socket;
    return window_take(&g->sockets[at].minute, 60 * SEC, ERRORS_OF_A_SOCKET, now);
}

bool error_gate_text(struct error_gate *g, const char *type, const char *route, const char *message, usec_t now)
{
    char all[ERROR_ROUTE_CAP + ERROR_MESSAGE_CAP + 64], hash[DIGEST_HEX_CAP];
    snprintf(all, sizeof all, "%s\n%s\n%s", type, route, message);
    sha256_hex_of(hash, all);
    window_open(&g->hour, 3600 * SEC, now);
    for (unsigned i = 0; i < g->hour.n; i++)
        if (strcmp(g->texts[i], hash) == 0)
            return true;
    if (g->hour.n == ERROR_TEXTS)
        return false;
    memcpy(g->texts[g->hour.n++], hash, sizeof hash);
    return true;
}

void error_text(char *out, const char *text, size_t chars)
{
    text_clean(out, 4 * chars + 1, text, chars, "");
}
