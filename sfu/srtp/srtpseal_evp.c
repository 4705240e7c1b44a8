/* srtpseal_evp.c: the portable engine: OpenSSL, with contexts that keep their key. */
#include "srtp/srtpseal_priv.h"

#include "common/openssl.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

#define DERIVE_MAX 128
#define LABEL_AT   7 /* RFC 3711 4.3.1: key_id = label ‖ r (48 bits) is added at the right end of the 112-bit salt */

static const EVP_CIPHER *suite_cipher(enum srtpkey_suite suite)
{
    switch (suite) {
    case SRTPKEY_GCM_128:
        return EVP_aes_128_gcm();
    case SRTPKEY_GCM_256:
        return EVP_aes_256_gcm();
    case SRTPKEY_CM_SHA1_80:
        break;
    }
    return EVP_aes_128_ctr();
}

static EVP_MAC_CTX *mac_new(const uint8_t auth[SEAL_AUTH_LEN])
{
    char digest[] = "SHA1";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                           OSSL_PARAM_construct_end()};
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    EVP_MAC_free(hmac);
    if (ctx && EVP_MAC_init(ctx, auth, SEAL_AUTH_LEN, params))
        return ctx;
    EVP_MAC_CTX_free(ctx);
    return NULL;
}

enum err evpseal_key_init(struct evpseal_key *key, const struct seal_secret *secret)
{
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    bool cm = secret->suite == SRTPKEY_CM_SHA1_80;
    EVP_MAC_CTX *mac = cm ? mac_new(secret->auth) : NULL;
    if (!cipher || (cm && !mac) ||
        !EVP_EncryptInit_ex(cipher, suite_cipher(secret->suite), NULL, secret->cipher, NULL)) {
        EVP_CIPHER_CTX_free(cipher);
        EVP_MAC_CTX_free(mac);
        return ERR_NOMEM;
    }
    *key = (struct evpseal_key){cipher, mac};
    return OK;
}

void evpseal_key_reset(struct evpseal_key *key)
{
    EVP_CIPHER_CTX_free(key->cipher);
    EVP_MAC_CTX_free(key->mac);
    *key = (struct evpseal_key){NULL, NULL};
}

/* The prefix in place, then the payload to behind it. */
static bool body_encrypt(EVP_CIPHER_CTX *c, const struct seal_work *w)
{
    uint8_t *at = w->p + w->header_len;
    int n = 0;
    if (w->prefix_len && !EVP_EncryptUpdate(c, at, &n, at, (int)w->prefix_len))
        return false;
    return w->payload.len == 0 || EVP_EncryptUpdate(c, at + w->prefix_len, &n, w->payload.p, (int)w->payload.len);
}

bool evpseal_gcm(const struct evpseal_key *key, const struct seal_work *w, struct bytes aad)
{
    EVP_CIPHER_CTX *c = key->cipher;
    uint8_t *tag = w->p + seal_work_len(w);
    int n = 0;
    return EVP_EncryptInit_ex(c, NULL, NULL, NULL, w->iv) && EVP_EncryptUpdate(c, NULL, &n, aad.p, (int)aad.len) &&
           body_encrypt(c, w) && EVP_EncryptFinal_ex(c, tag, &n) &&
           EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, GCM_TAG_LEN, tag);
}

bool evpseal_cm_encrypt(const struct evpseal_key *key, const struct seal_work *w)
{
    return EVP_EncryptInit_ex(key->cipher, NULL, NULL, NULL, w->iv) && body_encrypt(key->cipher, w);
}

bool evpseal_cm_tag(const struct evpseal_key *key, struct bytes sealed, struct bytes more, uint8_t tag[CM_TAG_LEN])
{
    uint8_t full[SEAL_AUTH_LEN];
    size_t n = 0;
    if (!EVP_MAC_init(key->mac, NULL, 0, NULL) || !EVP_MAC_update(key->mac, sealed.p, sealed.len) ||
        !EVP_MAC_update(key->mac, more.p, more.len) || !EVP_MAC_final(key->mac, full, &n, sizeof(full)))
        return false;
    memcpy(tag, full, CM_TAG_LEN);
    return true;
}

/* AES in counter mode over zeros (RFC 3711 4.3.3). */
enum err evpseal_derive(const struct srtpkey *master, enum seal_label label, uint8_t *out, size_t len)
{
    static const uint8_t zeros[DERIVE_MAX];
    if (len > DERIVE_MAX)
        return ERR_FULL;
    uint8_t iv[16] = {0}; /* x · 2^16; a GCM salt is 96 bits and 16 zeros (RFC 7714 11) */
    memcpy(iv, master->salt, srtpkey_salt_len(master->suite));
    iv[LABEL_AT] ^= (uint8_t)label;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *cipher = master->suite == SRTPKEY_GCM_256 ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
    int n = 0;
    bool ok = ctx && EVP_EncryptInit_ex(ctx, cipher, NULL, master->key, iv) &&
              EVP_EncryptUpdate(ctx, out, &n, zeros, (int)len);
    EVP_CIPHER_CTX_free(ctx);
    return ok ? OK : ERR_NOMEM;
}
