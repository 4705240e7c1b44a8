/* srtpctx.c: libsrtp2's sessions, with a bound on their streams that the library doesn't have. */
#include "srtp/srtpctx.h"

#include "common/bytes.h"

#include <arpa/inet.h>
#include <srtp2/srtp.h>
#include <stdlib.h>

#define REPLAY_WINDOW 1024
#define PACKET_MAX    65535
#define FIRST_MAX     1600 /* bytes of a stream's first packet, for two guesses */
#define RTP_HEADER    12
#define RTCP_HEADER   8
#define RTCP_TRAILER  4
#define TAG_MIN       10

struct stream {
    uint32_t ssrc;
    uint64_t heard; /* the packet's number in the context */
};

struct srtpctx {
    srtp_t session;
    struct srtpkey key; /* for a second guess at a stream's rollover counter */
    uint64_t n_opened;
    unsigned n_streams, last; /* last: where the last packet's stream is */
    struct stream streams[SRTPCTX_STREAMS];
};

enum err srtpctx_library_init(void)
{
    srtp_err_status_t status = srtp_init();
    /* the second time it says that its debug module is loaded already */
    return status == srtp_err_status_ok || status == srtp_err_status_bad_param ? OK : ERR_IO;
}

static bool policy_set(srtp_policy_t *p, enum srtpkey_suite suite)
{
    switch (suite) {
    case SRTPKEY_GCM_128:
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&p->rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&p->rtcp);
        return true;
    case SRTPKEY_GCM_256:
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&p->rtp);
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&p->rtcp);
        return true;
    case SRTPKEY_CM_SHA1_80:
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&p->rtp);
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&p->rtcp);
        return true;
    }
    return false;
}

static void key_write(const struct srtpkey *k, uint8_t out[sizeof k->key + sizeof k->salt])
{
    size_t key_len = srtpkey_len(k->suite);
    memcpy(out, k->key, key_len);
    memcpy(out + key_len, k->salt, srtpkey_salt_len(k->suite));
}

enum err srtpctx_new(const struct srtpkey *remote, struct srtpctx **out)
{
    uint8_t key[sizeof(remote->key) + sizeof(remote->salt)];
    srtp_policy_t policy = {0};
    if (!policy_set(&policy, remote->suite))
        return ERR_UNSUPPORTED;
    struct srtpctx *ctx = calloc(1, sizeof(*ctx));
    if (!ctx)
        return ERR_NOMEM;
    ctx->key = *remote;
    key_write(remote, key);
    policy.ssrc.type = ssrc_any_inbound;
    policy.key = key;
    policy.window_size = REPLAY_WINDOW;
    srtp_err_status_t status = srtp_create(&ctx->session, &policy);
    explicit_bzero(key, sizeof(key));
    if (status != srtp_err_status_ok) {
        free(ctx);
        return status == srtp_err_status_alloc_fail ? ERR_NOMEM : ERR_UNSUPPORTED;
    }
    *out = ctx;
    return OK;
}

void srtpctx_free(struct srtpctx *ctx)
{
    if (!ctx)
        return;
    (void)srtp_dealloc(ctx->session);
    explicit_bzero(&ctx->key, sizeof ctx->key);
    free(ctx);
}

static enum err status_err(srtp_err_status_t status)
{
    switch (status) {
    case srtp_err_status_ok:
        return OK;
    case srtp_err_status_replay_fail:
    case srtp_err_status_replay_old:
    case srtp_err_status_pkt_idx_old:
        return ERR_REPLAY;
    case srtp_err_status_alloc_fail:
        return ERR_NOMEM;
    case srtp_err_status_bad_param:
    case srtp_err_status_parse_err:
        return ERR_SYNTAX;
    default:
        return ERR_AUTH;
    }
}

/* Index of the stream, or n_streams. Packets come in runs of one stream. */
static unsigned stream_find(const struct srtpctx *ctx, uint32_t ssrc)
{
    if (ctx->last < ctx->n_streams && ctx->streams[ctx->last].ssrc == ssrc)
        return ctx->last;
    unsigned i = 0;
    while (i < ctx->n_streams && ctx->streams[i].ssrc != ssrc)
        i++;
    return i;
}

static unsigned stream_oldest(const struct srtpctx *ctx)
{
    unsigned oldest = 0;
    for (unsigned i = 1; i < ctx->n_streams; i++)
        if (ctx->streams[i].heard < ctx->streams[oldest].heard)
            oldest = i;
    return oldest;
}

/* An authentic packet of this SSRC came: libsrtp2 has made a stream for it if it had none. */
static void stream_heard(struct srtpctx *ctx, uint32_t ssrc)
{
    unsigned at = stream_find(ctx, ssrc);
    if (at == SRTPCTX_STREAMS) {
        at = stream_oldest(ctx);
        (void)srtp_remove_stream(ctx->session, htonl(ctx->streams[at].ssrc));
    } else if (at == ctx->n_streams) {
        ctx->n_streams++;
    }
    ctx->streams[at] = (struct stream){ssrc, ctx->n_opened++};
    ctx->last = at;
}

