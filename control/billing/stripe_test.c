/* What is said to Stripe, and what is believed of what Stripe says. */
#include "billing/stripe.h"
#include "common/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define SECRET "whsec_test"
#define NOW    1700000000

static const struct stripe_order order = {
    .user_id = 42, .cents = 2050, .email = "a+b@example.org", .app_url = "https://meet.example.org/"};

static void the_form_of_an_amount_says_what_is_bought_and_for_whom(void **state)
{
    (void)state;
    char *form = stripe_checkout_form(&order);
    assert_string_equal(form,
                        "mode=payment&client_reference_id=42&metadata%5BuserId%5D=42&metadata%5BamountUsd%5D=20.50"
                        "&customer_email=a%2Bb%40example.org"
                        "&line_items%5B0%5D%5Bprice_data%5D%5Bcurrency%5D=usd"
                        "&line_items%5B0%5D%5Bprice_data%5D%5Bunit_amount%5D=2050"
                        "&line_items%5B0%5D%5Bprice_data%5D%5Bproduct_data%5D%5Bname%5D=onepizza%20credit"
                        "&line_items%5B0%5D%5Bquantity%5D=1"
                        "&success_url=https%3A%2F%2Fmeet.example.org%2Fdashboard%3Ftopup%3Dsuccess"
                        "&cancel_url=https%3A%2F%2Fmeet.example.org%2Fdashboard%3Ftopup%3Dcancelled");
    free(form);
}

static void a_price_of_one_dollar_is_taken_as_often_as_there_are_dollars(void **state)
{
    (void)state;
    struct stripe_order whole = order;
    whole.cents = 2000;
    whole.price_id = "price_123";
    char *form = stripe_checkout_form(&whole);
    assert_non_null(strstr(form, "line_items%5B0%5D%5Bprice%5D=price_123&line_items%5B0%5D%5Bquantity%5D=20&"));
    assert_null(strstr(form, "price_data"));
    free(form);

    whole.cents = 2001; /* no whole number of them */
    form = stripe_checkout_form(&whole);
    assert_null(strstr(form, "price_123"));
    assert_non_null(strstr(form, "unit_amount%5D=2001"));
    free(form);
}

static enum err answer_read(const char *text, const char *want)
{
    json_t *answer = json_loads(text, 0, NULL);
    assert_non_null(answer);
    const char *url = NULL;
    enum err e = stripe_checkout_read(answer, 2000, &url);
    if (want)
        assert_string_equal(url, want);
    else
        assert_null(url);
    json_decref(answer);
    return e;
}

static void an_answer_gives_the_page_of_the_payment(void **state)
{
    (void)state;
    assert_int_equal(answer_read("{\"url\":\"https://x/y\"}", "https://x/y"), OK);
    assert_int_equal(answer_read("{\"url\":\"https://x/y\",\"amount_total\":2000,\"currency\":\"usd\"}", "https://x/y"),
                     OK);
    assert_int_equal(answer_read("{\"url\":\"https://x/y\",\"amount_total\":10000,\"currency\":\"usd\"}", NULL),
                     ERR_STATE);
    assert_int_equal(answer_read("{\"url\":\"https://x/y\",\"amount_total\":2000,\"currency\":\"eur\"}", NULL),
                     ERR_STATE);
    assert_int_equal(answer_read("{\"url\":\"javascript:alert(1)\"}", NULL), ERR_SYNTAX);
    assert_int_equal(answer_read("{\"url\":null}", NULL), ERR_SYNTAX);
    assert_int_equal(answer_read("[]", NULL), ERR_SYNTAX);
}

static void sign(char out[DIGEST_HEX_CAP], const char *t, const char *body)
{
    char text[256];
    snprintf(text, sizeof text, "%s.%s", t, body);
    hmac_sha256_hex(out, SECRET, strlen(SECRET), text, strlen(text));
}

static enum err checked(const char *header, const char *body)
{
    return stripe_signature_check(header, bytes_str(body), SECRET, NOW);
}

