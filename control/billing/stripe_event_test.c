/* stripe_event_test.c: what each event of Stripe means, and what nothing may follow from. */
#include "billing/stripe_event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define PAID "\"id\":\"cs_1\",\"payment_status\":\"paid\",\"mode\":\"payment\",\"payment_intent\":\"pi_1\""
#define WHO  ",\"metadata\":{\"userId\":\"42\",\"amountUsd\":\"20.50\"}"

static json_t *event_of(const char *type, const char *object)
{
    json_t *event = json_pack("{s:s,s:s,s:{s:o}}", "id", "evt_1", "type", type, "data", "object",
                              json_loads(object, JSON_DECODE_ANY, NULL));
    assert_non_null(event);
    return event;
}

/* What is read borrows: the event is freed by the next call, and by NULL. */
static struct stripe_event read_of(const char *type, const char *object)
{
    static json_t *kept;
    struct stripe_event e = {0};
    json_decref(kept);
    kept = type ? event_of(type, object) : NULL;
    if (kept)
        assert_int_equal(stripe_event_read(kept, STRIPE_ANY_MODE, &e), OK);
    return e;
}

static int done(void **state)
{
    (void)state;
    read_of(NULL, NULL);
    return 0;
}

static void a_paid_session_says_whose_it_is_and_how_much(void **state)
{
    (void)state;
    static const struct {
        const char *session;
        int64_t user_id, cents;
    } rows[] = {
        {"{" PAID ",\"client_reference_id\":\"7\",\"amount_total\":2050,\"currency\":\"usd\"" WHO "}", 42, 2050},
        {"{" PAID ",\"client_reference_id\":\"7\",\"amount_total\":500,\"currency\":\"usd\"}", 7, 500},
        {"{" PAID
         ",\"metadata\":{\"userId\":\"x\"},\"client_reference_id\":\"7\",\"amount_total\":1,\"currency\":\"usd\"}",
         7, 1},
        {"{" PAID ",\"metadata\":{\"userId\":7,\"amountUsd\":5.01},\"amount_total\":501,\"currency\":\"usd\"}", 7, 501},
        {"{" PAID ",\"metadata\":{\"userId\":7,\"amountUsd\":null},\"amount_total\":501,\"currency\":\"usd\"}", 7, 501},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct stripe_event e = read_of("checkout.session.completed", rows[i].session);
        assert_int_equal(e.kind, STRIPE_PAID);
        assert_null(e.doubt);
        assert_string_equal(e.object_id, "cs_1");
        assert_string_equal(e.payment, "pi_1");
        assert_int_equal(e.user_id, rows[i].user_id);
        assert_int_equal(e.cents, rows[i].cents);
    }
}