/* The fixed header, CSRCs and extension must lie within the packet, and a tag behind them. libsrtp2 checks too, but
 * this is what reads bytes from strangers. */
static enum err rtp_check(struct bytes packet, uint32_t *ssrc)
{
    struct rd r = rd_of(packet);
    uint8_t first = rd_u8(&r);
    rd_skip(&r, 7);
    *ssrc = rd_u32(&r);
    rd_skip(&r, (size_t)4 * (first & 0x0F));
    if (first & 0x10) {
        rd_skip(&r, 2);
        rd_skip(&r, (size_t)4 * rd_u16(&r));
    }
    if (r.bad || rd_left(&r) < TAG_MIN)
        return ERR_SHORT;
    return first >> 6 == 2 && packet.len <= PACKET_MAX ? OK : ERR_SYNTAX;
}

static enum err rtcp_check(struct bytes packet, uint32_t *ssrc)
{
    struct rd r = rd_of(packet);
    uint8_t first = rd_u8(&r);
    rd_skip(&r, 3);
    *ssrc = rd_u32(&r);
    if (packet.len < RTCP_HEADER + RTCP_TRAILER + TAG_MIN)
        return ERR_SHORT;
    return first >> 6 == 2 && packet.len <= PACKET_MAX ? OK : ERR_SYNTAX;
}

/* RFC 3711 3.3.1: the rollover counter of a stream of which nothing was heard is 0 at its beginning; if its first
 * packets were lost while its numbers wrapped, it is 1. The stream stays only if that was right. */
static srtp_err_status_t open_after_a_wrap(struct srtpctx *ctx, uint32_t ssrc, uint8_t *packet, int *len)
{
    uint8_t key[sizeof ctx->key.key + sizeof ctx->key.salt];
    srtp_policy_t policy = {.ssrc = {ssrc_specific, ssrc}, .key = key, .window_size = REPLAY_WINDOW};
    if (!policy_set(&policy, ctx->key.suite))
        return srtp_err_status_fail;
    key_write(&ctx->key, key);
    srtp_err_status_t status = srtp_add_stream(ctx->session, &policy);
    explicit_bzero(key, sizeof key);
    if (status == srtp_err_status_ok)
        status = srtp_set_stream_roc(ctx->session, ssrc, 1);
    if (status == srtp_err_status_ok)
        status = srtp_unprotect(ctx->session, packet, len);
    if (status != srtp_err_status_ok)
        (void)srtp_remove_stream(ctx->session, htonl(ssrc));
    return status;
}

/* A packet may have only one guess in place: what fails is written over. */
static enum err open_first(struct srtpctx *ctx, uint32_t ssrc, uint8_t *packet, int *len)
{
    uint8_t copy[FIRST_MAX];
    bool may_have_wrapped = !(packet[2] & 0x80) && *len <= FIRST_MAX;
    int sealed = *len;
    if (may_have_wrapped)
        memcpy(copy, packet, (size_t)sealed);
    enum err e = status_err(srtp_unprotect(ctx->session, packet, len));
    if (e != ERR_AUTH || !may_have_wrapped)
        return e;
    *len = sealed;
    memcpy(packet, copy, (size_t)sealed);
    return status_err(open_after_a_wrap(ctx, ssrc, packet, len));
}

enum err srtpctx_open_rtp(struct srtpctx *ctx, uint8_t *packet, size_t *len)
{
    uint32_t ssrc = 0;
    enum err e = rtp_check(bytes_of(packet, *len), &ssrc);
    if (e)
        return e;
    int n = (int)*len;
    bool known = stream_find(ctx, ssrc) < ctx->n_streams;
    e = known ? status_err(srtp_unprotect(ctx->session, packet, &n)) : open_first(ctx, ssrc, packet, &n);
    if (e)
        return e;
    stream_heard(ctx, ssrc);
    *len = (size_t)n;
    return OK;
}

enum err srtpctx_open_rtcp(struct srtpctx *ctx, uint8_t *packet, size_t *len)
{
    uint32_t ssrc = 0;
    enum err e = rtcp_check(bytes_of(packet, *len), &ssrc);
    if (e)
        return e;
    int n = (int)*len;
    e = status_err(srtp_unprotect_rtcp(ctx->session, packet, &n));
    if (e)
        return e;
    stream_heard(ctx, ssrc);
    *len = (size_t)n;
    return OK;
}

unsigned srtpctx_n_streams(const struct srtpctx *ctx)
{
    return ctx->n_streams;
}
