/* deposits.h: USDC that comes to the addresses that accounts were told: asks an Ethereum node again and again what has
 * come (scan.h decides what), and has PostgreSQL credit it. Whatever either of them does, answers late, wrongly or not
 * at all, it is asked again later and nothing is lost or credited twice. Loop thread only. */
#pragma once
#include "client/client.h"
#include "store/store.h"
#include "wallet/ethaddr.h"

struct deposits;

struct deposits_config {
    struct loop *loop;
    const struct log *log;
    struct store *store;
    struct client *client;
    const char *rpc_url; /* borrowed for life; may hold a key, so it isn't logged */
    struct ethaddr token;
    unsigned confirmations;
    usec_t poll;
};

/* Begins on the loop's next turn. ERR_NOMEM. */
MUST_CHECK enum err deposits_new(const struct deposits_config *cfg, struct deposits **d);
/* After client_free() and store_free(): their last answers come here. */
void deposits_free(struct deposits *d);