static void a_signature_of_the_last_five_minutes_is_good(void **state)
{
    (void)state;
    char header[400], right[DIGEST_HEX_CAP];
    static const struct {
        int64_t at;
        enum err e;
    } rows[] = {
        /* clang-format off */
        {NOW, OK},
        {NOW - 300, OK},
        {NOW - 301, ERR_REPLAY},
        {NOW + 300, OK},
        {NOW + 301, ERR_REPLAY},
        {0, ERR_REPLAY},
        /* clang-format on */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char t[24];
        snprintf(t, sizeof t, "%lld", (long long)rows[i].at);
        sign(right, t, "{}");
        snprintf(header, sizeof header, "t=%s,v1=%s", t, right);
        assert_int_equal(checked(header, "{}"), rows[i].e);
        assert_int_equal(checked(header, "{} "), ERR_AUTH);
    }
}

static void one_right_signature_of_several_is_enough(void **state)
{
    (void)state;
    char header[600], right[DIGEST_HEX_CAP], wrong[DIGEST_HEX_CAP];
    sign(right, "1700000000", "{}");
    sign(wrong, "1700000000", "{1}");
    snprintf(header, sizeof header, "t=1700000000,v1=%s,v0=%s,v1=%s", wrong, wrong, right);
    assert_int_equal(checked(header, "{}"), OK);
    snprintf(header, sizeof header, "v1=%s,t=1700000000", right);
    assert_int_equal(checked(header, "{}"), OK);
    snprintf(header, sizeof header, "t=1700000000,v0=%s", right); /* another scheme */
    assert_int_equal(checked(header, "{}"), ERR_SYNTAX);
    snprintf(header, sizeof header, "t=1700000000,v1=%s,v1=%s", wrong, wrong);
    assert_int_equal(checked(header, "{}"), ERR_AUTH);
}

static void a_changed_time_breaks_the_signature(void **state)
{
    (void)state;
    char header[200], right[DIGEST_HEX_CAP];
    sign(right, "1699990000", "{}");
    snprintf(header, sizeof header, "t=1700000000,v1=%s", right);
    assert_int_equal(checked(header, "{}"), ERR_AUTH);
    snprintf(header, sizeof header, "t=1699990000,t=1700000000,v1=%s", right);
    assert_int_equal(checked(header, "{}"), ERR_AUTH);
}

static void headers_that_say_nothing_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      ",",
                                      ",,,=",
                                      "t=",
                                      "t=1700000000",
                                      "v1=00",
                                      "t=,v1",
                                      "t=x,v1=",
                                      "t=-1,v1=00,t=",
                                      "t= 1,v1=",
                                      "t=170000000000000000,v1=0"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(checked(bad[i], "{}"), ERR_SYNTAX);
    assert_int_equal(checked("t=1700000000,v1=", "{}"), ERR_AUTH);
    assert_int_equal(checked("t=1700000000,v1=00", "{}"), ERR_AUTH);
}

static void amounts_are_written_as_people_write_them(void **state)
{
    (void)state;
    char text[STRIPE_AMOUNT_CAP];
    assert_string_equal(stripe_amount(2000, text), "20");
    assert_string_equal(stripe_amount(2050, text), "20.50");
    assert_string_equal(stripe_amount(501, text), "5.01");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_form_of_an_amount_says_what_is_bought_and_for_whom),
        cmocka_unit_test(a_price_of_one_dollar_is_taken_as_often_as_there_are_dollars),
        cmocka_unit_test(an_answer_gives_the_page_of_the_payment),
        cmocka_unit_test(a_signature_of_the_last_five_minutes_is_good),
        cmocka_unit_test(one_right_signature_of_several_is_enough),
        cmocka_unit_test(a_changed_time_breaks_the_signature),
        cmocka_unit_test(headers_that_say_nothing_are_refused),
        cmocka_unit_test(amounts_are_written_as_people_write_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
