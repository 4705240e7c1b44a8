/* testing.h: for tests: a throw-away PostgreSQL of their own (tests/pg_cluster, whose path the build gives as
 * PG_CLUSTER), below /tmp and named after the process. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

struct test_pg {
    const char *program;
    char dir[64], url[128];
};

static inline void test_pg_do(const struct test_pg *pg, const char *verb) /* start, stop, kill, drop */
{
    char command[256];
    snprintf(command, sizeof command, "'%s' %s '%s'", pg->program, verb, pg->dir);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): a test's own command
}

static inline struct test_pg test_pg_of(const char *program)
{
    struct test_pg pg = {.program = program};
    snprintf(pg.dir, sizeof pg.dir, "/tmp/onepizza-db-test-%d", (int)getpid());
    snprintf(pg.url, sizeof pg.url, "host=%s dbname=postgres user=postgres", pg.dir);
    return pg;
}
