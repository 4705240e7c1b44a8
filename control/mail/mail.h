/* mail.h: sends what waits in the table mail_queue by Resend's HTTP API (https://resend.com/docs/api-reference). At
 * least once, with an idempotency key, so that people get one; tried again for 24 h (a link to set a password: 1 h) on
 * 429, 5xx and when there is no answer. Without a key of Resend mails are skipped silently. Loop thread only. */
#pragma once
#include "common/err.h"

struct client;
struct log;
struct loop;
struct mail;
struct store;

/* The strings are borrowed for life. */
struct mail_config {
    struct loop *loop;
    const struct log *log;
    struct store *store;
    struct client *client;
    const char *api_key;  /* NULL: mails are skipped */
    const char *api_base; /* "https://api.resend.com" */
    const char *from;     /* "onepizza <no-reply@example.org>" */
    const char *app_url;
};

MUST_CHECK enum err mail_new(const struct mail_config *cfg, struct mail **m); /* ERR_NOMEM, ERR_SYNTAX: api_base */
void mail_free(struct mail *m); /* after client and store, which may have something of ours under way */
void mail_poke(struct mail *m); /* a mail was queued: look at once */
void mail_stop(struct mail *m); /* begin nothing more; what is under way is finished */
