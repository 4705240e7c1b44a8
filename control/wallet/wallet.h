/* wallet.h: the deposit addresses of all accounts: m/44'/60'/0'/0/i of the operator's mnemonic (BIP-39, 32, 44), users
 * at i = id, companies at i = 2^30 + id. A plain value that holds only the public node m/44'/60'/0'/0, so that this
 * process can tell addresses and never spend from them; the words, the seed and the private keys are wiped before
 * wallet_init() returns. Pure. */
#pragma once
#include "wallet/bip32.h"
#include "wallet/ethaddr.h"

struct wallet {
    struct bip32_public node;
};

#define WALLET_WHY_CAP   96
#define WALLET_BLIND_LEN 32

/* blind: random bytes that hide the keys from whoever measures how they are derived; no result depends on them.
 * ERR_SYNTAX, ERR_NOT_FOUND, ERR_AUTH as bip39_check(), and `why` has a sentence that tells no word; ERR_NOMEM. */
MUST_CHECK enum err wallet_init(struct wallet *w, const char *mnemonic, const uint8_t blind[WALLET_BLIND_LEN],
                                char why[WALLET_WHY_CAP]);

/* id: 1 and up. ERR_FULL: beyond the accounts that have an address, 2^30 - 1 of each kind. */
MUST_CHECK enum err wallet_user(const struct wallet *w, int64_t user_id, struct ethaddr *a);
MUST_CHECK enum err wallet_company(const struct wallet *w, int64_t company_id, struct ethaddr *a);
