/* app_priv.h: everything that lives from start to stop, and the parts of the API with what each may reach. Only this
 * folder knows it. Loop thread only. */
#pragma once
#include "access/access.h"
#include "api/accounts/accounts_api.h"
#include "api/admin/admin_api.h"
#include "api/meetings/meetings_api.h"
#include "api/payments/payments_api.h"
#include "api/webhooks/webhooks_api.h"
#include "app/app.h"
#include "app/errors.h"
#include "client/client.h"
#include "common/log.h"
#include "http/http.h"
#include "live/live.h"
#include "mail/mail.h"
#include "offload/work.h"
#include "sfuclient/sfuclient.h"
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
    struct loop_timer closing; /* while stopping: until what was said has left */
    struct loop *loop;
    struct store *store;
    struct work *work;     /* hashes passwords */
    struct client *client; /* requests to others */
    struct mail *mail;
    struct sfuclient *sfu;
    struct sio *sio;
    struct live *live; /* the meetings */
    struct access *access;
    struct http *http;
    struct route_table *tables;
    struct prefix_route prefixes[2]; /* Engine.IO, and the end */
    struct errors errors;
    /* the API */
    struct accounts_api accounts;
    struct meetings_api meetings;
    struct payments_api payments;
    struct webhooks_api webhooks;
    struct admin_api admin;
};
