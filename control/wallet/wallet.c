/* wallet.c: the one path of BIP-44 that we use. */
#include "wallet/wallet.h"
#include "common/openssl.h"
#include "wallet/bip39.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#define COMPANIES ((int64_t)1 << 30) /* their indexes begin here; those of users end here */

static void say_why(enum err e, unsigned n_words, char why[WALLET_WHY_CAP])
{
    if (e == ERR_SYNTAX)
        snprintf(why, WALLET_WHY_CAP, "a mnemonic has 12 words (or 15, 18, 21, 24)");
    else if (e == ERR_NOT_FOUND)
        snprintf(why, WALLET_WHY_CAP, "word %u isn't in the English word list of BIP-39", n_words);
    else if (e == ERR_AUTH)
        snprintf(why, WALLET_WHY_CAP, "the checksum is wrong: a word is mistyped or out of order");
    else
        snprintf(why, WALLET_WHY_CAP, "no key can be derived from it (%s)", err_name(e));
}

enum err wallet_init(struct wallet *w, const char *mnemonic, const uint8_t blind[WALLET_BLIND_LEN],
                     char why[WALLET_WHY_CAP])
{
    static const uint32_t path[] = {44 | BIP32_HARDENED, 60 | BIP32_HARDENED, 0 | BIP32_HARDENED, 0};
    uint8_t seed[BIP39_SEED_LEN] = {0};
    struct bip32_node node = {0};
    unsigned n_words = 0;
    memcpy(node.blind, blind, sizeof node.blind);
    enum err e = bip39_check(mnemonic, &n_words);
    if (!e)
        e = bip39_seed(mnemonic, "", seed);
    if (!e)
        e = bip32_master(seed, sizeof seed, &node);
    for (size_t i = 0; !e && i < ARRAY_LEN(path); i++)
        e = bip32_descend(&node, path[i]);
    if (!e)
        e = bip32_public_of(&node, &w->node);
    OPENSSL_cleanse(seed, sizeof seed);
    OPENSSL_cleanse(&node, sizeof node);
    if (e)
        say_why(e, n_words, why);
    return e;
}

static enum err address_at(const struct wallet *w, int64_t index, struct ethaddr *a)
{
    struct bip32_public child;
    uint8_t xy[64];
    enum err e = bip32_public_child(&w->node, (uint32_t)index, &child);
    if (!e)
        e = bip32_point(&child, xy);
    if (!e)
        *a = ethaddr_of_key(xy);
    return e;
}

enum err wallet_user(const struct wallet *w, int64_t user_id, struct ethaddr *a)
{
    return user_id > 0 && user_id < COMPANIES ? address_at(w, user_id, a) : ERR_FULL;
}

enum err wallet_company(const struct wallet *w, int64_t company_id, struct ethaddr *a)
{
    return company_id > 0 && company_id < COMPANIES ? address_at(w, COMPANIES + company_id, a) : ERR_FULL;
}
