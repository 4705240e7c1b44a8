/* udp.c: a worker's sockets: recvmmsg with GRO, sendmmsg with GSO. */
#include "net_io/udp.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BURST_CAP    65536 /* what GRO may hand over at once */
#define GSO_SEGMENTS 64
#define GSO_BYTES    65000
#define SEND_BATCH   64
#define NARROW_PEERS 1024 /* remembered, each at its hash: the next one there takes its place */
#define NO_GSO_AFTER 16   /* bursts refused one after the other, to whomever: nobody's go */

struct burst {
    struct addr from;
    uint32_t len, segment, used;
};

struct udp {
    int fds[2];
    uint16_t port;
    bool gso;
    unsigned n_refused_in_row;
    struct addr narrow[NARROW_PEERS]; /* whose bursts were refused */
    unsigned n_bursts, burst_at;
    struct burst bursts[2 * UDP_BATCH];
    struct mmsghdr in[2 * UDP_BATCH];
    struct iovec in_iov[2 * UDP_BATCH];
    struct sockaddr_storage in_from[2 * UDP_BATCH];
    _Alignas(struct cmsghdr) uint8_t in_control[2 * UDP_BATCH][CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(uint32_t))];
    uint8_t *buffers; /* 2 × UDP_BATCH × BURST_CAP: touched only as far as bursts are long */
    struct mmsghdr out[SEND_BATCH];
    struct iovec out_iov[SEND_BATCH];
    _Alignas(struct cmsghdr) uint8_t out_control[SEND_BATCH][CMSG_SPACE(sizeof(uint16_t))];
    unsigned out_n[SEND_BATCH]; /* datagrams in each message */
    struct udp_counters counters;
};

static int socket_open(int family, uint16_t port)
{
    int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int on = 1, size = UDP_BUFFER;
    if (family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on); /* an old kernel gives single datagrams: all the same to us */
    setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
    struct addr any = {0};
    any.sa.sa_family = (sa_family_t)family;
    if (family == AF_INET6)
        any.v6.sin6_port = htons(port);
    else
        any.v4.sin_port = htons(port);
    if (bind(fd, &any.sa, addr_len(&any)) == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

/* The kernel says twice what it grants (socket(7)). */
static void buffer_read(int fd, int which, uint64_t *smallest)
{
    int size = 0;
    socklen_t len = sizeof size;
    if (fd >= 0 && getsockopt(fd, SOL_SOCKET, which, &size, &len) == 0 &&
        (!*smallest || (uint64_t)size / 2 < *smallest))
        *smallest = (uint64_t)size / 2;
}

static uint16_t bound_port(int fd)
{
    struct addr a = {0};
    socklen_t len = sizeof a;
    return getsockname(fd, &a.sa, &len) == 0 ? addr_port(&a) : 0;
}

enum err udp_open(uint16_t port, struct udp **udp)
{
    struct udp *u = calloc(1, sizeof *u);
    if (!u)
        return ERR_NOMEM;
    u->fds[0] = u->fds[1] = -1;
    u->gso = true;
    enum err e = ERR_NOMEM;
    u->buffers = malloc((size_t)2 * UDP_BATCH * BURST_CAP);
    if (!u->buffers)
        goto fail;
    e = ERR_IO;
    u->fds[0] = socket_open(AF_INET, port);
    if (u->fds[0] < 0)
        goto fail;
    u->port = bound_port(u->fds[0]);
    u->fds[1] = socket_open(AF_INET6, u->port);
    if (u->fds[1] < 0 && errno == EADDRINUSE)
        goto fail;
    for (unsigned i = 0; i < 2; i++) {
        buffer_read(u->fds[i], SO_RCVBUF, &u->counters.recv_buffer);
        buffer_read(u->fds[i], SO_SNDBUF, &u->counters.send_buffer);
    }
    *udp = u;
    return OK;
fail:
    udp_close(u);
    return e;
}

void udp_close(struct udp *udp)
{
    if (!udp)
        return;
    int saved = errno;
    for (unsigned i = 0; i < 2; i++)
        if (udp->fds[i] >= 0)
            close(udp->fds[i]);
    free(udp->buffers);
    free(udp);
    errno = saved;
}

uint16_t udp_port(const struct udp *udp)
{
    return udp->port;
}

int udp_fd(const struct udp *udp, unsigned i)
{
    return udp->fds[i];
}

const struct udp_counters *udp_counters(const struct udp *udp)
{
    return &udp->counters;
}

void udp_counters_show(const struct udp_counters *c, struct counted_list *into)
{
    static const struct counter_row rows[] = {
        {"udp_in", offsetof(struct udp_counters, n_in), false},
        {"udp_bytes_in", offsetof(struct udp_counters, bytes_in), false},
        {"udp_out", offsetof(struct udp_counters, n_out), false},
        {"udp_bytes_out", offsetof(struct udp_counters, bytes_out), false},
        {"udp_recv_calls", offsetof(struct udp_counters, n_recv_calls), false},
        {"udp_send_calls", offsetof(struct udp_counters, n_send_calls), false},
        {"udp_messages", offsetof(struct udp_counters, n_messages), false},
        {"udp_send", offsetof(struct udp_counters, n_send_errors), true},
        {"udp_truncated", offsetof(struct udp_counters, n_truncated), true},
        {"udp_unreadable", offsetof(struct udp_counters, n_unreadable), true},
        {"udp_kernel_ipv4", offsetof(struct udp_counters, n_kernel_drops[0]), true},
        {"udp_kernel_ipv6", offsetof(struct udp_counters, n_kernel_drops[1]), true},
        {"udp_unsegmented", offsetof(struct udp_counters, n_unsegmented), false},
        {"udp_narrow", offsetof(struct udp_counters, n_narrow), false},
        {"udp_recv_buffer", offsetof(struct udp_counters, recv_buffer), false},
        {"udp_send_buffer", offsetof(struct udp_counters, send_buffer), false},
    };
    COUNTER_ROWS_COVER(rows, sizeof *c);
    counted_add_rows(into, rows, ARRAY_LEN(rows), c);
}

static void burst_read_control(struct udp *u, unsigned socket, struct msghdr *m, struct burst *b)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
            int segment = 0;
            memcpy(&segment, CMSG_DATA(c), sizeof segment);
            if (segment > 0)
                b->segment = (uint32_t)segment;
        } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
            uint32_t n = 0;
            memcpy(&n, CMSG_DATA(c), sizeof n);
            u->counters.n_kernel_drops[socket] = n; /* the kernel's own running count */
        }
    }
}

