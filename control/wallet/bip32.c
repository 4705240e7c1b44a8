/* bip32.c: BIP-32's derivations, on libsecp256k1. */
#include "wallet/bip32.h"
#include "common/bytes.h"
#include "common/openssl.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <secp256k1.h>

#define I_LEN 64 /* HMAC-SHA512: left half the key or its tweak, right half the chain code */

static enum err hmac_sha512(struct bytes key, struct bytes data, uint8_t out[I_LEN])
{
    unsigned len = 0;
    return HMAC(EVP_sha512(), key.p, (int)key.len, data.p, data.len, out, &len) && len == I_LEN ? OK : ERR_NOMEM;
}

enum err bip32_master(const uint8_t *seed, size_t len, struct bip32_node *node)
{
    uint8_t i[I_LEN];
    enum err e = hmac_sha512(BYTES_LIT("Bitcoin seed"), bytes_of(seed, len), i);
    if (!e && !secp256k1_ec_seckey_verify(secp256k1_context_static, i))
        e = ERR_STATE;
    if (!e) {
        memcpy(node->key, i, BIP32_KEY_LEN);
        memcpy(node->chain, i + BIP32_KEY_LEN, sizeof node->chain);
    }
    OPENSSL_cleanse(i, sizeof i);
    return e;
}

/* The only operation that handles a secret on the curve: with a context of its own, blinded. */
enum err bip32_public_of(const struct bip32_node *node, struct bip32_public *out)
{
    secp256k1_context *ctx = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    if (!ctx)
        return ERR_NOMEM;
    secp256k1_pubkey point;
    size_t len = BIP32_PUB_LEN;
    enum err e = ERR_STATE;
    if (secp256k1_context_randomize(ctx, node->blind) && secp256k1_ec_pubkey_create(ctx, &point, node->key) &&
        secp256k1_ec_pubkey_serialize(ctx, out->point, &len, &point, SECP256K1_EC_COMPRESSED)) {
        memcpy(out->chain, node->chain, sizeof out->chain);
        e = OK;
    }
    secp256k1_context_destroy(ctx);
    return e;
}

/* What is hashed for a child: 0x00 and the private key if it is hardened, else the public key; then the index. */
static enum err descend_input(const struct bip32_node *node, uint32_t index, struct wr *w)
{
    if (index & BIP32_HARDENED) {
        wr_u8(w, 0);
        wr_bytes(w, bytes_of(node->key, BIP32_KEY_LEN));
    } else {
        struct bip32_public pub;
        enum err e = bip32_public_of(node, &pub);
        if (e)
            return e;
        wr_bytes(w, bytes_of(pub.point, BIP32_PUB_LEN));
    }
    wr_u32(w, index);
    return OK;
}

enum err bip32_descend(struct bip32_node *node, uint32_t index)
{
    uint8_t input[BIP32_PUB_LEN + 4], i[I_LEN];
    struct wr w = wr_of(input, sizeof input);
    struct bip32_node child = *node;
    enum err e = descend_input(node, index, &w);
    if (!e)
        e = hmac_sha512(bytes_of(node->chain, sizeof node->chain), bytes_of(input, wr_len(&w)), i);
    if (!e && !secp256k1_ec_seckey_tweak_add(secp256k1_context_static, child.key, i))
        e = ERR_STATE;
    if (!e) {
        memcpy(child.chain, i + BIP32_KEY_LEN, sizeof child.chain);
        *node = child;
    }
    OPENSSL_cleanse(&child, sizeof child);
    OPENSSL_cleanse(input, sizeof input);
    OPENSSL_cleanse(i, sizeof i);
    return e;
}

enum err bip32_public_child(const struct bip32_public *parent, uint32_t index, struct bip32_public *out)
{
    if (index & BIP32_HARDENED)
        return ERR_DENIED;
    uint8_t input[BIP32_PUB_LEN + 4], i[I_LEN];
    struct wr w = wr_of(input, sizeof input);
    wr_bytes(&w, bytes_of(parent->point, BIP32_PUB_LEN));
    wr_u32(&w, index);
    enum err e = hmac_sha512(bytes_of(parent->chain, sizeof parent->chain), bytes_of(input, wr_len(&w)), i);
    if (e)
        return e;
    secp256k1_pubkey point;
    size_t len = BIP32_PUB_LEN;
    struct bip32_public child;
    if (!secp256k1_ec_pubkey_parse(secp256k1_context_static, &point, parent->point, BIP32_PUB_LEN) ||
        !secp256k1_ec_pubkey_tweak_add(secp256k1_context_static, &point, i) ||
        !secp256k1_ec_pubkey_serialize(secp256k1_context_static, child.point, &len, &point, SECP256K1_EC_COMPRESSED))
        return ERR_STATE;
    memcpy(child.chain, i + BIP32_KEY_LEN, sizeof child.chain);
    *out = child;
    return OK;
}

enum err bip32_point(const struct bip32_public *node, uint8_t xy[64])
{
    secp256k1_pubkey point;
    uint8_t sec1[65];
    size_t len = sizeof sec1;
    if (!secp256k1_ec_pubkey_parse(secp256k1_context_static, &point, node->point, BIP32_PUB_LEN) ||
        !secp256k1_ec_pubkey_serialize(secp256k1_context_static, sec1, &len, &point, SECP256K1_EC_UNCOMPRESSED))
        return ERR_SYNTAX;
    memcpy(xy, sec1 + 1, 64);
    return OK;
}
