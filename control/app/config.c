/* config.c: the table of environment variables: kind, limits, default, and what to set if one is wrong. */
#include "app/config.h"
#include "common/random.h"
#include "wallet/wallet.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum kind {
    KIND_TEXT,   /* min…max bytes */
    KIND_NUMBER, /* min…max, whole */
    KIND_SWITCH, /* on or off */
    KIND_FLAG,   /* 1 or 0 */
    KIND_URL,    /* http:// or https://, min…max bytes */
};

struct variable {
    const char *name;
    enum kind kind;
    size_t at; /* in struct config */
    bool required;
    int64_t min, max;
    const char *otherwise; /* when unset; NULL: stays NULL or 0 */
    const char *what;      /* "set NAME to …" */
};

#define AT(member) offsetof(struct config, member)
#define TEXT_MAX   4096

static const struct variable variables[] = {
    {"DATABASE_PUBLIC_URL", KIND_TEXT, AT(database_url), true, 1, TEXT_MAX, NULL,
     "the PostgreSQL connection string, postgres://user:password@host/database"},
    {"SESSION_SECRET", KIND_TEXT, AT(session_secret), true, 32, TEXT_MAX, NULL, "at least 32 random characters"},
    {"ADMIN_EMAIL", KIND_TEXT, AT(admin_email), true, 3, 254, NULL, "the administrator's e-mail address"},
    {"ADMIN_PASSWORD", KIND_TEXT, AT(admin_password), true, 8, 1024, NULL, "a password of at least 8 characters"},
    {"APP_URL", KIND_URL, AT(app_url), false, 8, TEXT_MAX, "http://localhost:3000",
     "the public base URL, one that begins with http:// or https://"},
    {"PORT", KIND_NUMBER, AT(port), false, 0, 65535, "3000", "a port number"},
    {"ALLOWED_ORIGINS", KIND_TEXT, AT(allowed_origins), false, 1, TEXT_MAX, "http://localhost:3000",
     "a comma-separated list of origins"},
    {"TRUSTED_PROXIES", KIND_TEXT, AT(trusted_proxies), false, 1, TEXT_MAX, NULL,
     "a comma-separated list of addresses or CIDR blocks"},
    {"RATE_LIMITS", KIND_SWITCH, AT(rate_limits), false, 0, 0, "on", "on or off"},
    {"WEB_DIR", KIND_TEXT, AT(web_dir), false, 1, TEXT_MAX, NULL, "the folder of the built web client"},
    {"TLS_CERT_FILE", KIND_TEXT, AT(tls_cert_file), false, 1, TEXT_MAX, NULL, "a PEM file"},
    {"TLS_KEY_FILE", KIND_TEXT, AT(tls_key_file), false, 1, TEXT_MAX, NULL, "a PEM file"},
    {"TURN_URLS", KIND_TEXT, AT(turn_urls), false, 5, TEXT_MAX, NULL, "a comma-separated list of turn: URLs"},
    {"TURN_USERNAME", KIND_TEXT, AT(turn_username), false, 1, 512, NULL, "the TURN server's user"},
    {"TURN_CREDENTIAL", KIND_TEXT, AT(turn_credential), false, 1, 512, NULL, "the TURN server's password"},
    {"TURN_SECRET", KIND_TEXT, AT(turn_secret), false, 1, 512, NULL, "the secret shared with the TURN server"},
    {"SFU_SOCKET", KIND_TEXT, AT(sfu_socket), false, 1, 107, "data/sfu.sock",
     "the path of the media server's socket, at most 107 bytes"},
    {"MESH_MAX_PARTICIPANTS", KIND_NUMBER, AT(mesh_max), false, 1, 50, "4", "a number from 1 to 50"},
    {"MAX_PARTICIPANTS", KIND_NUMBER, AT(participants_cap), false, 1, 1000, "1000", "a number from 1 to 1000"},
    {"EMPTY_GRACE_MS", KIND_NUMBER, AT(empty_grace_ms), false, 1, 86400000, "30000",
     "how many milliseconds an empty meeting waits"},
    {"MAX_DEBT_USD", KIND_NUMBER, AT(max_debt_usd), false, 0, 1000000, "10",
     "how many dollars meetings may take a balance below 0, a number from 0 to 1000000"},
    {"ANALYTICS_DAYS", KIND_NUMBER, AT(analytics_days), false, 0, 36500, "90",
     "how many days events of the analytics are kept, a number from 0 (for ever) to 36500"},
    {"PEOPLE_PER_ADDRESS", KIND_NUMBER, AT(people_per_address), false, 1, 100000, "500",
     "how many people may come from one address, a number from 1 to 100000"},
    {"NODE_ENV", KIND_TEXT, AT(node_env), false, 1, 16, NULL, "development or production"},
    {"RESEND_API_KEY", KIND_TEXT, AT(resend_api_key), false, 1, 512, NULL, "Resend's API key"},
    {"RESEND_API_BASE", KIND_URL, AT(resend_api_base), false, 8, TEXT_MAX, "https://api.resend.com",
     "the base URL of Resend's API"},
    {"MAIL_FROM", KIND_TEXT, AT(mail_from), false, 3, 512, "onepizza <no-reply@localhost>", "the sender of mails"},
    {"STRIPE_SECRET_KEY", KIND_TEXT, AT(stripe_secret_key), false, 1, 512, NULL, "Stripe's secret key"},
    {"STRIPE_WEBHOOK_SECRET", KIND_TEXT, AT(stripe_webhook_secret), false, 1, 512, NULL,
     "the signing secret of Stripe's webhook"},
    {"STRIPE_PRICE_ID", KIND_TEXT, AT(stripe_price_id), false, 1, 512, NULL, "a Stripe price of one dollar"},
    {"STRIPE_API_BASE", KIND_URL, AT(stripe_api_base), false, 8, TEXT_MAX, "https://api.stripe.com",
     "the base URL of Stripe's API"},
    {"CRYPTO_MNEMONIC", KIND_TEXT, AT(crypto_mnemonic), false, 1, 512, NULL, "a BIP-39 phrase of 12 words"},
    {"ETH_RPC_URL", KIND_URL, AT(eth_rpc_url), false, 8, TEXT_MAX, "https://ethereum-rpc.publicnode.com",
     "the URL of an Ethereum node's JSON-RPC"},
    {"USDC_CONTRACT", KIND_TEXT, AT(usdc_contract), false, 42, 42, "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
     "the token's address, 0x and 40 hex digits"},
    {"ETH_CONFIRMATIONS", KIND_NUMBER, AT(eth_confirmations), false, 1, 1000, "12", "a number from 1 to 1000"},
    {"ETH_POLL_MS", KIND_NUMBER, AT(eth_poll_ms), false, 10, 3600000, "15000", "a number of milliseconds from 10"},
    {"WEBHOOK_ALLOW_INSECURE", KIND_FLAG, AT(webhook_allow_insecure), false, 0, 0, "0", "1 (development only) or 0"},
    {"CLIENT_CA_FILE", KIND_TEXT, AT(client_ca_file), false, 1, TEXT_MAX, NULL,
     "a PEM file of certificate authorities"},
    {"SANDBOX", KIND_TEXT, AT(sandbox), false, 1, 16, NULL, "on or off"},
    {"SANDBOX_READ", KIND_TEXT, AT(sandbox_read), false, 1, TEXT_MAX, NULL,
     "a comma-separated list of files and folders"},
    {"KEEP_ALIVE_SECONDS", KIND_NUMBER, AT(keep_alive_s), false, 1, 86400, "620",
     "how many seconds a connection may be idle, a number from 1 to 86400"},
    {"METRICS_TOKEN", KIND_TEXT, AT(metrics_token), false, 8, 512, NULL, "a secret of at least 8 characters"},
    {"LOG_LEVEL", KIND_TEXT, AT(log_level), false, 1, 16, "info", "debug, info, warn or error"},
    {"LOG_FORMAT", KIND_TEXT, AT(log_format), false, 1, 16, "text", "text or json"},
};