static void receive_from(struct udp *u, unsigned socket)
{
    unsigned first = u->n_bursts;
    for (unsigned i = first; i < first + UDP_BATCH; i++) {
        u->in_iov[i] = (struct iovec){u->buffers + (size_t)i * BURST_CAP, BURST_CAP};
        u->in[i].msg_hdr = (struct msghdr){.msg_name = &u->in_from[i],
                                           .msg_namelen = sizeof u->in_from[i],
                                           .msg_iov = &u->in_iov[i],
                                           .msg_iovlen = 1,
                                           .msg_control = u->in_control[i],
                                           .msg_controllen = sizeof u->in_control[i]};
    }
    int n = recvmmsg(u->fds[socket], u->in + first, UDP_BATCH, MSG_DONTWAIT, NULL);
    u->counters.n_recv_calls++;
    for (int k = 0; k < n; k++) {
        struct mmsghdr *m = &u->in[first + (unsigned)k];
        struct burst *b = &u->bursts[u->n_bursts];
        *b = (struct burst){.len = m->msg_len, .segment = m->msg_len};
        if (m->msg_hdr.msg_flags & MSG_TRUNC)
            u->counters.n_truncated++;
        burst_read_control(u, socket, &m->msg_hdr, b);
        enum err e =
            addr_of_sockaddr((struct sockaddr *)&u->in_from[first + (unsigned)k], m->msg_hdr.msg_namelen, &b->from);
        if (e || b->len == 0) {
            b->used = b->len;
            u->counters.n_unreadable++;
        }
        u->n_bursts++;
    }
}

unsigned udp_receive(struct udp *udp)
{
    udp->n_bursts = 0;
    udp->burst_at = 0;
    for (unsigned i = 0; i < 2; i++) {
        /* each socket's bursts lie in buffers of its own: the first free slot is always n_bursts */
        if (udp->fds[i] >= 0)
            receive_from(udp, i);
    }
    return udp->n_bursts;
}

bool udp_next(struct udp *udp, struct addr *from, const uint8_t **data, size_t *len)
{
    while (udp->burst_at < udp->n_bursts) {
        struct burst *b = &udp->bursts[udp->burst_at];
        if (b->used >= b->len) {
            udp->burst_at++;
            continue;
        }
        uint32_t n = b->len - b->used < b->segment ? b->len - b->used : b->segment;
        *data = udp->buffers + (size_t)udp->burst_at * BURST_CAP + b->used;
        *len = n;
        *from = b->from;
        b->used += n;
        udp->counters.n_in++;
        udp->counters.bytes_in += n;
        return true;
    }
    return false;
}

static struct addr *narrow_place(struct udp *u, const struct addr *to)
{
    return &u->narrow[addr_hash(to, 0) % NARROW_PEERS];
}

static bool is_narrow(struct udp *u, const struct addr *to)
{
    return u->counters.n_narrow && addr_eq(narrow_place(u, to), to);
}

