/* config.h: what the environment says (API documentation §17, docs/operations.md), checked before anything starts.
 * The strings are borrowed from the environment and live as long as it. */
#pragma once
#include "common/err.h"
#include "common/usec.h"
#include <stdbool.h>
#include <stdint.h>

struct config {
    const char *database_url, *session_secret, *admin_email, *admin_password;
    const char *app_url, *allowed_origins, *trusted_proxies, *web_dir;
    const char *tls_cert_file, *tls_key_file;
    const char *turn_urls, *turn_username, *turn_credential, *turn_secret; /* NULL where unset */
    const char *sfu_socket;
    const char *node_env; /* "development", "production", "test"; NULL */
    const char *resend_api_key, *resend_api_base, *mail_from;
    const char *stripe_secret_key, *stripe_webhook_secret, *stripe_price_id, *stripe_api_base;
    const char *crypto_mnemonic, *eth_rpc_url, *usdc_contract; /* no mnemonic: no USDC */
    const char *client_ca_file;                                /* trusted besides the system's; NULL */
    const char *sandbox, *sandbox_read;                        /* NULL where unset */
    const char *metrics_token;                                 /* NULL where unset */
    const char *log_level, *log_format;
    int64_t port, mesh_max, empty_grace_ms, participants_cap, people_per_address, max_debt_usd, keep_alive_s;
    int64_t analytics_days; /* 0: for ever */
    int64_t eth_confirmations, eth_poll_ms;
    bool rate_limits, webhook_allow_insecure;
};

#define CONFIG_WHY_CAP 256

/* get(arg, name) is getenv(name), or a test's own. An empty variable counts as unset. ERR_SYNTAX: something is missing
 * or wrong, and `why` has one line that says what to set. */
MUST_CHECK enum err config_read(const char *(*get)(void *arg, const char *name), void *arg, struct config *cfg,
                                char why[CONFIG_WHY_CAP]);

bool config_is_https(const struct config *cfg); /* people reach us by https */
