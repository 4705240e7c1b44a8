/* wire.c: sockets of participants: sendmsg and recvmsg with GSO and GRO. */
#include "loadtest/wire.h"

#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BURST_CAP      65536
#define RECEIVE_BUFFER (1024 * 1024)
#define SEND_BATCH     64
#define GSO_SEGMENTS   64
#define GSO_BYTES      65000

struct wire {
    unsigned n, at; /* messages received, and the one being read */
    size_t used;
    size_t segment[WIRE_BATCH];
    uint64_t n_send_errors;
    struct mmsghdr in[WIRE_BATCH];
    struct iovec in_iov[WIRE_BATCH];
    _Alignas(struct cmsghdr) uint8_t in_control[WIRE_BATCH][CMSG_SPACE(sizeof(int))];
    struct mmsghdr out[SEND_BATCH];
    struct iovec out_iov[SEND_BATCH];
    _Alignas(struct cmsghdr) uint8_t out_control[SEND_BATCH][CMSG_SPACE(sizeof(uint16_t))];
    uint8_t buffers[WIRE_BATCH][BURST_CAP];
};

enum err wire_new(struct wire **w)
{
    *w = calloc(1, sizeof **w);
    return *w ? OK : ERR_NOMEM;
}

void wire_free(struct wire *w)
{
    free(w);
}

uint64_t wire_n_send_errors(const struct wire *w)
{
    return w->n_send_errors;
}

int wire_open(const struct addr *peer)
{
    int fd = socket(peer->sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int on = 1, size = RECEIVE_BUFFER;
    setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size))
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (connect(fd, &peer->sa, addr_len(peer)) == 0)
        return fd;
    close(fd);
    return -1;
}

/* A run of equal sizes, of which only the last may be shorter, beginning at datagram i. */
static unsigned run_length(const struct outbox *out, unsigned i, size_t *bytes)
{
    size_t size = out->datagrams[i].len;
    unsigned n = 0;
    *bytes = 0;
    while (i + n < out->n_datagrams && n < GSO_SEGMENTS) {
        size_t len = out->datagrams[i + n].len;
        if (len > size || *bytes + len > GSO_BYTES)
            break;
        *bytes += len;
        n++;
        if (len < size)
            break;
    }
    return n;
}

static void set_segment(struct wire *w, unsigned k, uint16_t segment)
{
    struct msghdr *m = &w->out[k].msg_hdr;
    m->msg_control = w->out_control[k];
    m->msg_controllen = sizeof w->out_control[k];
    struct cmsghdr *c = CMSG_FIRSTHDR(m);
    c->cmsg_level = SOL_UDP;
    c->cmsg_type = UDP_SEGMENT;
    c->cmsg_len = CMSG_LEN(sizeof segment);
    memcpy(CMSG_DATA(c), &segment, sizeof segment);
}

static void send_messages(struct wire *w, int fd, unsigned n)
{
    for (unsigned done = 0; done < n;) {
        int sent = sendmmsg(fd, w->out + done, n - done, 0);
        if (sent > 0) {
            done += (unsigned)sent;
            continue;
        }
        w->n_send_errors++; /* this one is lost; the next may go */
        done++;
    }
}

void wire_send(struct wire *w, int fd, struct outbox *out)
{
    unsigned k = 0;
    for (unsigned i = 0; i < out->n_datagrams;) {
        size_t bytes;
        unsigned n = run_length(out, i, &bytes);
        w->out_iov[k] = (struct iovec){out->arena + out->datagrams[i].offset, bytes};
        w->out[k].msg_hdr = (struct msghdr){.msg_iov = &w->out_iov[k], .msg_iovlen = 1};
        if (n > 1)
            set_segment(w, k, out->datagrams[i].len);
        i += n;
        if (++k == SEND_BATCH || i == out->n_datagrams) {
            send_messages(w, fd, k);
            k = 0;
        }
    }
    outbox_clear(out);
}

static size_t read_segment(struct msghdr *m)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        int segment = 0;
        if (c->cmsg_level != SOL_UDP || c->cmsg_type != UDP_GRO)
            continue;
        memcpy(&segment, CMSG_DATA(c), sizeof segment);
        if (segment > 0)
            return (size_t)segment;
    }
    return BURST_CAP;
}

bool wire_receive(struct wire *w, int fd)
{
    w->n = w->at = 0;
    w->used = 0;
    for (unsigned i = 0; i < WIRE_BATCH; i++) {
        w->in_iov[i] = (struct iovec){w->buffers[i], BURST_CAP};
        w->in[i].msg_hdr = (struct msghdr){.msg_iov = &w->in_iov[i],
                                           .msg_iovlen = 1,
                                           .msg_control = w->in_control[i],
                                           .msg_controllen = sizeof w->in_control[i]};
    }
    int n = recvmmsg(fd, w->in, WIRE_BATCH, MSG_DONTWAIT, NULL);
    if (n <= 0)
        return false;
    w->n = (unsigned)n;
    for (unsigned i = 0; i < w->n; i++)
        w->segment[i] = read_segment(&w->in[i].msg_hdr);
    return true;
}

bool wire_next(struct wire *w, uint8_t **p, size_t *len)
{
    while (w->at < w->n && w->used >= w->in[w->at].msg_len) {
        w->at++;
        w->used = 0;
    }
    if (w->at >= w->n)
        return false;
    size_t left = w->in[w->at].msg_len - w->used;
    *p = w->buffers[w->at] + w->used;
    *len = left < w->segment[w->at] ? left : w->segment[w->at];
    w->used += *len;
    return true;
}

bool wire_was_full(const struct wire *w)
{
    return w->n == WIRE_BATCH;
}
