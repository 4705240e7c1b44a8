/* found_test.c: order, number and bound of what was found. */
#include "billing/found.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct eth_transfer transfer(char tx, uint64_t block, uint64_t log_index, char block_hash)
{
    struct eth_transfer t = {.block = block, .log_index = log_index, .amount = 5000000};
    t.to.bytes[0] = 7;
    snprintf(t.tx.text, sizeof t.tx.text, "0x%064d", tx);
    snprintf(t.block_hash.text, sizeof t.block_hash.text, "0x%064d", block_hash);
    return t;
}

static void add(struct found *f, struct eth_transfer t)
{
    assert_int_equal(found_add(f, &t), OK);
}

static void transfers_of_one_transaction_to_one_address_are_counted_in_the_order_of_their_logs(void **state)
{
    (void)state;
    struct found f;
    found_init(&f);
    add(&f, transfer(2, 11, 9, 'b'));
    add(&f, transfer(1, 10, 5, 'a'));
    add(&f, transfer(1, 10, 3, 'a'));
    found_sort(&f);
    assert_int_equal(f.n, 3);
    assert_int_equal(f.all[0].transfer.log_index, 3);
    assert_int_equal(f.all[0].nth, 0);
    assert_int_equal(f.all[1].nth, 1);
    assert_int_equal(f.all[2].transfer.block, 11);
    assert_int_equal(f.all[2].nth, 0);
    found_reset(&f);
}

static void a_log_that_is_told_twice_is_one_deposit(void **state)
{
    (void)state;
    struct found f;
    found_init(&f);
    add(&f, transfer(1, 10, 5, 'a'));
    add(&f, transfer(1, 10, 3, 'a'));
    add(&f, transfer(1, 10, 5, 'a'));
    found_sort(&f);
    assert_int_equal(f.n, 2);
    assert_int_equal(f.all[1].transfer.log_index, 5);
    assert_int_equal(f.all[1].nth, 1);
    found_reset(&f);
}

/* Which of the two blocks is the chain's is found out when they are checked. */
static void the_same_log_in_two_blocks_is_kept_twice(void **state)
{
    (void)state;
    struct found f;
    found_init(&f);
    add(&f, transfer(1, 10, 5, 'a'));
    add(&f, transfer(1, 10, 5, 'b'));
    found_sort(&f);
    assert_int_equal(f.n, 2);
    found_clear(&f);
    found_sort(&f);
    assert_int_equal(f.n, 0);
    found_reset(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transfers_of_one_transaction_to_one_address_are_counted_in_the_order_of_their_logs),
        cmocka_unit_test(a_log_that_is_told_twice_is_one_deposit),
        cmocka_unit_test(the_same_log_in_two_blocks_is_kept_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
