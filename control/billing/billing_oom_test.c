/* A round of reading, an order's form and an event, again and again, with the first allocation failing, then the
 * second, and so on; jansson's are counted too. The linker gives us malloc() (CMakeLists.txt). */
#include "billing/scan.h"
#include "billing/stripe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define MANY_ENOUGH 2000 /* nothing here allocates as often */
#define USDC        "0x5fbdb2315678afecb367f032d93f642f64180aa3"
#define ALICE       "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"
#define TOPIC       "0x00000000000000000000000070997970c51812dc3a010c7d01b50e0d17dc79c8"
#define HASH        "0x00000000000000000000000000000000000000000000000000000000000000aa"

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static long until = -1; /* allocations that still work; -1: all do */

static bool fails_now(void)
{
    if (until < 0)
        return false;
    return until-- == 0;
}

void *__wrap_malloc(size_t n)
{
    return fails_now() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails_now() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails_now() ? NULL : __real_realloc(p, n);
}

static int with_jansson(void **state)
{
    (void)state;
    json_set_alloc_funcs(__wrap_malloc, free);
    return 0;
}

/* What a node with 20 blocks answers, as text: there is one deposit, in block 7. */
static void node_answers(struct scan *s)
{
    const char *request = scan_order(s)->request;
    char answer[1024], number[24] = "";
    unsigned long id = strtoul(strstr(request, "\"id\":") + 5, NULL, 10);
    const char *params = strstr(request, "\"params\":[\"");
    if (params)
        snprintf(number, sizeof number, "%.*s", (int)strcspn(params + 11, "\""), params + 11);
    if (strstr(request, "eth_getBlockByNumber"))
        snprintf(answer, sizeof answer,
                 "{\"id\":%lu,\"result\":{\"number\":\"%s\",\"timestamp\":\"0x1\",\"hash\":\"" HASH "\"}}", id, number);
    else if (strstr(request, "eth_getLogs"))
        snprintf(answer, sizeof answer,
                 "{\"id\":%lu,\"result\":[{\"address\":\"" USDC
                 "\",\"topics\":[\"0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef\",\"" TOPIC
                 "\",\"" TOPIC "\"],\"data\":\"0x%064x\",\"blockNumber\":\"0x7\",\"blockHash\":\"" HASH
                 "\",\"transactionHash\":\"" HASH "\",\"logIndex\":\"0x0\"}]}",
                 id, 5000000);
    else
        snprintf(answer, sizeof answer, "{\"id\":%lu,\"result\":\"0x14\"}", id);
    scan_answered(s, 0, 0, bytes_str(answer));
}

/* One step; true when a range was recorded. */
static bool step(struct scan *s)
{
    const struct scan_order *o = scan_order(s);
    switch (o->want) {
    case SCAN_WAIT:
        scan_wake(s, o->due);
        return false;
    case SCAN_NODE:
        node_answers(s);
        return false;
    case SCAN_STATE:
        scan_state(s, 0, true, 5, HASH, 0);
        return false;
    case SCAN_ADDRESSES:
        if (scan_address(s, ALICE))
            scan_failed(s, 0, 0, "out of memory");
        else
            scan_addresses_end(s, 0);
        return false;
    case SCAN_RECORD:
        assert_int_equal(o->before, 5);
        assert_int_equal(o->last, 9); /* 12 of 20 */
        assert_non_null(strstr(o->found, "\"amount\":\"5.000000\""));
        return true;
    default:
        fail();
        return false;
    }
}

static void a_round_that_runs_out_of_memory_is_begun_again(void **state)
{
    (void)state;
    unsigned failed = 0;
    for (long k = 0; k < MANY_ENOUGH; k++) {
        struct scan_config cfg = {.confirmations = 12, .poll = SEC};
        struct scan *s = NULL;
        assert_int_equal(ethaddr_read(USDC, &cfg.token), OK);
        until = k;
        if (scan_new(&cfg, 0, &s)) {
            assert_null(s);
            failed++;
            continue;
        }
        for (unsigned i = 0; !step(s); i++)
            assert_true(i < 50);
        if (until >= 0) /* it had enough */
            k = MANY_ENOUGH;
        else
            failed++;
        until = -1;
        scan_free(s);
    }
    assert_true(failed > 50);
}

static void a_form_is_whole_or_there_is_none(void **state)
{
    (void)state;
    const struct stripe_order order = {
        .user_id = 1, .cents = 500, .email = "a@example.org", .app_url = "https://x.example"};
    unsigned failed = 0;
    char *whole = stripe_checkout_form(&order);
    assert_non_null(whole);
    for (long k = 0; k < MANY_ENOUGH; k++) {
        until = k;
        char *form = stripe_checkout_form(&order);
        bool had_enough = until >= 0;
        until = -1;
        if (form)
            assert_string_equal(form, whole);
        failed += !form;
        free(form);
        if (had_enough)
            break;
    }
    assert_true(failed > 3);
    free(whole);
}

static void a_signature_is_not_good_for_want_of_memory(void **state)
{
    (void)state;
    until = 0;
    assert_int_equal(stripe_signature_check("t=1700000000,v1=00", BYTES_LIT("{}"), "whsec", 1700000000), ERR_NOMEM);
    until = -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_round_that_runs_out_of_memory_is_begun_again),
        cmocka_unit_test(a_form_is_whole_or_there_is_none),
        cmocka_unit_test(a_signature_is_not_good_for_want_of_memory),
    };
    return cmocka_run_group_tests(tests, with_jansson, NULL);
}
