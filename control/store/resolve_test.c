/* resolve_test.c: which URLs need a name server, and what comes of it. */
#include "store/resolve.h"
#include "common/usec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static void only_a_single_name_is_asked_for(void **state)
{
    (void)state;
    static const char *const others[] = {
        "host=/var/run/postgresql dbname=x",
        "postgres://u@192.0.2.1/x",
        "postgres://u@[2001:db8::1]:5432/x",
        "host=a,b dbname=x",
        "dbname=x",
        "host=name hostaddr=192.0.2.1",
        "postgres://u@localhost/x",
        "=nonsense",
        "",
    };
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        struct resolve *r = NULL;
        assert_int_equal(resolve_new(others[i], &r), ERR_UNSUPPORTED);
        assert_null(r);
    }
}

static enum err wait_for(struct resolve *r, struct resolved *out)
{
    enum err e = ERR_STATE;
    for (unsigned i = 0; i < 3000 && e == ERR_STATE; i++) {
        e = resolve_poll(r, out);
        if (e == ERR_STATE)
            usleep(10000); /* libc's thread has no other way to be waited for that the loop would use */
    }
    return e;
}

static void a_name_gives_a_host_for_each_address(void **state)
{
    (void)state;
    char name[256];
    struct resolve *r = NULL;
    struct resolved out;
    assert_int_equal(gethostname(name, sizeof name), 0);
    char url[512];
    snprintf(url, sizeof url, "host=%s dbname=x", name);
    enum err e = resolve_new(url, &r);
    if (e == ERR_UNSUPPORTED) /* this machine is called localhost */
        skip();
    assert_int_equal(e, OK);
    e = wait_for(r, &out);
    if (e == ERR_NOT_FOUND) /* it doesn't know its own name */
        skip();
    assert_int_equal(e, OK);
    unsigned hosts = 1, addresses = 1;
    for (const char *c = out.hosts; *c; c++)
        hosts += *c == ',';
    for (const char *c = out.addresses; *c; c++)
        addresses += *c == ',';
    assert_int_equal(hosts, addresses);
    assert_memory_equal(out.hosts, name, strlen(name));
    resolve_free(r);
}

static void a_name_that_does_not_exist_is_not_found(void **state)
{
    (void)state;
    struct resolve *r = NULL;
    struct resolved out;
    assert_int_equal(resolve_new("postgres://u@nowhere.invalid/x", &r), OK);
    assert_int_equal(wait_for(r, &out), ERR_NOT_FOUND);
    resolve_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_single_name_is_asked_for),
        cmocka_unit_test(a_name_gives_a_host_for_each_address),
        cmocka_unit_test(a_name_that_does_not_exist_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
