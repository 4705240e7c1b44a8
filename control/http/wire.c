/* wire.c: sockets and TLS as libwebsockets has them: the only file that sees it. */
#include "http/wire.h"
#include "common/openssl.h"
#include "loop/loop_uv.h"
#include <libwebsockets.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define READ_MAX           16384 /* bytes of one read */
#define CERT_LOOK_INTERVAL (60 * SEC)

struct wire_server {
    struct wire_config cfg;
    struct loop *loop;
    struct lws_context *context;
    struct lws_vhost *vhost;
    struct lws_protocols protocols[2];
    struct loop_timer cert_timer;
    struct timespec cert_time, key_time;
    uint8_t *out; /* LWS_PRE, then WIRE_WRITE_MAX */
};

struct wire {
    struct wire_server *server;
    struct lws *wsi;
    void *owner;
    bool adopted, closing;
};

static int on_close(struct wire *w)
{
    lws_set_opaque_user_data(w->wsi, NULL); /* libwebsockets goes on to tell us of its own objects */
    w->wsi = NULL;
    if (!w->adopted) /* wire_adopt() is on the stack, and frees it */
        return 0;
    w->server->cfg.closed(w->owner);
    free(w);
    return 0;
}

static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    (void)user;
    if (reason != LWS_CALLBACK_RAW_ADOPT && reason != LWS_CALLBACK_RAW_RX && reason != LWS_CALLBACK_RAW_WRITEABLE &&
        reason != LWS_CALLBACK_RAW_CLOSE)
        return 0;
    struct wire *w = lws_get_opaque_user_data(wsi);
    if (!w)
        return 0;
    w->wsi = wsi;
    if (reason == LWS_CALLBACK_RAW_CLOSE)
        return on_close(w);
    if (w->closing)
        return -1;
    if (reason == LWS_CALLBACK_RAW_RX)
        w->server->cfg.received(w->owner, bytes_of(in, len));
    else if (reason == LWS_CALLBACK_RAW_WRITEABLE)
        w->server->cfg.writable(w->owner);
    return w->closing ? -1 : 0;
}

