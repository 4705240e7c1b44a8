/* srtpseal.c: which index may be sealed, with what nonce, by which engine. */
#include "srtp/srtpseal.h"

#include "srtp/srtpseal_priv.h"

#include <stdlib.h>

#define RTP_HEADER  12
#define RTCP_HEADER 8
#define RTCP_E      0x80000000U /* the packet is encrypted (RFC 3711 3.4) */
#define INDEX_LIMIT ((uint64_t)1 << 48)

struct srtpseal_mgr {
    struct mbseal *mb; /* NULL: OpenSSL does it all */
};

struct srtpseal_key {
    struct mbseal_key mb; /* first: it is aligned */
    enum srtpkey_suite suite;
    uint8_t salt[SRTPKEY_SALT_MAX], rtcp_salt[SRTPKEY_SALT_MAX];
    struct evpseal_key evp; /* RTP, without libipsec-mb */
    struct evpseal_key rtcp;
};

enum err srtpseal_mgr_new(enum srtpseal_engine engine, struct srtpseal_mgr **out)
{
    struct srtpseal_mgr *mgr = calloc(1, sizeof(*mgr));
    if (!mgr)
        return ERR_NOMEM;
    if (engine == SRTPSEAL_FASTEST && mbseal_new(&mgr->mb) == ERR_NOMEM) {
        free(mgr);
        return ERR_NOMEM;
    }
    *out = mgr;
    return OK;
}

void srtpseal_mgr_free(struct srtpseal_mgr *mgr)
{
    if (!mgr)
        return;
    mbseal_free(mgr->mb);
    free(mgr);
}

/* The three secrets of RTP, or of RTCP, whose labels follow upon `first`. */
static enum err secrets_derive(const struct srtpkey *master, enum seal_label first, struct seal_secret *secret,
                               uint8_t *salt)
{
    secret->suite = master->suite;
    enum err e = evpseal_derive(master, first, secret->cipher, srtpkey_len(master->suite));
    if (!e)
        e = evpseal_derive(master, first + 1, secret->auth, SEAL_AUTH_LEN);
    if (!e)
        e = evpseal_derive(master, first + 2, salt, srtpkey_salt_len(master->suite));
    return e;
}

static enum err key_fill(struct srtpseal_mgr *mgr, const struct srtpkey *local, struct srtpseal_key *key)
{
    struct seal_secret secret;
    enum err e = secrets_derive(local, SEAL_RTP_CIPHER, &secret, key->salt);
    if (!e && mgr->mb)
        mbseal_key_init(mgr->mb, &key->mb, &secret);
    else if (!e)
        e = evpseal_key_init(&key->evp, &secret);
    if (!e)
        e = secrets_derive(local, SEAL_RTCP_CIPHER, &secret, key->rtcp_salt);
    if (!e)
        e = evpseal_key_init(&key->rtcp, &secret);
    explicit_bzero(&secret, sizeof(secret));
    return e;
}

enum err srtpseal_key_new(struct srtpseal_mgr *mgr, const struct srtpkey *local, struct srtpseal_key **out)
{
    if (local->suite != SRTPKEY_CM_SHA1_80 && local->suite != SRTPKEY_GCM_128 && local->suite != SRTPKEY_GCM_256)
        return ERR_UNSUPPORTED;
    struct srtpseal_key *key = aligned_alloc(MBSEAL_KEY_ALIGN, sizeof(*key));
    if (!key)
        return ERR_NOMEM;
    memset(key, 0, sizeof(*key));
    key->suite = local->suite;
    enum err e = key_fill(mgr, local, key);
    if (e) {
        srtpseal_key_free(key);
        return e;
    }
    *out = key;
    return OK;
}

void srtpseal_key_free(struct srtpseal_key *key)
{
    if (!key)
        return;
    evpseal_key_reset(&key->evp);
    evpseal_key_reset(&key->rtcp);
    explicit_bzero(key, sizeof(*key));
    free(key);
}

size_t srtpseal_rtp_overhead(const struct srtpseal_key *key)
{
    return key->suite == SRTPKEY_CM_SHA1_80 ? CM_TAG_LEN : GCM_TAG_LEN;
}

static uint64_t *stream_word(struct srtpseal_stream *s, uint64_t index, uint64_t *bit)
{
    *bit = (uint64_t)1 << index % 64;
    return &s->used[index / 64 % (SRTPSEAL_WINDOW / 64)];
}

/* Marks the index as used; false if it was, or may have been. */
static bool stream_use(struct srtpseal_stream *s, uint64_t index)
{
    uint64_t bit;
    if (index >= s->next) {
        if (index - s->next >= SRTPSEAL_WINDOW)
            memset(s->used, 0, sizeof(s->used));
        else
            for (uint64_t i = s->next; i <= index; i++)
                *stream_word(s, i, &bit) &= ~((uint64_t)1 << i % 64);
        s->next = index + 1;
    } else if (s->next - index > SRTPSEAL_WINDOW) {
        return false;
    }
    uint64_t *word = stream_word(s, index, &bit);
    if (*word & bit)
        return false;
    *word |= bit;
    return true;
}

/* RFC 7714 8.1 (RTP: SSRC, ROC, SEQ) and 9.1 (RTCP: SSRC, 0, index): salt XOR (0 ‖ SSRC ‖ 48 bits). */
static void gcm_iv(uint8_t iv[GCM_IV_LEN], const uint8_t *salt, const uint8_t *ssrc, uint64_t index)
{
    memcpy(iv, salt, GCM_IV_LEN);
    for (unsigned i = 0; i < 4; i++)
        iv[2 + i] ^= ssrc[i];
    for (unsigned i = 0; i < 6; i++)
        iv[6 + i] ^= (uint8_t)(index >> (40 - 8 * i));
}

