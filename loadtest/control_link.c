/* control_link.c: a participant's WebSocket to control: connects, upgrades, then speaks its dialect. */
#include "loadtest/control_link.h"

#include "common/openssl.h"
#include "loadtest/dialect.h"
#include "loadtest/stream.h"
#include "loadtest/wsclient.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TARGET      "/socket.io/?EIO=4&transport=websocket"
#define QUEUE_MAX   ((size_t)8 * 1024 * 1024)
#define REQUEST_CAP 1024

struct control_link {
    struct stream stream;
    struct wsclient ws;
    struct dialect dialect;
    char key[WSCLIENT_KEY_LEN + 1];
    bool upgraded, said_closed;
    uint64_t tag, random;
};

/* RFC 6455 5.3 wants masks that nobody foresees, for proxies' sake; there is none between us and the server under test.
 */
static uint32_t next_mask(struct control_link *link)
{
    link->random = link->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(link->random >> 32);
}

static void send_frame(struct control_link *link, enum wsclient_opcode opcode, struct bytes payload)
{
    uint8_t header[WSCLIENT_HEADER_CAP];
    uint32_t mask = next_mask(link);
    uint8_t *masked = malloc(payload.len ? payload.len : 1);
    if (!masked) {
        link->stream.failed = true;
        return;
    }
    if (payload.len)
        memcpy(masked, payload.p, payload.len);
    wsclient_mask(masked, payload.len, mask);
    stream_put(&link->stream, bytes_of(header, wsclient_header(header, opcode, payload.len, mask)));
    stream_put(&link->stream, bytes_of(masked, payload.len));
    free(masked);
}

/* text is freed. */
static void send_text(struct control_link *link, char *text)
{
    if (text)
        send_frame(link, WSCLIENT_TEXT, bytes_str(text));
    else
        link->stream.failed = true;
    free(text);
}

static int connect_to(const struct addr *peer)
{
    int fd = socket(peer->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, &peer->sa, addr_len(peer)) == 0 || errno == EINPROGRESS)
        return fd;
    close(fd);
    return -1;
}

enum err control_link_open(const struct control_link_config *cfg, struct control_link **out)
{
    uint8_t request[REQUEST_CAP];
    struct wr w = wr_of(request, sizeof request);
    struct control_link *link = calloc(1, sizeof *link);
    if (!link)
        return ERR_NOMEM;
    link->tag = cfg->tag;
    link->random = cfg->random;
    uint32_t nonce[4] = {next_mask(link), next_mask(link), next_mask(link), next_mask(link)};
    EVP_EncodeBlock((unsigned char *)link->key, (const unsigned char *)nonce, sizeof nonce);
    dialect_init(&link->dialect, cfg->meeting, cfg->name);
    link->dialect.admin_token = cfg->admin_token;
    link->dialect.max_participants = cfg->max_participants;
    stream_init(&link->stream, connect_to(&cfg->peer), QUEUE_MAX);
    enum err e = link->stream.fd < 0 ? ERR_IO : wsclient_request(cfg->host, TARGET, link->key, &w);
    if (e) {
        control_link_close(link);
        return e;
    }
    stream_put(&link->stream, bytes_of(request, wr_len(&w)));
    *out = link;
    return OK;
}

void control_link_close(struct control_link *link)
{
    if (!link)
        return;
    if (link->upgraded && !link->stream.failed) {
        if (link->dialect.state == DIALECT_JOINED)
            send_text(link, dialect_leave(&link->dialect));
        send_frame(link, WSCLIENT_CLOSE, BYTES_LIT("\x03\xe8")); /* 1000 */
        stream_flush(&link->stream);
    }
    stream_reset(&link->stream);
    wsclient_reset(&link->ws);
    free(link);
}

int control_link_fd(const struct control_link *link)
{
    return link->stream.fd;
}

bool control_link_wants_write(const struct control_link *link)
{
    return stream_wants_write(&link->stream);
}

void control_link_offer(struct control_link *link, bool audio, bool video, struct bytes sdp)
{
    if (audio || video)
        send_text(link, dialect_tracks(&link->dialect, audio, video));
    send_text(link, dialect_offer(&link->dialect, sdp));
}

void control_link_read(struct control_link *link)
{
    stream_read(&link->stream);
}

void control_link_flush(struct control_link *link)
{
    stream_flush(&link->stream);
}

static bool upgrade(struct control_link *link)
{
    size_t len = 0;
    enum err e = wsclient_response(stream_peek(&link->stream), link->key, &len);
    if (e == ERR_SHORT)
        return false;
    if (e) {
        link->stream.failed = true;
        return false;
    }
    stream_take(&link->stream, len);
    link->upgraded = true;
    return true;
}

/* One WebSocket event; true if a signal came of it. */
static bool take_event(struct control_link *link, const struct wsclient_event *event, struct signal *signal)
{
    struct dialect_result result;
    if (event->opcode == WSCLIENT_PING)
        send_frame(link, WSCLIENT_PONG, event->payload);
    if (event->opcode == WSCLIENT_CLOSE)
        link->stream.failed = true;
    if (event->opcode != WSCLIENT_TEXT)
        return false;
    if (dialect_recv(&link->dialect, event->payload, &result)) {
        link->stream.failed = true;
        return false;
    }
    if (result.reply)
        send_text(link, result.reply);
    if (!result.has_signal)
        return false;
    *signal = result.signal;
    signal->tag = link->tag;
    return true;
}

static bool next_message(struct control_link *link, struct signal *signal)
{
    for (;;) {
        struct wsclient_event event;
        size_t used = 0;
        bool got = false;
        if (wsclient_read(&link->ws, stream_peek(&link->stream), &used, &event, &got)) {
            link->stream.failed = true;
            return false;
        }
        bool news = got && take_event(link, &event, signal);
        stream_take(&link->stream, used);
        if (news || !got)
            return news;
    }
}

bool control_link_next(struct control_link *link, struct signal *signal)
{
    if ((link->upgraded || upgrade(link)) && next_message(link, signal))
        return true;
    if (!link->stream.failed || link->said_closed)
        return false;
    link->said_closed = true;
    *signal = (struct signal){.type = SIGNAL_CLOSED, .tag = link->tag};
    return true;
}
