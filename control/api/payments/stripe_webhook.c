/* stripe_webhook.c: one function for each kind of event that moves money. All of them are one statement that may be
 * repeated: Stripe tells its events at least once, in any order. */
#include "api/payments/stripe_webhook.h"
#include "access/db.h"
#include "api/payments/payments_api.h"
#include "billing/stripe.h"
#include "billing/stripe_event.h"
#include "billing/usd.h"
#include "loop/loop.h"

#include <stdio.h>
#include <string.h>

#define SIGNATURE_QUIET (10 * SEC)
#define REFERENCE_CAP   256

static void reply_received(struct call *c)
{
    call_reply_json(c, 200, json_pack("{s:b}", "received", 1));
}

static struct sql_decimal dollars(int64_t cents)
{
    return sql_decimal(cents, 2);
}

/* ---- what nothing may follow from ---- */

static void on_told(struct call *c, const struct rows *rows)
{
    (void)rows;
    reply_received(c);
}

static enum err doubted(struct call *c, const struct stripe_event *e)
{
    const struct payments_api *api = call_part(c);
    char id[LOG_SAFE_CAP], type[LOG_SAFE_CAP], object[LOG_SAFE_CAP], reference[REFERENCE_CAP], detail[300];
    bool paid = e->kind == STRIPE_PAID;
    log_error(api->cfg.log, "stripe_unclear", "event=%s type=%s object=%s user=%lld cents=%lld reason=\"%s\"",
              log_safe(id, e->id), log_safe(type, e->type), log_safe(object, e->object_id), (long long)e->user_id,
              (long long)e->cents, e->doubt);
    snprintf(reference, sizeof reference, "stripe:%s%s%s", e->object_id, paid ? "" : ":", paid ? "" : e->id);
    snprintf(detail, sizeof detail, "%s: %s", e->type, e->doubt);
    return db_ask(c,
                  sql_payment_problems_add(.kind = paid ? "not_credited" : "not_taken_back", .reference = reference,
                                           .user_id = e->user_id, .amount = dollars(e->cents > 0 ? e->cents : 0),
                                           .detail = detail),
                  on_told);
}

/* ---- credit ---- */

static void on_credited(struct call *c, const struct rows *rows)
{
    const struct payments_api *api = call_part(c);
    struct sql_stripe_credit_row r = sql_stripe_credit_row(rows, 0);
    char safe[LOG_SAFE_CAP];
    if (!r.has_is_new)
        log_error(api->cfg.log, "stripe_unknown_account", "reference=%s", log_safe(safe, r.reference));
    else if (r.is_new)
        log_info(api->cfg.log, "stripe_credited", "reference=%s", log_safe(safe, r.reference));
    else
        log_info(api->cfg.log, "stripe_repeated", "reference=%s", log_safe(safe, r.reference));
    reply_received(c);
}

static enum err paid(struct call *c, const struct stripe_event *e)
{
    char text[STRIPE_AMOUNT_CAP], description[64], reference[REFERENCE_CAP];
    snprintf(reference, sizeof reference, "stripe:%s", e->object_id);
    snprintf(description, sizeof description, "Stripe top-up $%s", stripe_amount(e->cents, text));
    return db_ask(c,
                  sql_stripe_credit(.user_id = e->user_id, .amount = dollars(e->cents), .description = description,
                                    .reference = reference, .payment = e->payment),
                  on_credited);
}

/* ---- money that goes back ---- */

static void on_gone_back(struct call *c, const struct rows *rows)
{
    const struct payments_api *api = call_part(c);
    struct sql_stripe_refunded_row r = sql_stripe_refunded_row(rows, 0);
    char safe[LOG_SAFE_CAP];
    if (!r.known)
        log_error(api->cfg.log, "stripe_unknown_payment", "payment=%s", log_safe(safe, r.payment));
    else if (!r.taken[strspn(r.taken, "0.")]) /* an inquiry, or told before */
        log_info(api->cfg.log, "stripe_nothing_taken", "payment=%s", log_safe(safe, r.payment));
    else
        log_error(api->cfg.log, "stripe_taken_back", "payment=%s usd=%s", log_safe(safe, r.payment), r.taken);
    reply_received(c);
}

