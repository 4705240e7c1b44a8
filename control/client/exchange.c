/* exchange.c: a request as libcurl carries it out: limits, addresses, the answer's bytes. */
#include "client/exchange.h"
#include "client/address.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define HEAD_MAX   ((size_t)64 * 1024) /* of an answer: more is no answer */
#define HEADER_MAX 4096

/* --- where it may go --- */
/* Called by libcurl with each address it wants to connect to. */
static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct exchange *x = arg;
    (void)purpose;
    if (!(x->allow & URL_ALLOW_PRIVATE) && !address_is_public(&to->addr)) {
        x->denied = true;
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* Called when there is a connection and before the request is sent: a kept one was perhaps opened for another request
 * that was allowed more. */
static int on_connected(void *arg, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    struct exchange *x = arg;
    (void)local_ip;
    (void)remote_port;
    (void)local_port;
    if ((x->allow & URL_ALLOW_PRIVATE) || address_is_public_text(remote_ip))
        return CURL_PREREQFUNC_OK;
    x->denied = true;
    return CURL_PREREQFUNC_ABORT;
}

/* --- the answer --- */
static size_t on_head(char *data, size_t size, size_t n, void *arg)
{
    struct exchange *x = arg;
    (void)data;
    x->head_len += size * n;
    x->head_too_long = x->head_len > HEAD_MAX;
    return x->head_too_long ? 0 : size * n;
}

/* Anything but the whole length ends the exchange. */
static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
    struct exchange *x = arg;
    size_t len = size * n, room = x->body_max - x->body.len;
    x->is_cut = len > room;
    size_t take = x->is_cut ? room : len;
    if (buf_put(&x->body, bytes_of(data, take), x->body_max))
        return 0;
    return x->is_cut ? 0 : len;
}

struct reason {
    CURLcode code;
    const char *text;
};

static const struct reason reasons[] = {
    {CURLE_COULDNT_RESOLVE_HOST, "the host's name was not found"},
    {CURLE_COULDNT_CONNECT, "the connection was refused"},
    {CURLE_OPERATION_TIMEDOUT, "no answer in time"},
    {CURLE_PEER_FAILED_VERIFICATION, "the certificate is not valid for this host"},
    {CURLE_SSL_CONNECT_ERROR, "the TLS handshake failed"},
    {CURLE_SSL_CACERT_BADFILE, "the file of certificate authorities can't be read"},
    {CURLE_GOT_NOTHING, "the connection was closed without an answer"},
    {CURLE_PARTIAL_FILE, "the answer broke off"},
    {CURLE_RECV_ERROR, "the connection broke"},
    {CURLE_SEND_ERROR, "the connection broke"},
    {CURLE_UNSUPPORTED_PROTOCOL, "the answer is not HTTP"},
    {CURLE_WEIRD_SERVER_REPLY, "the answer is not HTTP"},
    {CURLE_OUT_OF_MEMORY, "out of memory"},
};

static const char *reason_text(const struct exchange *x, CURLcode code)
{
    if (x->denied)
        return "the address is not on the public internet";
    if (x->head_too_long)
        return "the answer's headers are too long";
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (reasons[i].code == code)
            return reasons[i].text;
    return curl_easy_strerror(code);
}

struct client_answer exchange_answer(const struct exchange *x, CURLcode code, usec_t now)
{
    struct client_answer a = {.took = now - x->started_at, .reason = ""};
    long status = 0;
    if (code == CURLE_OK || (x->is_cut && code == CURLE_WRITE_ERROR)) {
        (void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
        a.status = (unsigned)status;
        a.is_cut = x->is_cut;
        a.body = x->body.len ? buf_bytes(&x->body) : BYTES_LIT("");
        return a;
    }
    a.err = x->denied ? ERR_DENIED : code == CURLE_OUT_OF_MEMORY ? ERR_NOMEM : ERR_IO;
    a.reason = reason_text(x, code);
    return a;
}

/* --- the request --- */
static bool is_printable(const char *text)
{
    if (!*text)
        return false;
    for (; *text; text++)
        if (iscntrl((unsigned char)*text))
            return false;
    return true;
}

static enum err headers_add(struct exchange *x, const struct client_header *h)
{
    char line[HEADER_MAX];
    if (!is_printable(h->name) || !is_printable(h->value) || strchr(h->name, ':') ||
        snprintf(line, sizeof line, "%s: %s", h->name, h->value) >= (int)sizeof line)
        return ERR_SYNTAX;
    struct curl_slist *longer = curl_slist_append(x->headers, line);
    if (!longer)
        return ERR_NOMEM;
    x->headers = longer;
    return OK;
}

static enum err set_headers(struct exchange *x, const struct client_request *r)
{
    enum err e = OK;
    for (unsigned i = 0; i < r->n_headers && !e; i++)
        e = headers_add(x, &r->headers[i]);
    if (e)
        return e;
    struct curl_slist *longer = curl_slist_append(x->headers, "Expect:"); /* we don't wait for "100 Continue" */
    if (!longer)
        return ERR_NOMEM;
    x->headers = longer;
    return curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, longer) ? ERR_NOMEM : OK;
}

