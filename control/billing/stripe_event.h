/* stripe_event.h: what the events of Stripe's webhook mean, after their signature was checked (stripe.h): a payment to
 * be credited, or money that went back. Nothing is believed by halves: what doesn't agree with itself has a doubt, and
 * is for the administrator. Pure; what is read borrows from the json_t it was read from. */
#pragma once
#include "common/err.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum stripe_event_kind {
    STRIPE_OTHER,         /* nothing to do */
    STRIPE_UNPAID,        /* a Checkout session that completed and isn't paid yet: another event will come */
    STRIPE_PAID,          /* a Checkout session */
    STRIPE_REFUNDED,      /* a charge: `cents` of it in all have gone back by now */
    STRIPE_REFUND,        /* one refund, of `cents` */
    STRIPE_REFUND_FAILED, /* likewise; it didn't go back after all */
    STRIPE_DISPUTED,      /* a dispute, and how it stands */
};

/* In the order in which one follows another; won: the money is here again. */
enum stripe_standing { STRIPE_INQUIRY, STRIPE_OPEN, STRIPE_LOST, STRIPE_WON };

struct stripe_event {
    enum stripe_event_kind kind;
    const char *id, *type; /* of the event; "" if it has none */
    const char *object_id; /* of the Checkout session, charge, refund or dispute */
    const char *payment;   /* its PaymentIntent, by which all of these are known to be of one payment; "" unknown */
    int64_t user_id;       /* PAID: who ordered; 0: it doesn't say */
    int64_t cents;         /* of dollars */
    enum stripe_standing standing;
    const char *doubt; /* why nothing may follow from it; NULL: nothing speaks against it. Lives for ever */
};

/* What our secret key says of the account's mode: events of another one aren't ours. */
enum stripe_mode { STRIPE_ANY_MODE, STRIPE_TEST, STRIPE_LIVE };
enum stripe_mode stripe_mode_of(const char *secret_key); /* may be NULL */

/* ERR_SYNTAX: not an event. */
MUST_CHECK enum err stripe_event_read(const json_t *event, enum stripe_mode mode, struct stripe_event *out);