static struct timespec file_time(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_mtim : (struct timespec){0};
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* Certificates are renewed in place: connections that come later get the new one. */
static void on_cert_timer(void *arg)
{
    struct wire_server *s = arg;
    struct timespec cert = file_time(s->cfg.tls_cert_file), key = file_time(s->cfg.tls_key_file);
    if (cert.tv_sec && key.tv_sec && !(same_time(cert, s->cert_time) && same_time(key, s->key_time))) {
        int failed = lws_tls_cert_updated(s->context, s->cfg.tls_cert_file, s->cfg.tls_key_file, NULL, 0, NULL, 0);
        log_info(s->cfg.log, "tls_cert_reload", "ok=%d", !failed);
        s->cert_time = cert;
        s->key_time = key;
    }
    loop_timer_set(s->loop, &s->cert_timer, loop_now(s->loop) + CERT_LOOK_INTERVAL);
}

static enum err vhost_new(struct wire_server *s)
{
    struct lws_context_creation_info info = {.port = CONTEXT_PORT_NO_LISTEN_SERVER, .protocols = s->protocols};
    info.vhost_name = "control";
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    if (s->cfg.tls_cert_file) {
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.ssl_cert_filepath = s->cfg.tls_cert_file;
        info.ssl_private_key_filepath = s->cfg.tls_key_file;
        info.alpn = "http/1.1";
        info.ssl_cipher_list = "ECDHE+AESGCM:ECDHE+CHACHA20"; /* of TLS 1.2: AEAD alone; 1.3 has its own */
        info.ssl_options_set = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_RENEGOTIATION;
    }
    s->vhost = lws_create_vhost(s->context, &info);
    return s->vhost ? OK : ERR_IO;
}

enum err wire_server_new(const struct wire_config *cfg, struct loop *loop, struct wire_server **server)
{
    struct wire_server *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_NOMEM;
    s->cfg = *cfg;
    s->loop = loop;
    s->protocols[0] = (struct lws_protocols){.name = "wire", .callback = on_lws};
    s->out = malloc(LWS_PRE + WIRE_WRITE_MAX);
    void *loops[] = {loop_uv(loop)};
    struct lws_context_creation_info info = {.port = CONTEXT_PORT_NO_LISTEN, .protocols = s->protocols};
    info.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    if (cfg->tls_cert_file) {
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        s->cert_time = file_time(cfg->tls_cert_file); /* before they are read: a renewal in between isn't missed */
        s->key_time = file_time(cfg->tls_key_file);
    }
    info.foreign_loops = loops;
    info.pt_serv_buf_size = READ_MAX;
    info.timeout_secs = 15; /* for a TLS handshake; the rest is timed by conn.c */
    lws_set_log_level(LLL_ERR, NULL);
    s->context = s->out ? lws_create_context(&info) : NULL;
    if (!s->context || vhost_new(s)) {
        wire_server_free(s);
        return ERR_IO;
    }
    if (cfg->tls_cert_file) {
        s->cert_timer = (struct loop_timer){.fire = on_cert_timer, .arg = s};
        loop_timer_set(loop, &s->cert_timer, loop_now(loop) + CERT_LOOK_INTERVAL);
    }
    *server = s;
    return OK;
}

void wire_server_free(struct wire_server *s)
{
    if (!s)
        return;
    loop_timer_cancel(s->loop, &s->cert_timer);
    if (s->context) {
        lws_context_destroy(s->context);
        for (unsigned turns = 0; turns < 100; turns++) /* libuv closes its handles on the loop */
            loop_turn(s->loop);
        lws_context_destroy(s->context);
    }
    free(s->out);
    free(s);
}

enum err wire_adopt(struct wire_server *s, int fd, void *owner, struct wire **wire)
{
    struct wire *w = calloc(1, sizeof *w);
    if (!w) {
        close(fd);
        return ERR_NOMEM;
    }
    w->server = s;
    w->owner = owner;
    lws_adopt_desc_t adopt = {.vh = s->vhost, .vh_prot_name = "wire", .opaque = w};
    adopt.type = LWS_ADOPT_SOCKET | (s->cfg.tls_cert_file ? LWS_ADOPT_ALLOW_SSL : 0);
    adopt.fd.sockfd = fd;
    struct lws *wsi = lws_adopt_descriptor_vhost_via_info(&adopt);
    if (!wsi) {
        free(w);
        return ERR_IO;
    }
    w->wsi = wsi;
    w->adopted = true;
    *wire = w;
    return OK;
}

void wire_want_write(struct wire *w)
{
    lws_callback_on_writable(w->wsi);
}

bool wire_is_clear(const struct wire *w)
{
    return !w->closing && !lws_partial_buffered(w->wsi);
}

uint8_t *wire_buffer(struct wire *w)
{
    return w->server->out + LWS_PRE;
}

void wire_write(struct wire *w, size_t len)
{
    if (lws_write(w->wsi, wire_buffer(w), len, LWS_WRITE_RAW) < 0)
        wire_close(w);
}

void wire_pause(struct wire *w, bool paused)
{
    lws_rx_flow_control(w->wsi, !paused);
}

void wire_half_close(struct wire *w)
{
    if (!lws_is_ssl(w->wsi)) {
        shutdown(lws_get_socket_fd(w->wsi), SHUT_WR);
        return;
    }
    w->closing = true; /* libwebsockets says goodbye in TLS's way when the event that we are in returns */
    lws_callback_on_writable(w->wsi);
}

/* libwebsockets closes from inside its own events only. A shut down socket is readable and writable: one comes soon. */
void wire_close(struct wire *w)
{
    if (w->closing)
        return;
    w->closing = true;
    shutdown(lws_get_socket_fd(w->wsi), SHUT_RDWR);
    lws_rx_flow_control(w->wsi, 1);
    lws_callback_on_writable(w->wsi);
}

void wire_accept_key(struct bytes key, char out[32])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    uint8_t text[64 + sizeof guid], hash[20];
    struct wr w = wr_of(text, sizeof text);
    wr_bytes(&w, bytes_of(key.p, key.len < 64 ? key.len : 64));
    wr_bytes(&w, bytes_of(guid, sizeof guid - 1));
    lws_SHA1(text, wr_len(&w), hash);
    lws_b64_encode_string((const char *)hash, sizeof hash, out, 32);
}
