/* srtpseal_priv.h: the two engines behind srtpseal.h. mbseal_ is libipsec-mb, evpseal_ is OpenSSL; the framing of RFC
 * 3711 and RFC 7714 is above both, in srtpseal.c. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"
#include "srtp/srtpkey.h"
#include "srtp/srtpseal.h"

#define CM_TAG_LEN  10
#define GCM_TAG_LEN 16
#define GCM_IV_LEN  12
#define CM_IV_LEN   16

/* What a session key is for (RFC 3711 4.3.1). */
enum seal_label {
    SEAL_RTP_CIPHER = 0,
    SEAL_RTP_AUTH,
    SEAL_RTP_SALT,
    SEAL_RTCP_CIPHER,
    SEAL_RTCP_AUTH,
    SEAL_RTCP_SALT,
};

#define SEAL_AUTH_LEN 20

/* One packet for an engine: p holds header_len bytes to authenticate, then prefix_len bytes to encrypt where they are;
 * payload is encrypted to behind them, and the tag follows. There is room for all of it. */
struct seal_work {
    uint8_t *p;
    size_t header_len, prefix_len;
    struct bytes payload;
    uint8_t iv[CM_IV_LEN]; /* GCM: the first 12 bytes */
    uint32_t roc;          /* CM: authenticated, not sent (RFC 3711 4.2) */
};

static inline size_t seal_work_len(const struct seal_work *w)
{
    return w->header_len + w->prefix_len + w->payload.len; /* without the tag */
}

/* Session keys of one direction and purpose. */
struct seal_secret {
    enum srtpkey_suite suite;
    uint8_t cipher[32], auth[SEAL_AUTH_LEN];
};

/* OpenSSL. */
struct evpseal_key {
    void *cipher, *mac; /* EVP_CIPHER_CTX, EVP_MAC_CTX (CM only) */
};
MUST_CHECK enum err evpseal_key_init(struct evpseal_key *key, const struct seal_secret *secret);
/* len bytes (at most 128) of a session key for one purpose (RFC 3711 4.3, RFC 6188, RFC 7714 11), with a key derivation
 * rate of zero. ERR_NOMEM. */
MUST_CHECK enum err evpseal_derive(const struct srtpkey *master, enum seal_label label, uint8_t *out, size_t len);
void evpseal_key_reset(struct evpseal_key *key);
bool evpseal_gcm(const struct evpseal_key *key, const struct seal_work *w, struct bytes aad);
bool evpseal_cm_encrypt(const struct evpseal_key *key, const struct seal_work *w);
bool evpseal_cm_tag(const struct evpseal_key *key, struct bytes sealed, struct bytes more, uint8_t tag[CM_TAG_LEN]);

/* libipsec-mb. */
#define MBSEAL_KEY_ALIGN 64
struct mbseal;
struct mbseal_key {
    _Alignas(MBSEAL_KEY_ALIGN) uint8_t expanded[1024];
    uint8_t ipad[SEAL_AUTH_LEN], opad[SEAL_AUTH_LEN]; /* CM */
};
MUST_CHECK enum err mbseal_new(struct mbseal **mb); /* ERR_UNSUPPORTED: no AES instructions; ERR_NOMEM */
void mbseal_free(struct mbseal *mb);
void mbseal_key_init(struct mbseal *mb, struct mbseal_key *key, const struct seal_secret *secret);
void mbseal_gcm(struct mbseal *mb, const struct mbseal_key *key, bool aes256, const struct seal_work *w);
bool mbseal_cm(struct mbseal *mb, const struct mbseal_key *key, const struct seal_work *w); /* done by mbseal_flush() */
void mbseal_flush(struct mbseal *mb);