static enum err set_method(CURL *easy, const struct client_request *r)
{
    static const char *const methods[] = {"POST", "PUT", "PATCH", "DELETE"};
    if (strcmp(r->method, "GET") == 0)
        return curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L) ? ERR_NOMEM : OK;
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        if (strcmp(r->method, methods[i]) != 0)
            continue;
        bool bad = curl_easy_setopt(easy, CURLOPT_POST, 1L) ||
                   curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, methods[i]) ||
                   curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len) ||
                   curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, r->body.len ? (const char *)r->body.p : "");
        return bad ? ERR_NOMEM : OK;
    }
    return ERR_SYNTAX;
}

static bool set_tls(CURL *easy, const char *ca_file)
{
    /* libcurl keeps what it read of one file for the next connection, but not of a folder. */
    CURLcode code = ca_file ? curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file)
                            : curl_easy_setopt(easy, CURLOPT_CAPATH, (char *)NULL);
    return !code && !curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) &&
           !curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) &&
           !curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
}

/* What it may not do, whatever the environment says. QUICK_EXIT: a name server that doesn't answer isn't waited for
 * after the deadline. */
static bool set_limits(CURL *easy, const struct client_request *r)
{
    long timeout_ms = (long)((r->timeout + MSEC - 1) / MSEC);
    return !curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, r->allow & URL_ALLOW_HTTP ? "http,https" : "https") &&
           !curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) && !curl_easy_setopt(easy, CURLOPT_PROXY, "") &&
           !curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) &&
           !curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
           !curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) && !curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L) &&
           !curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms) &&
           !curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
}

static bool set_callbacks(struct exchange *x)
{
    CURL *easy = x->easy;
    return !curl_easy_setopt(easy, CURLOPT_PRIVATE, (char *)x) &&
           !curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket) &&
           !curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, x) &&
           !curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected) &&
           !curl_easy_setopt(easy, CURLOPT_PREREQDATA, x) && !curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_head) &&
           !curl_easy_setopt(easy, CURLOPT_HEADERDATA, x) && !curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) &&
           !curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
}

static enum err set_up(struct exchange *x, const struct client_request *r, const char *ca_file)
{
    x->easy = curl_easy_init();
    if (!x->easy || curl_easy_setopt(x->easy, CURLOPT_URL, r->url) ||
        curl_easy_setopt(x->easy, CURLOPT_USERAGENT, "onepizza/" ONEPIZZA_VERSION) || !set_tls(x->easy, ca_file) ||
        !set_limits(x->easy, r) || !set_callbacks(x))
        return ERR_NOMEM;
    enum err e = set_method(x->easy, r);
    return e ? e : set_headers(x, r);
}

enum err exchange_new(const struct client_request *r, const char *ca_file, struct exchange **out)
{
    const char *why;
    enum err e = url_check(r->url, r->allow, &why);
    if (!e && (r->timeout <= 0 || r->max_answer_body > CLIENT_BODY_MAX || r->body.len > CLIENT_BODY_MAX))
        e = ERR_SYNTAX;
    if (e)
        return e;
    struct exchange *x = calloc(1, sizeof *x);
    if (!x)
        return ERR_NOMEM;
    x->allow = r->allow;
    x->body_max = r->max_answer_body;
    e = set_up(x, r, ca_file);
    if (e) {
        exchange_free(x);
        return e;
    }
    *out = x;
    return OK;
}

void exchange_free(struct exchange *x)
{
    if (!x)
        return;
    if (x->easy)
        curl_easy_cleanup(x->easy);
    curl_slist_free_all(x->headers);
    buf_reset(&x->body);
    free(x);
}