static bool number_read(const struct variable *v, const char *text, int64_t *out)
{
    char *end = NULL;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (errno || end == text || *end || n < v->min || n > v->max)
        return false;
    *out = n;
    return true;
}

static bool is_url(const char *text)
{
    return (strncmp(text, "http://", 7) == 0 && text[7]) || (strncmp(text, "https://", 8) == 0 && text[8]);
}

static bool variable_read(const struct variable *v, const char *text, struct config *cfg)
{
    void *at = (char *)cfg + v->at;
    switch (v->kind) {
    case KIND_URL:
        if (!is_url(text))
            return false;
        memcpy(at, (const void *)&text, sizeof text);
        return (int64_t)strlen(text) <= v->max;
    case KIND_FLAG: {
        bool on = strcmp(text, "1") == 0;
        memcpy(at, &on, sizeof on);
        return on || strcmp(text, "0") == 0;
    }
    case KIND_TEXT:
        memcpy(at, (const void *)&text, sizeof text);
        return (int64_t)strlen(text) >= v->min && (int64_t)strlen(text) <= v->max;
    case KIND_NUMBER: {
        int64_t n = 0;
        bool ok = number_read(v, text, &n);
        memcpy(at, &n, sizeof n);
        return ok;
    }
    case KIND_SWITCH: {
        bool on = strcasecmp(text, "on") == 0;
        memcpy(at, &on, sizeof on);
        return on || strcasecmp(text, "off") == 0;
    }
    }
    return false;
}

