/* letter.h: what our mails say, as plain text and as HTML; both are made from the same words. Pure. */
#pragma once
#include "common/err.h"
#include <jansson.h>

/* Owns its strings. */
struct letter {
    const char *subject; /* static */
    char *text, *html;
};

/* template and data as in the table mail_queue:
 *   welcome           accountType, companyName?, inviteCode?
 *   password_reset    token
 *   password_changed
 *   low_balance       balance: USD, "1.9500"
 * app_url: where people reach this server. ERR_NOT_FOUND: no such template. ERR_SYNTAX: the data lacks something. */
MUST_CHECK enum err letter_write(const char *template, const json_t *data, const char *app_url, struct letter *out);
void letter_reset(struct letter *l);
