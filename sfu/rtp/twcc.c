/* twcc.c: chunks of symbols and deltas of 250 µs, read; arrivals recorded, and written as such. */
#include "rtp/twcc.h"
#include "rtp/seq.h"

#define TICK       (250 * USEC)
#define REF_TICKS  256 /* 64 ms */
#define RUN_MAX    8191
#define VECTOR_ONE 14
#define VECTOR_TWO 7

enum { SYMBOL_LOST, SYMBOL_SMALL, SYMBOL_LARGE, SYMBOL_RESERVED };

/* Chunk: |0|S S|run length 13| or |1|0|14 x 1 bit| or |1|1|7 x 2 bits|. Symbols: 0 lost, 1 small delta, 2 large delta.
 */
static unsigned twcc_chunk_len(uint16_t chunk)
{
    if (!(chunk >> 15))
        return chunk & RUN_MAX;
    return chunk >> 14 & 1 ? VECTOR_TWO : VECTOR_ONE;
}

static unsigned twcc_symbol(uint16_t chunk, unsigned i)
{
    if (!(chunk >> 15))
        return chunk >> 13 & 3;
    return chunk >> 14 & 1 ? chunk >> (12 - 2 * i) & 3 : chunk >> (13 - i) & 1;
}

/* Bytes of deltas that the first n symbols of a chunk take; false: a reserved symbol. */
static bool twcc_chunk_deltas(uint16_t chunk, unsigned n, size_t *len)
{
    if (!(chunk >> 15)) {
        *len += (size_t)n * twcc_symbol(chunk, 0);
        return twcc_symbol(chunk, 0) != SYMBOL_RESERVED;
    }
    for (unsigned i = 0; i < n; i++) {
        unsigned symbol = twcc_symbol(chunk, i);
        if (symbol == SYMBOL_RESERVED)
            return false;
        *len += symbol; /* 0, 1 or 2 bytes */
    }
    return true;
}

enum err twcc_iter_init(struct twcc_iter *it, const struct rtcp_twcc *fb)
{
    struct rd r = rd_of(fb->chunks);
    size_t deltas_len = 0;
    if (fb->n_seqs == 0)
        return ERR_SYNTAX;
    for (unsigned left = fb->n_seqs; left > 0;) {
        uint16_t chunk = rd_u16(&r);
        unsigned n = twcc_chunk_len(chunk);
        if (r.bad)
            return ERR_SHORT;
        if (n == 0 || !twcc_chunk_deltas(chunk, n < left ? n : left, &deltas_len))
            return ERR_SYNTAX;
        left -= n < left ? n : left;
    }
    struct rd deltas = rd_sub(&r, deltas_len);
    if (deltas.bad)
        return ERR_SHORT;
    *it = (struct twcc_iter){
        .chunks = rd_of(fb->chunks),
        .deltas = deltas,
        .seq = fb->base_seq,
        .left = fb->n_seqs,
        .at = (usec_t)fb->reference_time * 64 * MSEC,
    };
    return OK;
}

bool twcc_next(struct twcc_iter *it, struct twcc_packet *out)
{
    if (it->left == 0)
        return false;
    if (it->in_chunk == 0) {
        it->chunk = rd_u16(&it->chunks);
        it->in_chunk = (uint16_t)twcc_chunk_len(it->chunk);
    }
    unsigned symbol = twcc_symbol(it->chunk, twcc_chunk_len(it->chunk) - it->in_chunk);
    it->in_chunk--;
    it->left--;
    if (symbol == SYMBOL_SMALL)
        it->at += rd_u8(&it->deltas) * TICK;
    else if (symbol == SYMBOL_LARGE)
        it->at += (int16_t)rd_u16(&it->deltas) * TICK;
    *out = (struct twcc_packet){.seq = it->seq++, .received = symbol != SYMBOL_LOST, .at = it->at};
    return true;
}

void twcc_recorder_init(struct twcc_recorder *r)
{
    *r = (struct twcc_recorder){.highest = 0};
    for (unsigned i = 0; i < TWCC_WINDOW; i++)
        r->arrived[i] = USEC_NEVER;
}

static void twcc_forget(struct twcc_recorder *r, uint64_t seq)
{
    usec_t *at = &r->arrived[seq % TWCC_WINDOW];
    r->n_waiting -= *at != USEC_NEVER;
    *at = USEC_NEVER;
}

void twcc_recorder_saw(struct twcc_recorder *r, usec_t now, uint16_t seq)
{
    uint64_t ext = r->highest ? seq_extend(r->highest, seq) : 0x10000u + seq;
    if (r->highest == 0)
        r->next_base = r->highest = ext;
    if (ext > r->highest) {
        uint64_t gone = ext - r->highest > TWCC_WINDOW ? ext - TWCC_WINDOW : r->highest;
        for (uint64_t n = gone + 1; n <= ext; n++)
            twcc_forget(r, n);
        r->highest = ext;
        if (r->next_base + TWCC_WINDOW <= ext)
            r->next_base = ext - TWCC_WINDOW + 1;
    }
    if (ext < r->next_base) /* already reported as lost: the base never goes back */
        return;
    usec_t *at = &r->arrived[ext % TWCC_WINDOW];
    if (*at != USEC_NEVER)
        return;
    *at = now;
    r->n_waiting++;
}

