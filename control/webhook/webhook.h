/* webhook.h: sends what webhook_due() (sql/migrations/0004) says is due to the receivers that accounts have registered
 * (API documentation §9, docs/webhooks.md): in order for each webhook and meeting, at least once, again and again for
 * 24 h. Any 2xx within 5 s is success; a redirect isn't. Loop thread only. */
#pragma once
#include "common/bytes.h"
#include "common/digest.h"
#include "common/err.h"
#include <stdbool.h>
#include <stdint.h>

struct client;
struct log;
struct loop;
struct store;
struct webhooks;

struct webhooks_config {
    struct loop *loop;
    const struct log *log;
    struct store *store;
    struct client *client;
    bool allow_insecure; /* http:// and private addresses: for development */
};

MUST_CHECK enum err webhooks_new(const struct webhooks_config *cfg, struct webhooks **w); /* ERR_NOMEM */
void webhooks_free(struct webhooks *w); /* after client and store, which may have something of ours under way */
void webhooks_poke(struct webhooks *w); /* an event was stored: look at once */
void webhooks_stop(struct webhooks *w); /* begin nothing more; what is under way is finished */

/* May it be registered? As url_check() (client/url.h). */
MUST_CHECK enum err webhooks_check_url(const struct webhooks *w, const char *url, const char **why);

struct webhooks_counters {
    unsigned running;
    uint64_t delivered, failed; /* attempts */
};
void webhooks_counters(const struct webhooks *w, struct webhooks_counters *out);

/* How a receiver knows that a delivery is ours: "sha256=" and the HMAC-SHA256 (RFC 2104) of the exact body with the
 * webhook's own secret, in lower-case hex. Pure. */
#define SIGNATURE_CAP (7 + DIGEST_HEX_CAP)
void signature_write(char out[SIGNATURE_CAP], const char *secret, struct bytes body);