/* What one variable alone can't show. NULL: all is well. */
static const char *contradiction(const struct config *cfg)
{
    if (!strchr(cfg->admin_email, '@'))
        return "ADMIN_EMAIL to an e-mail address";
    if (!cfg->tls_cert_file != !cfg->tls_key_file)
        return "both TLS_CERT_FILE and TLS_KEY_FILE, or neither";
    if (cfg->turn_urls && !cfg->turn_secret && (!cfg->turn_username || !cfg->turn_credential))
        return "TURN_SECRET, or TURN_USERNAME and TURN_CREDENTIAL, to go with TURN_URLS";
    if (cfg->node_env && strcmp(cfg->node_env, "development") != 0 && strcmp(cfg->node_env, "production") != 0 &&
        strcmp(cfg->node_env, "test") != 0) /* what test runners of node leave to whom they start */
        return "NODE_ENV to development or production";
    return NULL;
}

/* Else why says what is wrong with it, and tells no word. */
static bool is_mnemonic(const char *text, char why[CONFIG_WHY_CAP])
{
    struct wallet wallet;
    char what[WALLET_WHY_CAP];
    uint8_t blind[WALLET_BLIND_LEN];
    random_fill(blind, sizeof blind);
    enum err e = wallet_init(&wallet, text, blind, what);
    if (e)
        snprintf(why, CONFIG_WHY_CAP, "set CRYPTO_MNEMONIC to a BIP-39 phrase of 12 words: %s",
                 e == ERR_NOMEM ? "out of memory" : what);
    return !e;
}

enum err config_read(const char *(*get)(void *arg, const char *name), void *arg, struct config *cfg,
                     char why[CONFIG_WHY_CAP])
{
    struct config out = {0};
    for (size_t i = 0; i < ARRAY_LEN(variables); i++) {
        const struct variable *v = &variables[i];
        const char *text = get(arg, v->name);
        bool is_set = text && *text;
        if (!is_set)
            text = v->otherwise;
        if ((v->required && !is_set) || (text && !variable_read(v, text, &out))) {
            snprintf(why, CONFIG_WHY_CAP, "set %s to %s", v->name, v->what);
            return ERR_SYNTAX;
        }
    }
    const char *wrong = contradiction(&out);
    if (wrong) {
        snprintf(why, CONFIG_WHY_CAP, "set %s", wrong);
        return ERR_SYNTAX;
    }
    if (out.crypto_mnemonic && !is_mnemonic(out.crypto_mnemonic, why))
        return ERR_SYNTAX;
    *cfg = out;
    return OK;
}

bool config_is_https(const struct config *cfg)
{
    return cfg->tls_cert_file || strncmp(cfg->app_url, "https://", 8) == 0;
}
