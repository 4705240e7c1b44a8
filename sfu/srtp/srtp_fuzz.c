/* Strangers' packets are never opened; what we sealed is opened, unless a byte of it was changed. */
#include "srtp/srtpctx.h"
#include "srtp/srtpseal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CAP 1600

static void must(bool condition)
{
    if (!condition)
        abort();
}

static enum err open_copy(struct srtpctx *ctx, bool rtcp, struct bytes in)
{
    uint8_t *copy = malloc(in.len ? in.len : 1); /* exactly as long: ASan sees every step beyond */
    size_t len = in.len;
    must(copy);
    if (len)
        memcpy(copy, in.p, len);
    enum err e = rtcp ? srtpctx_open_rtcp(ctx, copy, &len) : srtpctx_open_rtp(ctx, copy, &len);
    must(len <= in.len);
    free(copy);
    return e;
}

/* Seals the input as RTP with a plain header, changes one byte if asked to, and opens it. */
static void round_trip(struct srtpseal_mgr *mgr, struct srtpseal_key *key, struct srtpctx *ctx, struct bytes body)
{
    uint8_t p[CAP];
    struct srtpseal_stream stream = {0};
    struct rd r = rd_of(body);
    unsigned change_at = rd_u16(&r), change = rd_u8(&r), prefix = rd_u8(&r);
    struct bytes payload = rd_bytes(&r, rd_left(&r) < 1200 ? rd_left(&r) : 1200);
    if (prefix > payload.len)
        prefix = 0;
    struct wr w = wr_of(p, sizeof(p));
    wr_u64(&w, 0x8060000100000001);
    wr_u32(&w, 77);
    wr_bytes(&w, bytes_of(payload.p, prefix));
    struct srtpseal_packet packet = {
        .index = 1, .dst = p, .dst_cap = sizeof(p), .header_len = 12, .prefix_len = prefix};
    packet.payload = bytes_of(payload.p + prefix, payload.len - prefix);
    size_t len = srtpseal_put(mgr, key, &stream, &packet);
    srtpseal_flush(mgr);
    must(len > 0);
    p[change_at % len] ^= (uint8_t)change;
    must((open_copy(ctx, false, bytes_of(p, len)) == OK) == (change == 0));
}

/* Its self-tests take milliseconds. */
static void library_init_once(void)
{
    static bool done;
    if (!done)
        must(srtpctx_library_init() == OK);
    done = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum srtpkey_suite suites[] = {SRTPKEY_GCM_128, SRTPKEY_GCM_256, SRTPKEY_CM_SHA1_80};
    struct rd r = rd_of(bytes_of(data, size));
    unsigned choice = rd_u8(&r);
    struct srtpkey master = {.suite = suites[choice % 3], .key = {1}, .salt = {2}};
    struct srtpseal_mgr *mgr = NULL;
    struct srtpseal_key *key = NULL;
    struct srtpctx *ctx = NULL;
    library_init_once();
    must(srtpctx_new(&master, &ctx) == OK);
    must(srtpseal_mgr_new(choice & 0x80 ? SRTPSEAL_PORTABLE : SRTPSEAL_FASTEST, &mgr) == OK);
    must(srtpseal_key_new(mgr, &master, &key) == OK);

    struct bytes rest = rd_bytes(&r, rd_left(&r));
    must(open_copy(ctx, false, rest) != OK);
    must(open_copy(ctx, true, rest) != OK);
    must(srtpctx_n_streams(ctx) == 0);
    round_trip(mgr, key, ctx, rest);

    srtpctx_free(ctx);
    srtpseal_key_free(key);
    srtpseal_mgr_free(mgr);
    return 0;
}
