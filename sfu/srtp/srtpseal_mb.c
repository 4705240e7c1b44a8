/* srtpseal_mb.c: the fast engine, libipsec-mb: GCM by its direct call; AES_CM with HMAC-SHA1 by its jobs, many packets
 * at once. */
#include "srtp/srtpseal_priv.h"

#include <assert.h>
#include <intel-ipsec-mb.h>
#include <stdlib.h>

#define IPSEC_TAG_LEN 12 /* the shortest HMAC-SHA1 tag that the library writes */
#define ROC_LEN       4

/* An AES_CM packet under way. It is encrypted here and only then copied to where it is sent from: whoever sends too
 * early sends no plaintext. */
struct mb_slot {
    uint8_t *dst; /* NULL: free */
    size_t len;
    uint8_t iv[CM_IV_LEN];
    uint8_t tag[IPSEC_TAG_LEN];
    uint8_t stage[SRTPSEAL_PACKET_CAP + ROC_LEN];
};

struct mbseal {
    IMB_MGR *mgr;
    unsigned next; /* slot; jobs complete in order */
    struct mb_slot slots[SRTPSEAL_PENDING];
};

static_assert(sizeof(struct gcm_key_data) <= sizeof(((struct mbseal_key *)0)->expanded), "a GCM key fits");

enum err mbseal_new(struct mbseal **out)
{
    struct mbseal *mb = calloc(1, sizeof(*mb));
    IMB_MGR *mgr = mb ? alloc_mb_mgr(0) : NULL;
    if (!mgr) {
        free(mb);
        return ERR_NOMEM;
    }
    mb->mgr = mgr;
    IMB_ARCH arch = IMB_ARCH_NONE;
    init_mb_mgr_auto(mgr, &arch);
    if (imb_get_errno(mgr) != 0 || arch == IMB_ARCH_NONE || arch == IMB_ARCH_NOAESNI) {
        mbseal_free(mb);
        return ERR_UNSUPPORTED;
    }
    *out = mb;
    return OK;
}

void mbseal_free(struct mbseal *mb)
{
    if (!mb)
        return;
    free_mb_mgr(mb->mgr);
    free(mb);
}

/* The state of SHA-1 after one block of the key XOR pad (RFC 2104). */
static void hmac_pad(IMB_MGR *mgr, const uint8_t auth[SEAL_AUTH_LEN], uint8_t pad, uint8_t *out)
{
    uint8_t block[IMB_SHA1_BLOCK_SIZE];
    memset(block, pad, sizeof(block));
    for (unsigned i = 0; i < SEAL_AUTH_LEN; i++)
        block[i] ^= auth[i];
    IMB_SHA1_ONE_BLOCK(mgr, block, out);
}

void mbseal_key_init(struct mbseal *mb, struct mbseal_key *key, const struct seal_secret *secret)
{
    _Alignas(16) uint8_t decrypt[11 * 16]; /* not wanted, but written */
    struct gcm_key_data *gcm = (struct gcm_key_data *)key->expanded;
    switch (secret->suite) {
    case SRTPKEY_GCM_128:
        IMB_AES128_GCM_PRE(mb->mgr, secret->cipher, gcm);
        break;
    case SRTPKEY_GCM_256:
        IMB_AES256_GCM_PRE(mb->mgr, secret->cipher, gcm);
        break;
    case SRTPKEY_CM_SHA1_80:
        IMB_AES_KEYEXP_128(mb->mgr, secret->cipher, key->expanded, decrypt);
        hmac_pad(mb->mgr, secret->auth, 0x36, key->ipad);
        hmac_pad(mb->mgr, secret->auth, 0x5c, key->opad);
        break;
    }
}