/* How many datagrams from `first` can leave as one message: same peer, same size, only the last one shorter. */
static unsigned run_length(struct udp *u, const struct outbox *out, unsigned first)
{
    const struct outbox_datagram *d = &out->datagrams[first];
    unsigned n = 1;
    uint32_t total = d->len;
    bool narrow = is_narrow(u, &d->to);
    u->counters.n_unsegmented += narrow;
    while (u->gso && !narrow && first + n < out->n_datagrams && n < GSO_SEGMENTS) {
        const struct outbox_datagram *next = &out->datagrams[first + n];
        if (next->len > d->len || total + next->len > GSO_BYTES || !addr_eq(&next->to, &d->to))
            break;
        total += next->len;
        n++;
        if (next->len < d->len)
            break;
    }
    return n;
}

static unsigned message_make(struct udp *u, struct outbox *out, unsigned first, unsigned slot)
{
    struct outbox_datagram *d = &out->datagrams[first];
    unsigned n = run_length(u, out, first);
    const struct outbox_datagram *last = &out->datagrams[first + n - 1];
    u->out_iov[slot] = (struct iovec){out->arena + d->offset, last->offset + last->len - d->offset};
    struct msghdr *m = &u->out[slot].msg_hdr;
    *m = (struct msghdr){
        .msg_name = &d->to, .msg_namelen = addr_len(&d->to), .msg_iov = &u->out_iov[slot], .msg_iovlen = 1};
    if (n > 1) {
        m->msg_control = u->out_control[slot];
        m->msg_controllen = sizeof u->out_control[slot];
        struct cmsghdr *c = CMSG_FIRSTHDR(m);
        c->cmsg_level = SOL_UDP;
        c->cmsg_type = UDP_SEGMENT;
        c->cmsg_len = CMSG_LEN(sizeof(uint16_t));
        memcpy(CMSG_DATA(c), &d->len, sizeof(uint16_t));
    }
    u->out_n[slot] = n;
    return n;
}

/* Why the kernel refused a burst: EIO, the device can't do it, for anybody. EMSGSIZE, the path's MTU is smaller than a
 * segment; older kernels say EINVAL to that, as those do that know no segments at all. */
static bool burst_was_refused(struct udp *u, const struct addr *to, int why)
{
    if (why != EIO && why != EINVAL && why != EMSGSIZE)
        return false;
    if (!is_narrow(u, to))
        u->counters.n_narrow++;
    *narrow_place(u, to) = *to;
    u->n_refused_in_row += why != EMSGSIZE;
    if (why == EIO || u->n_refused_in_row >= NO_GSO_AFTER)
        u->gso = false;
    return true;
}

static void send_singly(struct udp *u, int fd, const struct outbox *out, unsigned first, unsigned n)
{
    for (unsigned i = first; i < first + n; i++) {
        const struct outbox_datagram *d = &out->datagrams[i];
        u->counters.n_send_calls++;
        if (sendto(fd, out->arena + d->offset, d->len, MSG_DONTWAIT, &d->to.sa, addr_len(&d->to)) < 0)
            u->counters.n_send_errors++;
    }
    u->counters.n_unsegmented += n;
}

static void send_messages(struct udp *u, int fd, const struct outbox *out, unsigned first, unsigned n_messages)
{
    for (unsigned i = 0; i < n_messages;) {
        int n = sendmmsg(fd, u->out + i, n_messages - i, MSG_DONTWAIT);
        u->counters.n_send_calls++;
        unsigned sent = n > 0 ? (unsigned)n : 0;
        for (unsigned k = 0; k < sent; k++) {
            first += u->out_n[i + k];
            if (u->out_n[i + k] > 1)
                u->n_refused_in_row = 0;
        }
        u->counters.n_messages += sent;
        i += sent;
        if (n > 0 || i == n_messages)
            continue;
        if (errno == EINTR)
            continue;
        if (u->out_n[i] > 1 && burst_was_refused(u, &out->datagrams[first].to, errno)) {
            send_singly(u, fd, out, first, u->out_n[i]);
        } else {
            u->counters.n_send_errors += u->out_n[i];
        }
        first += u->out_n[i++];
    }
}

void udp_flush(struct udp *udp, struct outbox *out)
{
    unsigned i = 0;
    while (i < out->n_datagrams) {
        sa_family_t family = out->datagrams[i].to.sa.sa_family;
        int fd = udp->fds[family == AF_INET6];
        unsigned first = i, n_messages = 0;
        while (i < out->n_datagrams && n_messages < SEND_BATCH && out->datagrams[i].to.sa.sa_family == family)
            i += message_make(udp, out, i, n_messages++);
        udp->counters.n_out += i - first;
        if (fd >= 0)
            send_messages(udp, fd, out, first, n_messages);
        else
            udp->counters.n_send_errors += i - first;
    }
    udp->counters.bytes_out += out->used;
    outbox_clear(out);
}
