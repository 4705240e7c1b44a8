/* stripe_event.c: a table of the events that move money, and how each is read and doubted. */
#include "billing/stripe_event.h"
#include "billing/usd.h"

#include <stdlib.h>
#include <string.h>

#define CENTS_MAX (USD(1000000) / USD_CENT * 1000) /* nobody pays so much at once */

static const char *text_at(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static bool is_text(const json_t *object, const char *name, const char *expected)
{
    return strcmp(text_at(object, name), expected) == 0;
}

/* A user's number in a text, or as a number; 0: it is neither. */
static int64_t user_read(const json_t *value)
{
    if (json_is_integer(value))
        return json_integer_value(value) > 0 ? json_integer_value(value) : 0;
    const char *text = json_string_value(value);
    size_t len = text ? strspn(text, "0123456789") : 0;
    if (!len || len > 18 || text[len])
        return 0;
    return strtoll(text, NULL, 10);
}

/* A number of whole cents; -1: it isn't one, or nothing that was paid. */
static int64_t cents_read(const json_t *value)
{
    int64_t cents = json_is_integer(value) ? json_integer_value(value) : -1;
    return cents > 0 && cents <= CENTS_MAX ? cents : -1;
}

/* Cents are cents in dollars alone: 1000 JPY are 1000 yen. */
static const char *money_read(const json_t *object, const char *amount, struct stripe_event *out)
{
    out->cents = cents_read(json_object_get(object, amount));
    if (!is_text(object, "currency", "usd"))
        return "it is not in US dollars";
    return out->cents < 0 ? "it does not say an amount" : NULL;
}

/* ---- a Checkout session ---- */

/* What was ordered, if the session says so, is what was paid. */
static bool is_as_ordered(const json_t *ordered, int64_t cents)
{
    int64_t amount = 0;
    if (!ordered || json_is_null(ordered))
        return true;
    return usd_of_json(ordered, &amount) == OK && amount == cents * USD_CENT;
}

static const char *session_doubt(const json_t *session, struct stripe_event *out)
{
    const json_t *mode = json_object_get(session, "mode"), *metadata = json_object_get(session, "metadata");
    const char *doubt = money_read(session, "amount_total", out);
    if (doubt)
        return doubt;
    if (!is_text(session, "payment_status", "paid"))
        return "it is not paid";
    if (mode && !is_text(session, "mode", "payment"))
        return "it is not a single payment";
    if (!is_as_ordered(json_object_get(metadata, "amountUsd"), out->cents))
        return "the amount paid is not the amount ordered";
    return out->user_id ? NULL : "it does not say whose it is";
}

static void session_read(const json_t *session, struct stripe_event *out)
{
    const json_t *status = json_object_get(session, "payment_status");
    bool completed = strcmp(out->type, "checkout.session.completed") == 0;
    if (completed && status && !is_text(session, "payment_status", "paid")) {
        out->kind = STRIPE_UNPAID;
        return;
    }
    out->user_id = user_read(json_object_get(json_object_get(session, "metadata"), "userId"));
    if (!out->user_id)
        out->user_id = user_read(json_object_get(session, "client_reference_id"));
    out->doubt = session_doubt(session, out);
}

/* ---- money that goes back ---- */

static void charge_read(const json_t *charge, struct stripe_event *out)
{
    out->doubt = money_read(charge, "amount_refunded", out);
}

static void refund_read(const json_t *refund, struct stripe_event *out)
{
    if (is_text(refund, "status", "failed") || is_text(refund, "status", "canceled"))
        out->kind = STRIPE_REFUND_FAILED;
    out->doubt = money_read(refund, "amount", out);
}

static const struct {
    const char *status;
    enum stripe_standing standing;
} standings[] = {
    {"warning_needs_response", STRIPE_INQUIRY},
    {"warning_under_review", STRIPE_INQUIRY},
    {"warning_closed", STRIPE_WON},
    {"needs_response", STRIPE_OPEN},
    {"under_review", STRIPE_OPEN},
    {"won", STRIPE_WON},
    {"prevented", STRIPE_WON},
    {"charge_refunded", STRIPE_WON}, /* the refund counts */
    {"lost", STRIPE_LOST},
};

static void dispute_read(const json_t *dispute, struct stripe_event *out)
{
    out->doubt = "it does not say how it stands";
    for (size_t i = 0; i < ARRAY_LEN(standings); i++)
        if (is_text(dispute, "status", standings[i].status)) {
            out->standing = standings[i].standing;
            out->doubt = money_read(dispute, "amount", out);
        }
    if (strcmp(out->type, "charge.dispute.funds_reinstated") == 0)
        out->standing = STRIPE_WON;
}

/* ---- events ---- */

static const struct row {
    const char *type;
    enum stripe_event_kind kind;
    void (*read)(const json_t *object, struct stripe_event *out);
} rows[] = {
    {"checkout.session.completed", STRIPE_PAID, session_read},
    {"checkout.session.async_payment_succeeded", STRIPE_PAID, session_read},
    {"charge.refunded", STRIPE_REFUNDED, charge_read},
    {"charge.refund.updated", STRIPE_REFUND, refund_read},
    {"refund.created", STRIPE_REFUND, refund_read},
    {"refund.updated", STRIPE_REFUND, refund_read},
    {"refund.failed", STRIPE_REFUND, refund_read},
    {"charge.dispute.created", STRIPE_DISPUTED, dispute_read},
    {"charge.dispute.updated", STRIPE_DISPUTED, dispute_read},
    {"charge.dispute.funds_withdrawn", STRIPE_DISPUTED, dispute_read},
    {"charge.dispute.funds_reinstated", STRIPE_DISPUTED, dispute_read},
    {"charge.dispute.closed", STRIPE_DISPUTED, dispute_read},
};

enum stripe_mode stripe_mode_of(const char *secret_key)
{
    const char *mode = secret_key ? strchr(secret_key, '_') : NULL; /* sk_test_…, rk_live_… */
    if (mode && strncmp(mode, "_test_", 6) == 0)
        return STRIPE_TEST;
    return mode && strncmp(mode, "_live_", 6) == 0 ? STRIPE_LIVE : STRIPE_ANY_MODE;
}

/* The PaymentIntent's id, or the whole of it where the event was asked to be expanded. */
static const char *payment_of(const json_t *object)
{
    const json_t *payment = json_object_get(object, "payment_intent");
    return json_is_object(payment) ? text_at(payment, "id") : text_at(object, "payment_intent");
}

static void mode_check(const json_t *event, enum stripe_mode mode, struct stripe_event *out)
{
    const json_t *live = json_object_get(event, "livemode");
    if (!live || mode == STRIPE_ANY_MODE || (json_is_boolean(live) && json_is_true(live) == (mode == STRIPE_LIVE)))
        return;
    out->doubt = "it is of Stripe's other mode (live or test) than STRIPE_SECRET_KEY";
}

enum err stripe_event_read(const json_t *event, enum stripe_mode mode, struct stripe_event *out)
{
    struct stripe_event e = {.id = text_at(event, "id"), .type = text_at(event, "type"), .cents = -1};
    if (!json_is_object(event) || !*e.type)
        return ERR_SYNTAX;
    const json_t *object = json_object_get(json_object_get(event, "data"), "object");
    e.object_id = text_at(object, "id");
    e.payment = payment_of(object);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (strcmp(e.type, rows[i].type) != 0)
            continue;
        if (!json_is_object(object) || !*e.object_id)
            return ERR_SYNTAX;
        e.kind = rows[i].kind;
        rows[i].read(object, &e);
        if (e.kind > STRIPE_PAID && !*e.payment)
            e.doubt = "it does not name its payment";
        mode_check(event, mode, &e);
    }
    *out = e;
    return OK;
}
