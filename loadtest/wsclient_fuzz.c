/* What a server might send: frames, and in them Engine.IO and Socket.IO. The answers to it must be answers. */
#include "loadtest/dialect.h"
#include "loadtest/wsclient.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool feed(struct dialect *d, struct bytes message)
{
    struct dialect_result r;
    if (dialect_recv(d, message, &r))
        return false;
    assert(!r.reply || (r.reply[0] >= '3' && r.reply[0] <= '4'));
    assert(!r.has_signal || r.signal.type != SIGNAL_ANSWER || r.signal.text.p);
    free(r.reply);
    if (r.has_signal)
        signal_reset(&r.signal);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wsclient c = {0};
    struct dialect d;
    struct wsclient_event e;
    size_t at = 0, used = 0, len;
    bool got = true;
    dialect_init(&d, "m", "n");
    (void)!wsclient_response(bytes_of(data, size), "dGhlIHNhbXBsZSBub25jZQ==", &len);
    while (got) {
        if (wsclient_read(&c, bytes_of(data + at, size - at), &used, &e, &got))
            break;
        assert(used <= size - at);
        assert(!got || used > 0);
        at += used;
        if (got && e.opcode == WSCLIENT_TEXT && !feed(&d, e.payload))
            break;
    }
    wsclient_reset(&c);
    return 0;
}
