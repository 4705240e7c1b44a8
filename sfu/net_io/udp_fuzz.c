/* Datagrams of any sizes from one port to another, over loopback: they leave in bursts where the kernel can, and come
 * out one by one, as they were and in their order. The input is rows of | size 2 |. */
#include "net_io/udp.h"

#include "common/bytes.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define MOST_BYTES 60000 /* the receiver's buffer holds them */
#define MOST       100

static void must(bool b)
{
    if (!b)
        abort();
}

static struct outbox *outbox_new(void)
{
    struct outbox *out = malloc(sizeof *out);
    must(out != NULL);
    outbox_init(out);
    return out;
}

/* Fills the outbox; answers how many. */
static unsigned fill(struct outbox *out, const struct addr *to, struct rd *rd, uint16_t sizes[MOST])
{
    static uint8_t content[OUTBOX_DATAGRAM_CAP];
    unsigned n = 0;
    for (size_t bytes = 0; n < MOST && rd_left(rd) >= 2 && bytes < MOST_BYTES; n++) {
        uint16_t size = (uint16_t)(1 + rd_u16(rd) % OUTBOX_DATAGRAM_CAP);
        memset(content, (int)n + 1, size);
        outbox_put(out, to, content, size);
        sizes[n] = size;
        bytes += size;
    }
    return n;
}

static void one(const uint8_t *at, size_t len, unsigned i, const uint16_t sizes[MOST])
{
    must(len == sizes[i]);
    for (size_t k = 0; k < len; k++)
        must(at[k] == (uint8_t)(i + 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct udp *from, *to;
    static struct outbox *out;
    struct addr peer, back;
    struct rd rd = rd_of(bytes_of(data, len));
    uint16_t sizes[MOST];
    if (!out) {
        out = outbox_new();
        must(udp_open(0, &from) == OK && udp_open(0, &to) == OK);
    }
    must(addr_parse("127.0.0.1", udp_port(to), &peer) == OK && addr_parse("127.0.0.1", udp_port(from), &back) == OK);
    unsigned n = fill(out, &peer, &rd, sizes), got = 0;
    udp_flush(from, out);
    must(out->n_datagrams == 0);
    while (udp_receive(to)) {
        const uint8_t *at = NULL;
        struct addr sender;
        size_t n_bytes = 0;
        while (udp_next(to, &sender, &at, &n_bytes)) {
            must(got < n && addr_eq(&sender, &back));
            one(at, n_bytes, got++, sizes);
        }
    }
    must(got == n);
    return 0;
}
