/* A client and a server of ours talk through a man in the middle: the input says which datagrams he drops, repeats,
 * cuts, changes or puts in. Whatever he does, when both ends have keys they are the same ones. */
#include "dtls/dtls.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OP_PASS, OP_DROP, OP_TWICE, OP_CUT, OP_CHANGE, OP_INSERT, OPS };
#define ROUNDS 24

static void must(bool condition)
{
    if (!condition)
        abort();
}

struct middle {
    struct rd script;
    usec_t now;
    struct dtls *ends[2];
};

static void hand_over(struct middle *m, unsigned to, struct bytes in, struct dtls_flight *answer)
{
    if (dtls_recv(m->ends[to], m->now, in, answer) == DTLS_APP_DATA)
        (void)dtls_app_data(m->ends[to]);
    while (dtls_next_event(m->ends[to], m->now, answer) != DTLS_NOTHING)
        ;
    must(answer->n_datagrams <= DTLS_FLIGHT_DATAGRAMS);
}

static void meddle(struct middle *m, unsigned to, uint8_t *p, size_t len, struct dtls_flight *answer)
{
    uint8_t op = rd_u8(&m->script) % OPS, a = rd_u8(&m->script), b = rd_u8(&m->script);
    size_t at = ((size_t)a << 8 | b) % len;
    if (op == OP_DROP)
        return;
    if (op == OP_CUT)
        len = at ? at : 1;
    if (op == OP_CHANGE)
        p[at] = rd_u8(&m->script);
    if (op == OP_INSERT)
        hand_over(m, to, rd_bytes(&m->script, a < rd_left(&m->script) ? a : rd_left(&m->script)), answer);
    hand_over(m, to, bytes_of(p, len), answer);
    if (op == OP_TWICE)
        hand_over(m, to, bytes_of(p, len), answer);
}

static void talk(struct middle *m)
{
    struct dtls_flight flight = {0}, answer;
    unsigned from = 0;
    (void)dtls_start(m->ends[0], m->now, &flight);
    for (unsigned round = 0; round < ROUNDS; round++) {
        answer.n_datagrams = 0;
        for (unsigned i = 0; i < flight.n_datagrams; i++)
            meddle(m, !from, flight.data[i], flight.len[i], &answer);
        flight = answer;
        from = !from;
        if (flight.n_datagrams)
            continue;
        m->now += 100 * MSEC; /* nothing came back: the timers */
        from = round & 1;
        (void)dtls_tick(m->ends[from], m->now, &flight);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct middle m = {.script = rd_of(bytes_of(data, size)), .now = 1};
    struct dtls_identity *id = NULL;
    must(dtls_identity_new((usec_t)1800000000 * SEC, &id) == OK);
    for (unsigned i = 0; i < 2; i++) {
        struct dtls_config cfg = {.identity = id, .role = i == 0 ? DTLS_CLIENT : DTLS_SERVER};
        cfg.peer = *dtls_identity_digest(id);
        cfg.keep_open = size & 1;
        must(dtls_new(&cfg, &m.ends[i]) == OK);
    }
    talk(&m);
    const struct dtls_keys *c = dtls_keys(m.ends[0]), *s = dtls_keys(m.ends[1]);
    if (c && s) {
        size_t key_len = srtpkey_len(c->local.suite);
        must(c->local.suite == s->remote.suite && c->remote.suite == s->local.suite);
        must(memcmp(c->local.key, s->remote.key, key_len) == 0);
        must(memcmp(c->remote.key, s->local.key, key_len) == 0);
    }
    must(size > 0 || (c && s)); /* left alone, they agree */
    dtls_free(m.ends[0]);
    dtls_free(m.ends[1]);
    dtls_identity_unref(id);
    return 0;
}
