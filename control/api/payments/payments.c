/* payments.c: topping up by card and by USDC, and the account's movements (API documentation §15). What Stripe tells of
 * it is stripe_webhook.c's. */
#include "access/access.h"
#include "access/db.h"
#include "api/payments/payments_api.h"
#include "api/payments/stripe_webhook.h"
#include "billing/deposits.h"
#include "client/client.h"
#include "loop/loop.h"
#include "billing/stripe.h"
#include "billing/usd.h"
#include "common/openssl.h"
#include "common/random.h"
#include <openssl/crypto.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STRIPE_PATIENCE   (15 * SEC)
#define STRIPE_ANSWER_MAX ((size_t)256 * 1024)
#define WEBHOOK_MAX       ((size_t)256 * 1024)

/* ---- what lives from start to stop ---- */

static enum err wallet_start(struct payments_api *api)
{
    char why[WALLET_WHY_CAP];
    uint8_t blind[WALLET_BLIND_LEN];
    random_fill(blind, sizeof blind);
    enum err e = wallet_init(&api->wallet, api->cfg.mnemonic, blind, why);
    if (e) {
        log_error(api->cfg.log, "config", "set CRYPTO_MNEMONIC to a BIP-39 phrase of 12 words: %s", why);
        return e;
    }
    char *words = getenv("CRYPTO_MNEMONIC"); // NOLINT(concurrency-mt-unsafe): nobody else looks at the environment
    if (words && words == api->cfg.mnemonic)
        OPENSSL_cleanse(words, strlen(words));
    api->has_wallet = true;
    return OK;
}

static enum err deposits_start(struct payments_api *api)
{
    struct deposits_config cfg = {
        .loop = api->cfg.loop,
        .log = api->cfg.log,
        .store = api->cfg.store,
        .client = api->cfg.client,
        .rpc_url = api->cfg.eth_rpc_url,
        .confirmations = api->cfg.eth_confirmations,
        .poll = api->cfg.eth_poll,
    };
    if (ethaddr_read(api->cfg.usdc_contract, &cfg.token)) {
        log_error(api->cfg.log, "config", "set USDC_CONTRACT to the token's address, 0x and 40 hex digits");
        return ERR_SYNTAX;
    }
    return deposits_new(&cfg, &api->deposits);
}

enum err payments_init(struct payments_api *api, const struct payments_config *cfg)
{
    *api = (struct payments_api){.cfg = *cfg};
    if (!cfg->mnemonic)
        return OK;
    enum err e = wallet_start(api);
    return e ? e : deposits_start(api);
}

/* ---- cards ---- */

/* A question to Stripe: its call may go away meanwhile. */
struct purchase {
    struct payments_api *api;
    struct http *http;
    struct call_id call;
    int64_t cents;
    struct purchase *next, **link;
};

static struct purchase *purchase_new(struct call *c, int64_t cents)
{
    struct payments_api *api = call_part(c);
    struct purchase *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    *p = (struct purchase){
        .api = api, .http = call_http(c), .cents = cents, .next = api->purchases, .link = &api->purchases};
    if (p->next)
        p->next->link = &p->next;
    api->purchases = p;
    return p;
}

static void purchase_free(struct purchase *p)
{
    *p->link = p->next;
    if (p->next)
        p->next->link = p->link;
    free(p);
}

void payments_reset(struct payments_api *api)
{
    for (struct purchase *p = api->purchases, *next; p; p = next) {
        next = p->next;
        free(p);
    }
    deposits_free(api->deposits);
    *api = (struct payments_api){0};
}

static void stripe_unavailable(struct call *c)
{
    call_error(c, 503, "The payment service is not available right now, please try again");
}

static void log_refusal(const struct payments_api *api, const struct client_answer *answer, const json_t *json)
{
    const json_t *error = json_object_get(json, "error");
    const char *message = json_string_value(json_object_get(error, "message"));
    char why[LOG_SAFE_CAP];
    if (answer->err)
        log_warn(api->cfg.log, "stripe_unreachable", "reason=%s", log_safe(why, answer->reason));
    else
        log_error(api->cfg.log, "stripe_refused", "status=%u reason=%s", answer->status,
                  log_safe(why, message ? message : "not an answer of Stripe"));
}

static void on_checkout(void *arg, const struct client_answer *answer)
{
    struct purchase p = *(struct purchase *)arg;
    purchase_free(arg);
    struct call *c = call_find(p.http, p.call);
    json_t *json = answer->err ? NULL : json_loadb((const char *)answer->body.p, answer->body.len, 0, NULL);
    const char *url = NULL;
    enum err e = answer->err || answer->status != 200 ? ERR_IO : stripe_checkout_read(json, p.cents, &url);
    if (e == ERR_STATE)
        log_error(p.api->cfg.log, "stripe_price", "set STRIPE_PRICE_ID to a one-time price of 1.00 USD, or unset it");
    else if (e)
        log_refusal(p.api, answer, json);
    if (c && e)
        stripe_unavailable(c);
    else if (c)
        call_reply_json(c, 200, json_pack("{s:s}", "url", url));
    json_decref(json);
}