static enum err refunded(struct call *c, const struct stripe_event *e)
{
    return db_ask(
        c,
        sql_stripe_refunded(.event = e->id, .payment = e->payment, .charge = e->object_id, .total = dollars(e->cents)),
        on_gone_back);
}

static enum err refund(struct call *c, const struct stripe_event *e)
{
    return db_ask(c,
                  sql_stripe_refund(.payment = e->payment, .refund = e->object_id, .amount = dollars(e->cents),
                                    .is_failed = e->kind == STRIPE_REFUND_FAILED),
                  on_gone_back);
}

static enum err disputed(struct call *c, const struct stripe_event *e)
{
    static const char *const standings[] = {
        [STRIPE_INQUIRY] = "inquiry",
        [STRIPE_OPEN] = "open",
        [STRIPE_LOST] = "lost",
        [STRIPE_WON] = "won",
    };
    return db_ask(c,
                  sql_stripe_disputed(.payment = e->payment, .dispute = e->object_id, .amount = dollars(e->cents),
                                      .standing = standings[e->standing]),
                  on_gone_back);
}

/* ---- events ---- */

static enum err (*const takes[])(struct call *c, const struct stripe_event *e) = {
    [STRIPE_PAID] = paid,         [STRIPE_REFUNDED] = refunded,
    [STRIPE_REFUND] = refund,     [STRIPE_REFUND_FAILED] = refund,
    [STRIPE_DISPUTED] = disputed,
};

static bool names_fit(const struct stripe_event *e)
{
    return strlen(e->id) + strlen(e->object_id) + sizeof "stripe::" < REFERENCE_CAP &&
           strlen(e->payment) < REFERENCE_CAP && strlen(e->type) < REFERENCE_CAP;
}

static enum err event_take(struct call *c, const json_t *json)
{
    const struct payments_api *api = call_part(c);
    struct stripe_event e;
    char id[LOG_SAFE_CAP], type[LOG_SAFE_CAP];
    if (stripe_event_read(json, stripe_mode_of(api->cfg.stripe_secret_key), &e) || !names_fit(&e)) {
        call_error(c, 400, "The body is not a Stripe event");
        return OK;
    }
    if (e.doubt)
        return doubted(c, &e);
    if (e.kind < ARRAY_LEN(takes) && takes[e.kind])
        return takes[e.kind](c, &e);
    log_info(api->cfg.log, "stripe_event", "event=%s type=%s", log_safe(id, e.id), log_safe(type, e.type));
    reply_received(c);
    return OK;
}

static void log_signature(struct payments_api *api, const struct call *c, enum err e)
{
    usec_t now = loop_now(api->cfg.loop);
    if (now < api->quiet_until)
        return;
    api->quiet_until = now + SIGNATURE_QUIET;
    log_warn(api->cfg.log, "stripe_signature", "ip=%s reason=%s", call_ip(c), err_name(e));
}

enum err stripe_webhook(struct call *c)
{
    struct payments_api *api = call_part(c);
    const char *signature = call_header(c, "stripe-signature");
    struct bytes body = call_body(c);
    if (!api->cfg.stripe_webhook_secret) {
        call_error(c, 503, "Card payments are not configured on this server");
        return OK;
    }
    enum err e = signature ? stripe_signature_check(signature, body, api->cfg.stripe_webhook_secret, usec_wall() / SEC)
                           : ERR_SYNTAX;
    if (e) {
        log_signature(api, c, e);
        call_error(c, 400, e == ERR_REPLAY ? "Stripe-Signature is too old" : "Stripe-Signature is wrong or missing");
        return OK;
    }
    json_t *json = json_loadb((const char *)body.p, body.len, 0, NULL);
    e = event_take(c, json);
    json_decref(json);
    return e;
}