/* One message's symbols and deltas, before they are packed. */
struct twcc_message {
    unsigned n;
    uint8_t symbols[TWCC_MAX_PACKETS];
    uint8_t deltas[2 * TWCC_MAX_PACKETS];
    size_t deltas_len;
    uint32_t reference_time;
};

static void twcc_collect(const struct twcc_recorder *r, struct twcc_message *m)
{
    int64_t last = -1;
    unsigned n = 0;
    struct wr deltas = wr_of(m->deltas, sizeof m->deltas);
    m->n = 0;
    m->reference_time = 0;
    for (uint64_t seq = r->next_base; seq <= r->highest && n < TWCC_MAX_PACKETS; seq++) {
        usec_t at = r->arrived[seq % TWCC_WINDOW];
        if (at == USEC_NEVER) {
            m->symbols[n++] = SYMBOL_LOST;
            continue;
        }
        int64_t ticks = at / TICK;
        if (last < 0) {
            m->reference_time = (uint32_t)(ticks / REF_TICKS) & 0xffffff;
            last = ticks / REF_TICKS * REF_TICKS;
        }
        int64_t delta = ticks - last;
        if (delta < INT16_MIN || delta > INT16_MAX) /* goes into the next message */
            break;
        bool small = delta >= 0 && delta <= UINT8_MAX;
        m->symbols[n++] = small ? SYMBOL_SMALL : SYMBOL_LARGE;
        wr_be(&deltas, (uint64_t)delta & (small ? 0xff : 0xffff), small ? 1 : 2);
        last = ticks;
        m->n = n; /* losses at the end may yet arrive: they wait */
    }
    m->deltas_len = wr_len(&deltas);
}

static unsigned twcc_run(const struct twcc_message *m, unsigned at)
{
    unsigned n = 1;
    while (at + n < m->n && m->symbols[at + n] == m->symbols[at])
        n++;
    return n;
}

static unsigned twcc_write_chunk(struct wr *w, const struct twcc_message *m, unsigned at)
{
    unsigned run = twcc_run(m, at), left = m->n - at;
    if (run >= VECTOR_ONE || run == left) {
        wr_u16(w, (uint16_t)(m->symbols[at] << 13 | run));
        return run;
    }
    unsigned n = left < VECTOR_ONE ? left : VECTOR_ONE, bits = 0;
    bool large = false;
    for (unsigned i = 0; i < n; i++) {
        large = large || m->symbols[at + i] == SYMBOL_LARGE;
        bits |= (unsigned)m->symbols[at + i] << (VECTOR_ONE - 1 - i);
    }
    if (!large) {
        wr_u16(w, (uint16_t)(0x8000 | bits));
        return n;
    }
    n = left < VECTOR_TWO ? left : VECTOR_TWO;
    bits = 0;
    for (unsigned i = 0; i < n; i++)
        bits |= (unsigned)m->symbols[at + i] << (2 * (VECTOR_TWO - 1 - i));
    wr_u16(w, (uint16_t)(0xc000 | bits));
    return n;
}

static void twcc_write_message(struct wr *w, const struct twcc_recorder *r, const struct twcc_message *m, uint32_t ssrc,
                               uint32_t media_ssrc)
{
    uint8_t *head = wr_take(w, 4);
    wr_u32(w, ssrc);
    wr_u32(w, media_ssrc);
    wr_u16(w, (uint16_t)r->next_base);
    wr_u16(w, (uint16_t)m->n);
    wr_u24(w, m->reference_time);
    wr_u8(w, r->feedback_count);
    for (unsigned at = 0; at < m->n;)
        at += twcc_write_chunk(w, m, at);
    wr_bytes(w, bytes_of(m->deltas, m->deltas_len));
    if (w->bad)
        return;
    unsigned pad = (4 - (unsigned)((size_t)(w->p - head) % 4)) % 4;
    for (unsigned i = 1; i <= pad; i++)
        wr_u8(w, i == pad ? (uint8_t)pad : 0);
    size_t words = (size_t)(w->p - head) / 4 - 1;
    head[0] = (uint8_t)(0x80 | (pad > 0) << 5 | 15);
    head[1] = 205;
    head[2] = (uint8_t)(words >> 8);
    head[3] = (uint8_t)words;
}

bool twcc_recorder_write(struct twcc_recorder *r, struct wr *w, uint32_t ssrc, uint32_t media_ssrc)
{
    struct twcc_message m;
    if (r->n_waiting == 0 || w->bad)
        return false;
    while (r->arrived[r->next_base % TWCC_WINDOW] == USEC_NEVER && r->highest - r->next_base >= TWCC_MAX_PACKETS)
        r->next_base++; /* a gap longer than a message isn't worth one */
    twcc_collect(r, &m);
    uint8_t *begin = w->p;
    twcc_write_message(w, r, &m, ssrc, media_ssrc);
    if (w->bad) {
        w->p = begin;
        return false;
    }
    for (unsigned i = 0; i < m.n; i++)
        twcc_forget(r, r->next_base + i);
    r->next_base += m.n;
    r->feedback_count++;
    return true;
}