/* The form of this order, to Stripe. */
static enum err checkout_send(struct payments_api *api, const char *form, struct purchase *p)
{
    char key[RANDOM_UUID_CAP];
    struct client_api stripe;
    enum err e =
        client_api_init(&stripe, api->cfg.stripe_api_base, "/v1/checkout/sessions", api->cfg.stripe_secret_key);
    if (e)
        return e;
    random_uuid(key);
    const struct client_header headers[] = {
        {"Authorization", stripe.authorization},
        {"Content-Type", "application/x-www-form-urlencoded"},
        {"Idempotency-Key", key},
    };
    struct client_request request = {
        .method = "POST",
        .url = stripe.url,
        .allow = URL_ALLOW_HTTP | URL_ALLOW_PRIVATE, /* the operator's own word */
        .headers = headers,
        .n_headers = ARRAY_LEN(headers),
        .body = bytes_str(form),
        .timeout = STRIPE_PATIENCE,
        .max_answer_body = STRIPE_ANSWER_MAX,
    };
    e = client_send(api->cfg.client, &request, on_checkout, p);
    OPENSSL_cleanse(&stripe, sizeof stripe);
    return e;
}

static enum err stripe_checkout(struct call *c)
{
    struct payments_api *api = call_part(c);
    const struct who *who = access_who(c);
    int64_t amount = 0;
    if (!api->cfg.stripe_secret_key) {
        call_error(c, 503, "Card payments are not configured on this server");
        return OK;
    }
    if (usd_of_json(json_object_get(call_json(c), "amountUsd"), &amount) || amount % USD_CENT) {
        call_error(c, 400, "amountUsd must have at most 2 decimal places");
        return OK;
    }
    struct stripe_order order = {
        .user_id = who->user_id,
        .cents = amount / USD_CENT,
        .email = who->email,
        .price_id = api->cfg.stripe_price_id,
        .app_url = api->cfg.app_url,
    };
    char *form = stripe_checkout_form(&order);
    struct purchase *p = form ? purchase_new(c, order.cents) : NULL;
    enum err e = p ? checkout_send(api, form, p) : ERR_NOMEM;
    free(form);
    if (!e) {
        p->call = call_defer(c);
        return OK;
    }
    if (p)
        purchase_free(p);
    log_error(api->cfg.log, "stripe_unreachable", "reason=%s", err_name(e));
    stripe_unavailable(c);
    return OK;
}

/* ---- USDC, and what was paid ---- */

static enum err usdc_address(struct call *c)
{
    const struct payments_api *api = call_part(c);
    const struct who *who = access_who(c);
    struct ethaddr address;
    if (!api->has_wallet) {
        call_error(c, 503, "USDC deposits are not configured on this server");
        return OK;
    }
    bool is_company = who->company_id != 0;
    enum err e = is_company ? wallet_company(&api->wallet, who->company_id, &address)
                            : wallet_user(&api->wallet, who->user_id, &address);
    if (e) {
        log_error(api->cfg.log, "usdc_address", "user=%lld reason=%s", (long long)who->user_id, err_name(e));
        call_error(c, 503, "There is no deposit address for this account");
        return OK;
    }
    char lower[ETHADDR_TEXT_CAP], shown[ETHADDR_TEXT_CAP];
    return db_reply(c, 200,
                    sql_deposits_address(.address = ethaddr_lower(&address, lower),
                                         .user_id = is_company ? 0 : who->user_id, .company_id = who->company_id,
                                         .shown = ethaddr_text(&address, shown)));
}

static enum err history(struct call *c)
{
    return db_reply(c, 200, sql_billing_history(.user_id = access_who(c)->user_id));
}

static const struct field checkout_body[] = {
    {"amountUsd", FIELD_NUM, REQUIRED, 5, 1000},
    {0},
};

/* clang-format off */
const struct route payment_routes[] = {
    /* method  path                            who may         body           does             page  body's bytes */
    { "POST", "/api/billing/stripe/checkout", ACCESS_SESSION, checkout_body, stripe_checkout },
    { "POST", "/api/billing/stripe/webhook",  ACCESS_ANYONE,  raw_body,      stripe_webhook,  NULL, WEBHOOK_MAX },
    { "GET",  "/api/billing/usdc/address",    ACCESS_SESSION, no_body,       usdc_address    },
    { "GET",  "/api/billing/history",         ACCESS_SESSION, no_body,       history         },
    { 0 },
};
/* clang-format on */
