/* payments_api.h: the part of the API about money that comes in (API documentation §15): the wallet that tells deposit
 * addresses, the reader of deposits, and the questions to Stripe that are under way. Loop thread only. */
#pragma once
#include "common/log.h"
#include "common/usec.h"
#include "http/route.h"
#include "wallet/wallet.h"

struct client;
struct deposits;
struct loop;
struct purchase;
struct store;

/* All borrowed for life. */
struct payments_config {
    struct loop *loop;
    const struct log *log;
    struct store *store;
    struct client *client;
    const char *app_url;
    const char *stripe_secret_key, *stripe_webhook_secret; /* NULL: no cards */
    const char *stripe_price_id, *stripe_api_base;
    const char *mnemonic; /* NULL: no USDC */
    const char *eth_rpc_url, *usdc_contract;
    unsigned eth_confirmations;
    usec_t eth_poll;
};

/* What its handlers reach: call_part(). */
struct payments_api {
    struct payments_config cfg;
    bool has_wallet;
    struct wallet wallet;
    struct deposits *deposits; /* NULL without a wallet */
    struct purchase *purchases;
    usec_t quiet_until; /* wrong signatures aren't logged before: anybody can send them */
};

/* Reads the mnemonic and, if it is the environment's own, wipes it from this process. ERR_SYNTAX: a variable is wrong;
 * the log says which. ERR_NOMEM. Not to be moved afterwards. */
MUST_CHECK enum err payments_init(struct payments_api *api, const struct payments_config *cfg);
void payments_reset(struct payments_api *api); /* after client_free() and store_free() */

extern const struct route payment_routes[];