/* RFC 3711 4.1.1: (salt · 2^16) XOR (SSRC · 2^64) XOR (index · 2^16). */
static void cm_iv(uint8_t iv[CM_IV_LEN], const uint8_t *salt, const uint8_t *ssrc, uint64_t index)
{
    memcpy(iv, salt, SRTPKEY_SALT_MAX);
    iv[14] = iv[15] = 0;
    for (unsigned i = 0; i < 4; i++)
        iv[4 + i] ^= ssrc[i];
    for (unsigned i = 0; i < 6; i++)
        iv[8 + i] ^= (uint8_t)(index >> (40 - 8 * i));
}

static bool seal_gcm(struct srtpseal_mgr *mgr, const struct srtpseal_key *key, struct seal_work *w, uint64_t index)
{
    gcm_iv(w->iv, key->salt, w->p + 8, index);
    if (!mgr->mb)
        return evpseal_gcm(&key->evp, w, bytes_of(w->p, w->header_len));
    mbseal_gcm(mgr->mb, &key->mb, key->suite == SRTPKEY_GCM_256, w);
    return true;
}

static bool seal_cm(struct srtpseal_mgr *mgr, const struct srtpseal_key *key, struct seal_work *w, uint64_t index)
{
    uint8_t roc[4];
    cm_iv(w->iv, key->salt, w->p + 8, index);
    w->roc = (uint32_t)(index >> 16);
    if (mgr->mb)
        return mbseal_cm(mgr->mb, &key->mb, w);
    struct wr r = wr_of(roc, sizeof(roc));
    wr_u32(&r, w->roc);
    size_t len = seal_work_len(w);
    return evpseal_cm_encrypt(&key->evp, w) &&
           evpseal_cm_tag(&key->evp, bytes_of(w->p, len), bytes_of(roc, sizeof(roc)), w->p + len);
}

size_t srtpseal_put(struct srtpseal_mgr *mgr, const struct srtpseal_key *key, struct srtpseal_stream *stream,
                    const struct srtpseal_packet *packet)
{
    struct seal_work w = {
        .p = packet->dst,
        .header_len = packet->header_len,
        .prefix_len = packet->prefix_len,
        .payload = packet->payload,
    };
    size_t len = seal_work_len(&w);
    if (w.header_len < RTP_HEADER || len > SRTPSEAL_PACKET_CAP || len + SRTPKEY_TAG_MAX > packet->dst_cap)
        return 0;
    unsigned seq = (unsigned)w.p[2] << 8 | w.p[3];
    if (packet->index >= INDEX_LIMIT || seq != (packet->index & 0xFFFF) || !stream_use(stream, packet->index))
        return 0;
    bool ok =
        key->suite == SRTPKEY_CM_SHA1_80 ? seal_cm(mgr, key, &w, packet->index) : seal_gcm(mgr, key, &w, packet->index);
    return ok ? len + srtpseal_rtp_overhead(key) : 0;
}

void srtpseal_flush(struct srtpseal_mgr *mgr)
{
    if (mgr->mb)
        mbseal_flush(mgr->mb);
}

/* RFC 7714 9: header (8) | ciphertext | tag (16) | E, index (4); the header and the last word are the AAD. */
static size_t rtcp_gcm(const struct srtpseal_key *key, uint32_t index, struct seal_work *w)
{
    uint8_t aad[RTCP_HEADER + 4];
    gcm_iv(w->iv, key->rtcp_salt, w->p + 4, index);
    struct wr a = wr_of(aad, sizeof(aad));
    wr_bytes(&a, bytes_of(w->p, RTCP_HEADER));
    wr_u32(&a, RTCP_E | index);
    if (!evpseal_gcm(&key->rtcp, w, bytes_of(aad, sizeof(aad))))
        return 0;
    size_t len = seal_work_len(w) + GCM_TAG_LEN;
    memcpy(w->p + len, aad + RTCP_HEADER, 4);
    return len + 4;
}

/* RFC 3711 3.4: header (8) | ciphertext | E, index (4) | tag (10). */
static size_t rtcp_cm(const struct srtpseal_key *key, uint32_t index, struct seal_work *w)
{
    cm_iv(w->iv, key->rtcp_salt, w->p + 4, index);
    if (!evpseal_cm_encrypt(&key->rtcp, w))
        return 0;
    size_t len = seal_work_len(w);
    struct wr trailer = wr_of(w->p + len, 4);
    wr_u32(&trailer, RTCP_E | index);
    len += 4;
    return evpseal_cm_tag(&key->rtcp, bytes_of(w->p, len), bytes_of(w->p, 0), w->p + len) ? len + CM_TAG_LEN : 0;
}

size_t srtpseal_rtcp(struct srtpseal_mgr *mgr, const struct srtpseal_key *key, uint32_t *index, uint8_t *p, size_t len,
                     size_t cap)
{
    (void)mgr; /* rare enough for OpenSSL, with either engine */
    if (len < RTCP_HEADER || cap < SRTPKEY_RTCP_MAX || len > cap - SRTPKEY_RTCP_MAX || *index & RTCP_E)
        return 0;
    struct seal_work w = {.p = p, .header_len = RTCP_HEADER, .prefix_len = len - RTCP_HEADER};
    uint32_t at = (*index)++;
    return key->suite == SRTPKEY_CM_SHA1_80 ? rtcp_cm(key, at, &w) : rtcp_gcm(key, at, &w);
}
