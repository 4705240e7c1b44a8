/* udp.h: a worker's UDP port, IPv4 and IPv6 on the same number, read and written in batches: recvmmsg with UDP_GRO,
 * sendmmsg with UDP_SEGMENT for runs of equal size to one peer. Non-blocking; lives on its worker's thread. */
#pragma once
#include "net/addr.h"
#include "net/counter.h"
#include "net/outbox.h"

#include <stdbool.h>

#define UDP_BATCH 32

struct udp;

struct udp_counters {
    uint64_t n_in, bytes_in, n_out, bytes_out;
    uint64_t n_recv_calls, n_send_calls, n_messages;   /* messages: bursts count once */
    uint64_t n_send_errors, n_truncated, n_unreadable; /* unreadable: empty, or from no address that we know */
    uint64_t n_kernel_drops[2];                        /* IPv4's and IPv6's socket: their buffers were full */
    uint64_t n_unsegmented;                            /* sent singly, since their path takes no bursts … */
    uint64_t n_narrow;                                 /* … as so many refusals taught */
    uint64_t recv_buffer, send_buffer;                 /* bytes that the kernel grants; the smaller of both sockets */
};

#define UDP_BUFFER (4u << 20) /* bytes asked of the kernel for each socket, each way */

void udp_counters_show(const struct udp_counters *c, struct counted_list *into);

/* Binds 0.0.0.0:port and, where there is IPv6, [::]:port. Port 0: any. ERR_IO: taken or not allowed (errno says which).
 */
MUST_CHECK enum err udp_open(uint16_t port, struct udp **udp);
void udp_close(struct udp *udp);
uint16_t udp_port(const struct udp *udp);
int udp_fd(const struct udp *udp, unsigned i); /* 0: IPv4, 1: IPv6; -1 where there is none */

/* One recvmmsg() on each socket. Bursts are split: each call of udp_next() gives one datagram, borrowed until the next
 * udp_receive(). Returns the number of messages; 0: nothing was waiting. */
unsigned udp_receive(struct udp *udp);
bool udp_next(struct udp *udp, struct addr *from, const uint8_t **data, size_t *len);

/* Sends all of the outbox and clears it. A burst that the kernel refuses, as it does when a path's MTU is smaller than
 * the datagrams, is sent again one by one (they are fragmented then), and so is all that follows to that peer, as long
 * as it is remembered; others' bursts go on. A datagram the kernel refuses is counted and dropped. */
void udp_flush(struct udp *udp, struct outbox *out);
const struct udp_counters *udp_counters(const struct udp *udp);