static void a_payment_that_does_not_agree_with_itself_is_doubted(void **state)
{
    (void)state;
    static const char *const rest[] = {
        ",\"amount_total\":100,\"currency\":\"usd\"" WHO,                 /* $1 for $20.50 */
        ",\"amount_total\":2050,\"currency\":\"jpy\"" WHO,                /* yen have no cents */
        ",\"amount_total\":2050,\"currency\":\"eur\"" WHO,                /* */
        ",\"amount_total\":2050,\"currency\":\"USD\"" WHO,                /* Stripe writes it small */
        ",\"amount_total\":2050" WHO,                                     /* no currency */
        ",\"currency\":\"usd\"" WHO,                                      /* no amount */
        ",\"amount_total\":null,\"currency\":\"usd\"" WHO,                /* */
        ",\"amount_total\":\"2050\",\"currency\":\"usd\"" WHO,            /* not a number */
        ",\"amount_total\":2050.0,\"currency\":\"usd\"" WHO,              /* not a whole one */
        ",\"amount_total\":-2050,\"currency\":\"usd\"" WHO,               /* */
        ",\"amount_total\":0,\"currency\":\"usd\"" WHO,                   /* */
        ",\"amount_total\":9000000000000000000,\"currency\":\"usd\"" WHO, /* */
        ",\"amount_total\":2050,\"currency\":\"usd\"",                    /* nobody's */
        ",\"amount_total\":2050,\"currency\":\"usd\",\"metadata\":{\"userId\":\"99999999999999999999\"}",
        ",\"amount_total\":2050,\"currency\":\"usd\",\"metadata\":{\"userId\":\"42\",\"amountUsd\":\"20.505\"}",
        ",\"amount_total\":2050,\"currency\":\"usd\",\"metadata\":{\"userId\":\"42\",\"amountUsd\":\"20.5001\"}",
        ",\"amount_total\":2050,\"currency\":\"usd\",\"metadata\":{\"userId\":\"42\",\"amountUsd\":\"\"}",
        ",\"amount_total\":2050,\"currency\":\"usd\",\"metadata\":{\"userId\":\"42\",\"amountUsd\":[20.5]}",
        ",\"amount_total\":2050,\"currency\":\"usd\",\"metadata\":{\"userId\":\"42\",\"amountUsd\":\"-20.50\"}",
    };
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++) {
        char session[600];
        snprintf(session, sizeof session, "{" PAID "%s}", rest[i]);
        struct stripe_event e = read_of("checkout.session.completed", session);
        assert_int_equal(e.kind, STRIPE_PAID);
        assert_non_null(e.doubt);
    }
    static const char *const others[] = {
        "{\"id\":\"cs_1\",\"amount_total\":2050,\"currency\":\"usd\"" WHO "}", /* doesn't say that it is paid */
        "{\"id\":\"cs_1\",\"payment_status\":\"unpaid\",\"amount_total\":2050,\"currency\":\"usd\"" WHO "}",
        "{\"id\":\"cs_1\",\"payment_status\":\"paid\",\"mode\":\"subscription\",\"amount_total\":2050,"
        "\"currency\":\"usd\"" WHO "}",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_non_null(read_of("checkout.session.async_payment_succeeded", others[i]).doubt);
}

static void events_of_the_other_mode_are_doubted(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        int live; /* -1: the event doesn't say */
        int is_doubted;
    } rows[] = {
        {"sk_test_x", 0, 0}, {"sk_test_x", 1, 1}, {"sk_live_x", 1, 0}, {"sk_live_x", 0, 1},  {"rk_live_x", 0, 1},
        {"rk_test_x", 1, 1}, {"something", 1, 0}, {NULL, 0, 0},        {"sk_live_x", -1, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *event =
            event_of("checkout.session.completed", "{" PAID ",\"amount_total\":2050,\"currency\":\"usd\"" WHO "}");
        struct stripe_event e;
        if (rows[i].live >= 0)
            json_object_set_new(event, "livemode", json_boolean(rows[i].live));
        assert_int_equal(stripe_event_read(event, stripe_mode_of(rows[i].key), &e), OK);
        assert_int_equal(e.doubt != NULL, rows[i].is_doubted);
        json_decref(event);
    }
}

static void a_session_counts_when_it_is_paid(void **state)
{
    (void)state;
    static const char completed[] = "checkout.session.completed";
    assert_int_equal(read_of(completed, "{\"id\":\"cs_1\",\"payment_status\":\"unpaid\"}").kind, STRIPE_UNPAID);
    assert_int_equal(read_of(completed, "{\"id\":\"cs_1\",\"payment_status\":7}").kind, STRIPE_UNPAID);
    assert_int_equal(read_of(completed, "{\"id\":\"cs_1\",\"payment_status\":\"no_payment_required\"}").kind,
                     STRIPE_UNPAID);
    assert_int_equal(read_of("checkout.session.async_payment_failed", "{\"id\":\"cs_1\"}").kind, STRIPE_OTHER);
    assert_int_equal(read_of("checkout.session.expired", "{\"id\":\"cs_1\"}").kind, STRIPE_OTHER);
    assert_int_equal(read_of("payment_intent.succeeded", "[]").kind, STRIPE_OTHER);
}

