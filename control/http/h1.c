/* h1.c: a head by its grammar, a body by its framing, byte by byte where it is chunked. */
#include "http/h1.h"
#include "common/text.h"

static bool is_token_char(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_token(struct bytes b)
{
    for (size_t i = 0; i < b.len; i++)
        if (!is_token_char(b.p[i]))
            return false;
    return b.len > 0;
}

size_t h1_head_len(struct bytes in, size_t *scanned)
{
    size_t from = *scanned > 3 ? *scanned - 3 : 0;
    *scanned = in.len;
    if (in.len < 4)
        return 0;
    const uint8_t *end = memmem(in.p + from, in.len - from, "\r\n\r\n", 4);
    return end ? (size_t)(end - in.p) + 4 : 0;
}

/* The next line without its CRLF. A bare CR or LF inside it ends the parse. */
static bool line_read(struct rd *r, struct bytes *line)
{
    const uint8_t *lf = memchr(r->p, '\n', rd_left(r));
    if (!lf || lf == r->p || lf[-1] != '\r')
        return false;
    *line = rd_bytes(r, (size_t)(lf - r->p) - 1);
    rd_skip(r, 2);
    return !memchr(line->p, '\r', line->len);
}

static enum err request_line_read(struct bytes line, struct h1_head *head)
{
    const uint8_t *sp = memchr(line.p, ' ', line.len);
    if (!sp)
        return ERR_SYNTAX;
    head->method = bytes_of(line.p, (size_t)(sp - line.p));
    struct bytes rest = bytes_of(sp + 1, line.len - head->method.len - 1);
    sp = memchr(rest.p, ' ', rest.len);
    if (!sp || !is_token(head->method) || head->method.len > 16)
        return ERR_SYNTAX;
    head->target = bytes_of(rest.p, (size_t)(sp - rest.p));
    struct bytes version = bytes_of(sp + 1, rest.len - head->target.len - 1);
    if (version.len != 8 || memcmp(version.p, "HTTP/", 5) != 0)
        return ERR_SYNTAX;
    if (memcmp(version.p, "HTTP/1.", 7) != 0 || version.p[7] < '0' || version.p[7] > '9')
        return ERR_UNSUPPORTED;
    head->http10 = version.p[7] == '0';
    if (head->target.len > H1_TARGET_MAX)
        return ERR_SHORT;
    for (size_t i = 0; i < head->target.len; i++)
        if (head->target.p[i] <= ' ' || head->target.p[i] == 0x7f)
            return ERR_SYNTAX;
    return head->target.len ? OK : ERR_SYNTAX;
}

static enum err header_read(struct bytes line, struct h1_header *header)
{
    const uint8_t *colon = memchr(line.p, ':', line.len);
    if (!colon)
        return ERR_SYNTAX;
    header->name = bytes_of(line.p, (size_t)(colon - line.p));
    header->value = text_trim(bytes_of(colon + 1, line.len - header->name.len - 1));
    for (size_t i = 0; i < header->value.len; i++)
        if ((header->value.p[i] < ' ' && header->value.p[i] != '\t') || header->value.p[i] == 0x7f)
            return ERR_SYNTAX;
    return is_token(header->name) ? OK : ERR_SYNTAX; /* also refuses folded lines, which begin with a space */
}

struct bytes h1_header(const struct h1_head *head, const char *name)
{
    for (unsigned i = 0; i < head->n_headers; i++)
        if (text_is_nocase(head->headers[i].name, name))
            return head->headers[i].value;
    return bytes_of(NULL, 0);
}

static unsigned header_count(const struct h1_head *head, const char *name)
{
    unsigned n = 0;
    for (unsigned i = 0; i < head->n_headers; i++)
        n += text_is_nocase(head->headers[i].name, name);
    return n;
}

bool h1_list_has(struct bytes list, const char *token)
{
    while (list.len)
        if (text_is_nocase(text_trim(text_cut(&list, ',')), token))
            return true;
    return false;
}

/* In any of its lines: they are one list (RFC 9110 5.3). */
static bool list_has(const struct h1_head *head, const char *name, const char *token)
{
    for (unsigned i = 0; i < head->n_headers; i++)
        if (text_is_nocase(head->headers[i].name, name) && h1_list_has(head->headers[i].value, token))
            return true;
    return false;
}

static enum err content_length_read(struct bytes value, uint64_t *length)
{
    uint64_t v = 0;
    if (!value.len || value.len > 15)
        return ERR_SYNTAX;
    for (size_t i = 0; i < value.len; i++) {
        if (value.p[i] < '0' || value.p[i] > '9')
            return ERR_SYNTAX;
        v = v * 10 + (uint64_t)(value.p[i] - '0');
    }
    *length = v;
    return OK;
}

/* RFC 9112 6.3: how long the body is. Both lengths, or one twice, is how requests are smuggled: refused. */
static enum err framing_read(struct h1_head *head)
{
    unsigned n_lengths = header_count(head, "content-length"), n_codings = header_count(head, "transfer-encoding");
    if (n_lengths > 1 || n_codings > 1 || (n_lengths && n_codings))
        return ERR_SYNTAX;
    if (n_codings) {
        if (head->http10)
            return ERR_SYNTAX;
        head->chunked = true;
        return text_is_nocase(h1_header(head, "transfer-encoding"), "chunked") ? OK : ERR_UNSUPPORTED;
    }
    if (n_lengths)
        return content_length_read(h1_header(head, "content-length"), &head->content_length);
    return OK;
}

enum err h1_parse(struct bytes in, struct h1_head *head)
{
    struct rd r = rd_of(in);
    struct bytes line;
    *head = (struct h1_head){0};
    if (!line_read(&r, &line))
        return ERR_SYNTAX;
    enum err e = request_line_read(line, head);
    if (e)
        return e;
    while (line_read(&r, &line)) {
        if (!line.len)
            break;
        if (head->n_headers == H1_MAX_HEADERS)
            return ERR_FULL;
        if (header_read(line, &head->headers[head->n_headers++]))
            return ERR_SYNTAX;
    }
    if (line.len || rd_left(&r))
        return ERR_SYNTAX;
    unsigned n_hosts = header_count(head, "host");
    if (n_hosts > 1 || (!n_hosts && !head->http10))
        return ERR_SYNTAX;
    head->keep_alive =
        head->http10 ? list_has(head, "connection", "keep-alive") : !list_has(head, "connection", "close");
    head->expect_continue = !head->http10 && list_has(head, "expect", "100-continue");
    head->websocket = !head->http10 && bytes_eq(head->method, BYTES_LIT("GET")) &&
                      list_has(head, "connection", "upgrade") && list_has(head, "upgrade", "websocket");
    return framing_read(head);
}

void h1_body_init(struct h1_body *b, const struct h1_head *head)
{
    *b = (struct h1_body){.at = head->chunked ? H1_SIZE : H1_PLAIN, .left = head->content_length};
    if (!head->chunked && !head->content_length)
        b->at = H1_DONE;
}

bool h1_body_done(const struct h1_body *b)
{
    return b->at == H1_DONE;
}

static enum err size_char(struct h1_body *b, uint8_t c)
{
    int v = text_hex_digit(c);
    if (v >= 0) {
        b->left = b->left << 4 | (unsigned)v;
        return ++b->digits <= 8 ? OK : ERR_SYNTAX;
    }
    if (!b->digits || (c != '\r' && c != ';'))
        return ERR_SYNTAX;
    b->at = c == ';' ? H1_SIZE_EXT : H1_SIZE_LF;
    return OK;
}

/* Trailers are read and ignored. line counts the characters of a line; an empty one ends the body. */
static enum err trailer_char(struct h1_body *b, uint8_t c)
{
    if (c == '\n')
        return ERR_SYNTAX;
    b->line += c != '\r';
    if (c == '\r')
        b->at = H1_TRAILER_LF;
    return OK;
}

static enum err trailer_line_end(struct h1_body *b, uint8_t c)
{
    b->at = b->line ? H1_TRAILER : H1_DONE;
    b->line = 0;
    return c == '\n' ? OK : ERR_SYNTAX;
}

/* One character of the framing between the data of two chunks (RFC 9112 7.1). */
static enum err framing_char(struct h1_body *b, uint8_t c)
{
    if (++b->overhead > H1_HEAD_MAX)
        return ERR_SYNTAX;
    switch (b->at) {
    case H1_SIZE:
        return size_char(b, c);
    case H1_SIZE_EXT:
        if (c == '\r')
            b->at = H1_SIZE_LF;
        return c == '\n' ? ERR_SYNTAX : OK;
    case H1_SIZE_LF:
        b->at = b->left ? H1_DATA : H1_TRAILER;
        return c == '\n' ? OK : ERR_SYNTAX;
    case H1_DATA_CR:
        b->at = H1_DATA_LF;
        return c == '\r' ? OK : ERR_SYNTAX;
    case H1_DATA_LF:
        b->at = H1_SIZE;
        b->digits = 0;
        return c == '\n' ? OK : ERR_SYNTAX;
    case H1_TRAILER_LF:
        return trailer_line_end(b, c);
    case H1_PLAIN: /* no framing in these three: h1_body_read() doesn't come here with them */
    case H1_DATA:
    case H1_DONE:
    case H1_TRAILER:
        break;
    }
    return trailer_char(b, c);
}

enum err h1_body_read(struct h1_body *b, struct rd *in, struct bytes *data)
{
    *data = bytes_of(in->p, 0);
    while (b->at != H1_DONE && rd_left(in)) {
        if (b->at != H1_PLAIN && b->at != H1_DATA) {
            enum err e = framing_char(b, rd_u8(in));
            if (e)
                return e;
            continue;
        }
        *data = rd_bytes(in, rd_left(in) < b->left ? rd_left(in) : (size_t)b->left);
        b->left -= data->len;
        if (!b->left)
            b->at = b->at == H1_PLAIN ? H1_DONE : H1_DATA_CR;
        /* Many small chunks are not a way round the bound on the framing: they pay with their data. */
        b->overhead = b->overhead > data->len ? b->overhead - (unsigned)data->len : 0;
        return OK;
    }
    return OK;
}
