#include "sandbox/supervisor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char dir[64], path[96];

static int set_up(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/supervisor_test.XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/it", dir);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    unsetenv("ALIVE_PIPE");
    unlink(path);
    return rmdir(dir);
}

static void all_is_said(const struct supervisor *s)
{
    supervisor_ready(s);
    supervisor_alive(s);
    supervisor_stopping(s);
}

static void assert_datagrams(const char *address)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    struct supervisor s;
    char said[64];
    memcpy(a.sun_path, address, strlen(address));
    if (address[0] == '@')
        a.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(address));
    assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
    setenv("NOTIFY_SOCKET", address, 1);
    supervisor_open(&s, "sfu");
    all_is_said(&s);
    static const char *const expected[] = {"READY=1", "WATCHDOG=1", "STOPPING=1"};
    for (unsigned i = 0; i < 3; i++) {
        ssize_t n = recv(fd, said, sizeof said - 1, MSG_DONTWAIT);
        assert_true(n > 0);
        said[n] = '\0';
        assert_string_equal(said, expected[i]);
    }
    supervisor_close(&s);
    close(fd);
}

static void systemd_is_told_in_datagrams(void **state)
{
    (void)state;
    char abstract[128];
    assert_datagrams(path);
    snprintf(abstract, sizeof abstract, "@%s", path);
    assert_datagrams(abstract);
}

static void start_is_told_in_lines_with_the_name(void **state)
{
    (void)state;
    struct supervisor s;
    char said[128];
    assert_int_equal(mkfifo(path, 0600), 0);
    int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    setenv("ALIVE_PIPE", path, 1);
    supervisor_open(&s, "sfu");
    all_is_said(&s);
    ssize_t n = read(fd, said, sizeof said - 1);
    assert_true(n > 0);
    said[n] = '\0';
    assert_string_equal(said, "sfu READY=1\nsfu WATCHDOG=1\nsfu STOPPING=1\n");
    for (unsigned i = 0; i < 100000; i++) /* nobody reads: it is full, and nothing waits */
        supervisor_alive(&s);
    supervisor_close(&s);
    close(fd);
}

static void where_nobody_listens_nothing_is_said(void **state)
{
    (void)state;
    struct supervisor s;
    supervisor_open(&s, "sfu");
    all_is_said(&s);
    supervisor_close(&s);
    setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
    supervisor_open(&s, "sfu");
    all_is_said(&s);
    supervisor_close(&s);
    all_is_said(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(systemd_is_told_in_datagrams, set_up, tear_down),
        cmocka_unit_test_setup_teardown(start_is_told_in_lines_with_the_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(where_nobody_listens_nothing_is_said, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