static void refunds_say_how_much_went_back(void **state)
{
    (void)state;
    struct stripe_event e = read_of("charge.refunded", "{\"id\":\"ch_1\",\"payment_intent\":\"pi_1\",\"amount\":2000,"
                                                       "\"amount_refunded\":500,\"currency\":\"usd\"}");
    assert_int_equal(e.kind, STRIPE_REFUNDED);
    assert_null(e.doubt);
    assert_int_equal(e.cents, 500);
    assert_string_equal(e.payment, "pi_1");
    static const char failed[] = "{\"id\":\"re_1\",\"payment_intent\":{\"id\":\"pi_1\"},\"amount\":500,"
                                 "\"currency\":\"usd\",\"status\":\"failed\"}";
    e = read_of("refund.updated", failed);
    assert_int_equal(e.kind, STRIPE_REFUND_FAILED);
    assert_null(e.doubt);
    assert_int_equal(e.cents, 500);
    assert_string_equal(e.payment, "pi_1");
    assert_int_equal(read_of("charge.refund.updated", failed).kind, STRIPE_REFUND_FAILED);
    e = read_of("refund.updated", "{\"id\":\"re_1\",\"status\":\"succeeded\",\"amount\":500,\"currency\":\"usd\"}");
    assert_int_equal(e.kind, STRIPE_REFUND);
    assert_int_equal(e.cents, 500);
    assert_non_null(e.doubt); /* it names no payment */
    assert_int_equal(read_of("refund.failed", failed).kind, STRIPE_REFUND_FAILED);
    assert_non_null(read_of("charge.refunded", "{\"id\":\"ch_1\",\"amount_refunded\":500,\"currency\":\"usd\"}").doubt);
    e = read_of("charge.refunded",
                "{\"id\":\"ch_1\",\"payment_intent\":\"pi_1\",\"amount_refunded\":500,\"currency\":\"eur\"}");
    assert_non_null(e.doubt);
}

static void disputes_say_how_they_stand(void **state)
{
    (void)state;
    static const struct {
        const char *type, *status;
        enum stripe_standing standing;
        int is_doubted;
    } rows[] = {
        {"charge.dispute.created", "warning_needs_response", STRIPE_INQUIRY, 0},
        {"charge.dispute.created", "needs_response", STRIPE_OPEN, 0},
        {"charge.dispute.updated", "under_review", STRIPE_OPEN, 0},
        {"charge.dispute.funds_withdrawn", "needs_response", STRIPE_OPEN, 0},
        {"charge.dispute.funds_reinstated", "under_review", STRIPE_WON, 0},
        {"charge.dispute.closed", "won", STRIPE_WON, 0},
        {"charge.dispute.closed", "lost", STRIPE_LOST, 0},
        {"charge.dispute.closed", "warning_closed", STRIPE_WON, 0},
        {"charge.dispute.closed", "something new", STRIPE_INQUIRY, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char object[200];
        snprintf(object, sizeof object,
                 "{\"id\":\"du_1\",\"payment_intent\":\"pi_1\",\"amount\":2000,\"currency\":\"usd\",\"status\":\"%s\"}",
                 rows[i].status);
        struct stripe_event e = read_of(rows[i].type, object);
        assert_int_equal(e.kind, STRIPE_DISPUTED);
        assert_int_equal(e.doubt != NULL, rows[i].is_doubted);
        assert_int_equal(e.standing, rows[i].standing);
        assert_string_equal(e.object_id, "du_1");
    }
}

static void what_is_no_event_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"[]",
                                      "{}",
                                      "{\"type\":7}",
                                      "{\"type\":\"checkout.session.completed\"}",
                                      "{\"type\":\"checkout.session.completed\",\"data\":{\"object\":{\"id\":7}}}",
                                      "{\"type\":\"charge.refunded\",\"data\":{\"object\":[]}}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        json_t *event = json_loads(bad[i], 0, NULL);
        struct stripe_event e;
        assert_int_equal(stripe_event_read(event, STRIPE_ANY_MODE, &e), ERR_SYNTAX);
        json_decref(event);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_paid_session_says_whose_it_is_and_how_much),
        cmocka_unit_test(a_payment_that_does_not_agree_with_itself_is_doubted),
        cmocka_unit_test(events_of_the_other_mode_are_doubted),
        cmocka_unit_test(a_session_counts_when_it_is_paid),
        cmocka_unit_test(refunds_say_how_much_went_back),
        cmocka_unit_test(disputes_say_how_they_stand),
        cmocka_unit_test(what_is_no_event_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, done);
}
