#include "api/mailbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <poll.h>
#include <pthread.h>

static bool is_ringing(const struct mailbox *box)
{
    struct pollfd p = {.fd = mailbox_fd(box), .events = POLLIN};
    return poll(&p, 1, 0) == 1;
}

static void messages_come_out_in_order_and_wake_the_reader_once(void **state)
{
    (void)state;
    struct mailbox *box = NULL;
    struct msg_list list;
    assert_int_equal(mailbox_new(&box), OK);
    assert_false(is_ringing(box));
    for (unsigned i = 0; i < 5; i++) {
        struct msg *m = msg_new(MSG_JOIN, "r", "p");
        m->request = i;
        mailbox_put(box, m);
    }
    assert_true(is_ringing(box));
    msg_list_init(&list);
    mailbox_take_all(box, &list);
    assert_false(is_ringing(box));
    for (unsigned i = 0; i < 5; i++) {
        struct msg *m = msg_list_take(&list);
        assert_int_equal(m->request, i);
        msg_free(m);
    }
    assert_null(msg_list_take(&list));
    mailbox_wake(box);
    assert_true(is_ringing(box));
    mailbox_take_all(box, &list);
    assert_false(is_ringing(box));
    mailbox_put(box, msg_new(MSG_JOIN, "r", "p"));
    mailbox_free(box); /* and what is in it */
}

#define N_EACH 2000

static void *post(void *arg)
{
    for (unsigned i = 1; i <= N_EACH; i++) {
        struct msg *m = msg_new(MSG_LEAVE, "r", "p");
        m->request = i;
        mailbox_put(arg, m);
    }
    return NULL;
}

static void nothing_is_lost_between_threads(void **state)
{
    (void)state;
    struct mailbox *box = NULL;
    pthread_t threads[3];
    uint64_t n = 0, sum = 0;
    assert_int_equal(mailbox_new(&box), OK);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, post, box), 0);
    while (n < (uint64_t)3 * N_EACH) {
        struct pollfd p = {.fd = mailbox_fd(box), .events = POLLIN};
        assert_int_equal(poll(&p, 1, 10000), 1);
        struct msg_list list;
        msg_list_init(&list);
        mailbox_take_all(box, &list);
        for (struct msg *m; (m = msg_list_take(&list)); msg_free(m), n++)
            sum += m->request;
    }
    for (unsigned i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(sum, 3ull * N_EACH * (N_EACH + 1) / 2);
    mailbox_free(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_out_in_order_and_wake_the_reader_once),
        cmocka_unit_test(nothing_is_lost_between_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
