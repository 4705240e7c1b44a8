/* billing.h: money that comes in (API documentation §15): the wallet that tells deposit addresses, the reader of
 * deposits, and the questions to Stripe that are under way. The routes are billing.c's: routes.h. Loop thread only. */
#pragma once
#include "billing/deposits.h"
#include "wallet/wallet.h"

struct app;
struct purchase;

struct billing {
    bool has_wallet;
    struct wallet wallet;
    struct deposits *deposits; /* NULL without a wallet */
    struct purchase *purchases;
    usec_t quiet_until; /* wrong signatures aren't logged before: anybody can send them */
};

/* Of app->billing, when store and client are there. Reads the mnemonic and wipes it from this process. ERR_SYNTAX: a
 * variable is wrong; the log says which. ERR_NOMEM. */
MUST_CHECK enum err billing_init(struct app *app);
void billing_reset(struct app *app); /* after client_free() and store_free() */
