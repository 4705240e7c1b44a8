/* app.h: the control process: everything that lives from start to stop, in one struct. It is http_config.app, so each
 * handler reaches it by call_app(). Loop thread only. */
#pragma once
#include "api/payments/payments.h"
#include "app/config.h"
#include "app/error_gate.h"
#include "access/rate_limit.h"
#include "live/live.h"
#include "access/who.h"
#include "client/client.h"
#include "common/log.h"
#include "http/http.h"
#include "mail/mail.h"
#include "sfuclient/sfuclient.h"
#include "socketio/sio.h"
#include "store/store.h"
#include "webhook/webhook.h"
#include "offload/work.h"

struct app {
    struct config cfg;
    struct log log;
    usec_t started_at; /* monotonic */
    bool stopping;
    struct loop_timer opening; /* while starting: until the meetings are loaded, or a few seconds have passed */
    enum err failed;           /* to open */
    struct loop_timer closing; /* while stopping: until what was said has left */
    struct loop *loop;
    struct store *store;
    struct work *work;     /* hashes passwords */
    struct client *client; /* requests to others */
    struct mail *mail;
    struct webhooks *webhooks;
    struct billing billing;
    struct sfuclient *sfu;
    struct sio *sio;
    struct http *http;
    struct rate_limit *limits[LIMITS]; /* [LIMIT_NONE]: NULL */
    struct who_memory *who;
    struct error_gate errors; /* which are stored */
    bool meetings_loaded;     /* those of the database are here too: one that isn't known doesn't exist */
    struct realtime rt;
};

MUST_CHECK enum err app_new(const struct config *cfg, const struct log *log, struct app **app);
void app_free(struct app *app);

/* The meetings are loaded: those who come now find them. Without a database it opens all the same. */
void app_open(struct app *app);

/* Listens, serves until SIGTERM or SIGINT, and shuts down: open calls are answered, ended meetings are stored (at most
 * 5 s each). ERR_IO: the port is taken or the certificate is unreadable. */
MUST_CHECK enum err app_run(struct app *app);