void mbseal_gcm(struct mbseal *mb, const struct mbseal_key *key, bool aes256, const struct seal_work *w)
{
    const struct gcm_key_data *gcm = (const struct gcm_key_data *)key->expanded;
    struct gcm_context_data ctx;
    IMB_MGR *mgr = mb->mgr;
    uint8_t *at = w->p + w->header_len, *behind = at + w->prefix_len, *tag = behind + w->payload.len;
    if (w->prefix_len == 0) {
        aes_gcm_enc_dec_t enc = aes256 ? mgr->gcm256_enc : mgr->gcm128_enc;
        enc(gcm, &ctx, at, w->payload.len ? w->payload.p : at, w->payload.len, w->iv, w->p, w->header_len, tag,
            GCM_TAG_LEN);
        return;
    }
    aes_gcm_init_t init = aes256 ? mgr->gcm256_init : mgr->gcm128_init;
    aes_gcm_enc_dec_update_t update = aes256 ? mgr->gcm256_enc_update : mgr->gcm128_enc_update;
    aes_gcm_enc_dec_finalize_t finalize = aes256 ? mgr->gcm256_enc_finalize : mgr->gcm128_enc_finalize;
    init(gcm, &ctx, w->iv, w->p, w->header_len);
    update(gcm, &ctx, at, at, w->prefix_len);
    if (w->payload.len)
        update(gcm, &ctx, behind, w->payload.p, w->payload.len);
    finalize(gcm, &ctx, tag, GCM_TAG_LEN);
}

static void slot_done(const IMB_JOB *job)
{
    struct mb_slot *s = job->user_data;
    assert(job->status == IMB_STATUS_COMPLETED);
    memcpy(s->dst, s->stage, s->len);
    memcpy(s->dst + s->len, s->tag, CM_TAG_LEN);
    s->dst = NULL;
}

static void job_fill(IMB_JOB *job, const struct mbseal_key *key, struct mb_slot *s, const struct seal_work *w)
{
    size_t body = s->len - w->header_len;
    job->enc_keys = key->expanded;
    job->dec_keys = key->expanded;
    job->key_len_in_bytes = 16;
    job->src = s->stage;
    job->dst = s->stage + w->header_len;
    job->cipher_start_src_offset_in_bytes = w->header_len;
    job->msg_len_to_cipher_in_bytes = body;
    job->hash_start_src_offset_in_bytes = 0;
    job->msg_len_to_hash_in_bytes = s->len + ROC_LEN;
    job->iv = s->iv;
    job->iv_len_in_bytes = CM_IV_LEN;
    job->auth_tag_output = s->tag;
    job->auth_tag_output_len_in_bytes = IPSEC_TAG_LEN;
    job->u.HMAC._hashed_auth_key_xor_ipad = key->ipad;
    job->u.HMAC._hashed_auth_key_xor_opad = key->opad;
    job->cipher_mode = body ? IMB_CIPHER_CNTR : IMB_CIPHER_NULL;
    job->cipher_direction = IMB_DIR_ENCRYPT;
    job->hash_alg = IMB_AUTH_HMAC_SHA_1;
    job->chain_order = IMB_ORDER_CIPHER_HASH;
    job->user_data = s;
}

bool mbseal_cm(struct mbseal *mb, const struct mbseal_key *key, const struct seal_work *w)
{
    struct mb_slot *s = &mb->slots[mb->next];
    size_t len = seal_work_len(w);
    if (len > SRTPSEAL_PACKET_CAP)
        return false;
    if (s->dst) /* as many as may be pending */
        mbseal_flush(mb);
    struct wr stage = wr_of(s->stage, sizeof(s->stage));
    wr_bytes(&stage, bytes_of(w->p, w->header_len + w->prefix_len));
    wr_bytes(&stage, w->payload);
    wr_u32(&stage, w->roc);
    memcpy(s->iv, w->iv, CM_IV_LEN);
    s->len = len;
    s->dst = w->p;
    mb->next = (mb->next + 1) % SRTPSEAL_PENDING;

    IMB_JOB *job = IMB_GET_NEXT_JOB(mb->mgr);
    job_fill(job, key, s, w);
    for (job = IMB_SUBMIT_JOB(mb->mgr); job; job = IMB_GET_COMPLETED_JOB(mb->mgr))
        slot_done(job);
    return true;
}

void mbseal_flush(struct mbseal *mb)
{
    for (IMB_JOB *job = IMB_FLUSH_JOB(mb->mgr); job; job = IMB_FLUSH_JOB(mb->mgr))
        slot_done(job);
}
