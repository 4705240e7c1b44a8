#include "sandbox/environment.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECRET "a-secret-that-only-this-test-knows"

/* As root would see it. */
static bool environ_shows(const char *text)
{
    static char seen[1 << 20];
    FILE *f = fopen("/proc/self/environ", "re");
    assert_non_null(f);
    size_t n = fread(seen, 1, sizeof seen, f);
    fclose(f);
    return memmem(seen, n, text, strlen(text)) != NULL;
}

static void what_the_process_was_started_with_is_no_longer_seen(void **state)
{
    (void)state;
    if (!environ_shows(SECRET))
        fail_msg("the test was not started with its secret");
    const char *before = getenv("ONEPIZZA_TEST_SECRET");
    if (environment_take())
        return; /* out of memory: nothing was changed */
    assert_false(environ_shows(SECRET));
    assert_string_equal(getenv("ONEPIZZA_TEST_SECRET"), SECRET);
    assert_string_equal(before, ""); /* nobody may have kept it */
    assert_true(environ_shows("ONEPIZZA_TEST_SECRET="));
}

int main(int argc, char **argv)
{
    (void)argc;
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_the_process_was_started_with_is_no_longer_seen)};
    if (!getenv("ONEPIZZA_TEST_SECRET")) { /* the block is the kernel's: it is made at the start */
        setenv("ONEPIZZA_TEST_SECRET", SECRET, 1);
        execv("/proc/self/exe", argv);
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
