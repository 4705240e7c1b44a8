/* app_priv.h: everything that lives from start to stop. Only this folder knows it. Loop thread only. */
#pragma once
#include "access/access.h"
#include "app/app.h"
#include "app/errors.h"
#include "app/metrics.h"
#include "app/parts.h"
#include "app/retention.h"
#include "client/client.h"
#include "common/log.h"
#include "http/http.h"
#include "live/live.h"
#include "mail/mail.h"
#include "offload/work.h"
#include "sfuclient/sfuclient.h"
#include "shares/shares.h"
#include "socketio/sio.h"
#include "store/store.h"
#include "webhook/webhook.h"

struct app {
    struct config cfg;
    struct log log;
    usec_t started_at; /* monotonic */
    bool stopping;
    struct loop_timer opening; /* while starting: until the meetings are loaded, or a few seconds have passed */
    enum err failed;           /* to open */
    struct loop_timer beat;    /* that we are alive */
    const struct supervisor *supervisor;
    struct loop_timer closing; /* while stopping: until what was said has left */
    struct loop *loop;
    struct shares *shares;
    struct loop_timer reporting; /* what was refused, once a minute */
    struct store *store;
    struct retention retention;
    struct work *work;     /* hashes passwords */
    struct client *client; /* requests to others */
    struct mail *mail;
    struct webhooks *webhooks;
    struct sfuclient *sfu;
    struct sio *sio;
    struct live *live; /* the meetings */
    struct access *access;
    struct http *http;
    char ws_origin[300]; /* for the content security policy */
    struct errors errors;
    struct metrics metrics;
    struct parts *parts; /* the API */
};
