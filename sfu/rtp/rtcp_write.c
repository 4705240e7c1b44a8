/* rtcp_write.c: one function for each packet type that we send. */
#include "rtp/rtcp.h"
#include "rtp/seq.h"

#include <assert.h>

/* Opens a packet and answers where its length goes; NULL when full. */
static uint8_t *rtcp_begin(struct wr *w, unsigned count, unsigned pt)
{
    uint8_t *head = wr_take(w, 4);
    if (!head)
        return NULL;
    head[0] = (uint8_t)(0x80 | (count & 31));
    head[1] = (uint8_t)pt;
    return head;
}

static void rtcp_end(struct wr *w, uint8_t *head)
{
    if (w->bad || !head)
        return;
    size_t words = (size_t)(w->p - head) / 4 - 1;
    head[2] = (uint8_t)(words >> 8);
    head[3] = (uint8_t)words;
}

static void rtcp_write_blocks(struct wr *w, const struct rtcp_block *blocks, unsigned n_blocks)
{
    for (unsigned i = 0; i < n_blocks; i++) {
        const struct rtcp_report *b = &blocks[i].report;
        wr_u32(w, blocks[i].ssrc);
        wr_u8(w, b->fraction_lost);
        wr_u24(w, (uint32_t)b->total_lost & 0xffffff);
        wr_u32(w, b->highest_seq);
        wr_u32(w, b->jitter);
        wr_u32(w, b->lsr);
        wr_u32(w, b->dlsr);
    }
}

void rtcp_write_sr(struct wr *w, uint32_t ssrc, const struct rtcp_sr *sr, const struct rtcp_block *blocks,
                   unsigned n_blocks)
{
    assert(n_blocks <= RTCP_MAX_BLOCKS);
    uint8_t *head = rtcp_begin(w, n_blocks, 200);
    wr_u32(w, ssrc);
    wr_u64(w, sr->ntp);
    wr_u32(w, sr->rtp_ts);
    wr_u32(w, sr->n_packets);
    wr_u32(w, sr->n_octets);
    rtcp_write_blocks(w, blocks, n_blocks);
    rtcp_end(w, head);
}

void rtcp_write_rr(struct wr *w, uint32_t ssrc, const struct rtcp_block *blocks, unsigned n_blocks)
{
    assert(n_blocks <= RTCP_MAX_BLOCKS);
    uint8_t *head = rtcp_begin(w, n_blocks, 201);
    wr_u32(w, ssrc);
    rtcp_write_blocks(w, blocks, n_blocks);
    rtcp_end(w, head);
}

void rtcp_write_cname(struct wr *w, uint32_t ssrc, struct bytes cname)
{
    uint8_t *head = rtcp_begin(w, 1, 202);
    uint8_t len = cname.len > RTCP_MAX_CNAME ? RTCP_MAX_CNAME : (uint8_t)cname.len;
    wr_u32(w, ssrc);
    wr_u8(w, 1);
    wr_u8(w, len);
    wr_bytes(w, bytes_of(cname.p, len));
    wr_u8(w, 0); /* the end of the items, and on to the end of the word */
    while (!w->bad && (size_t)(w->p - head) % 4)
        wr_u8(w, 0);
    rtcp_end(w, head);
}

void rtcp_write_nack(struct wr *w, uint32_t ssrc, uint32_t media_ssrc, const uint16_t *seqs, unsigned n_seqs)
{
    if (n_seqs == 0)
        return;
    uint8_t *head = rtcp_begin(w, 1, 205);
    wr_u32(w, ssrc);
    wr_u32(w, media_ssrc);
    for (unsigned i = 0; i < n_seqs;) {
        uint16_t pid = seqs[i++], blp = 0;
        for (; i < n_seqs && seq_diff(seqs[i], pid) > 0 && seq_diff(seqs[i], pid) <= 16; i++)
            blp |= (uint16_t)(1u << (seq_diff(seqs[i], pid) - 1));
        wr_u16(w, pid);
        wr_u16(w, blp);
    }
    rtcp_end(w, head);
}

void rtcp_write_pli(struct wr *w, uint32_t ssrc, uint32_t media_ssrc)
{
    uint8_t *head = rtcp_begin(w, 1, 206);
    wr_u32(w, ssrc);
    wr_u32(w, media_ssrc);
    rtcp_end(w, head);
}

void rtcp_write_fir(struct wr *w, uint32_t ssrc, uint32_t media_ssrc, uint8_t fir_seq)
{
    uint8_t *head = rtcp_begin(w, 4, 206);
    wr_u32(w, ssrc);
    wr_u32(w, 0); /* RFC 5104 4.3.1.2: the one asked is in the entry */
    wr_u32(w, media_ssrc);
    wr_u8(w, fir_seq);
    wr_u24(w, 0);
    rtcp_end(w, head);
}
