/* stripe.h: what is said to Stripe and what Stripe says: the form of a Checkout session, its answer, and the signature
 * of the webhook's events, whose meaning is in stripe_event.h. Pure; what is read borrows from the json_t it was read
 * from. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"
#include <jansson.h>

/* --- asking for a Checkout session --- */

struct stripe_order {
    int64_t user_id, cents;
    const char *email; /* of the payer, to fill in the form; NULL: none */
    const char
        *price_id;       /* a price of one dollar, taken as often as there are dollars; NULL: the amount is the price */
    const char *app_url; /* where the browser comes back to */
};

#define STRIPE_AMOUNT_CAP 32
const char *stripe_amount(int64_t cents, char out[STRIPE_AMOUNT_CAP]); /* "20", "20.50" */

/* The body, application/x-www-form-urlencoded; the caller frees it. NULL: no memory. */
char *stripe_checkout_form(const struct stripe_order *order);

/* Where to send the payer. ERR_SYNTAX: not such an answer. ERR_STATE: Stripe would take another amount than `cents` of
 * dollars: the price isn't one dollar. */
MUST_CHECK enum err stripe_checkout_read(const json_t *answer, int64_t cents, const char **url);

/* --- the webhook --- */

#define STRIPE_TOLERANCE_S 300

/* Checks the header Stripe-Signature ("t=1700000000,v1=hex,v1=hex"; one right v1 is enough) against the exact body.
 * ERR_SYNTAX: not such a header. ERR_AUTH: no signature is right. ERR_REPLAY: right, but not of the last five minutes.
 * now_s: seconds since 1970. */
MUST_CHECK enum err stripe_signature_check(const char *header, struct bytes body, const char *secret, int64_t now_s);
