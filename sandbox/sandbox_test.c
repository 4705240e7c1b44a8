/* Each case is a process of its own, since nothing can be taken back. */
#include "sandbox/sandbox.h"
#include "sandbox/sandbox_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct yard {
    char dir[64], socket[96], page[96], secret[96], links[96], link[128];
};

static void text_write(const char *path)
{
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fputs("text", f);
    fclose(f);
}

static int yard_open(void **state)
{
    static struct yard y;
    snprintf(y.dir, sizeof y.dir, "/tmp/sandbox_test.XXXXXX");
    assert_non_null(mkdtemp(y.dir));
    snprintf(y.socket, sizeof y.socket, "%s/run", y.dir);
    assert_int_equal(mkdir(y.socket, 0700), 0);
    snprintf(y.socket, sizeof y.socket, "%s/run/a.sock", y.dir);
    snprintf(y.page, sizeof y.page, "%s/pages", y.dir);
    assert_int_equal(mkdir(y.page, 0700), 0);
    snprintf(y.page, sizeof y.page, "%s/pages/index.html", y.dir);
    snprintf(y.secret, sizeof y.secret, "%s/secret", y.dir);
    snprintf(y.links, sizeof y.links, "%s/links", y.dir);
    snprintf(y.link, sizeof y.link, "%s/current.html", y.links);
    text_write(y.page);
    text_write(y.secret);
    *state = &y;
    return 0;
}

static int yard_close(void **state)
{
    const struct yard *y = *state;
    char path[128];
    unlink(y->socket);
    unlink(y->page);
    unlink(y->secret);
    snprintf(path, sizeof path, "%s/run", y->dir);
    rmdir(path);
    snprintf(path, sizeof path, "%s/pages", y->dir);
    rmdir(path);
    return rmdir(y->dir);
}

static struct sandbox_needs needs_of(const struct yard *y, bool tcp)
{
    return (struct sandbox_needs){.socket_path = y->socket, .tcp = tcp, .readable = {NULL, y->page}};
}

enum lock { LOCK_FILES, LOCK_CALLS, LOCK_CALLS_KILL };

/* What fn() answered in a process behind the lock: its status as of wait(). -1: this kernel has no such lock. */
static int behind(enum lock lock, const struct sandbox_needs *needs, int (*fn)(const struct yard *y),
                  const struct yard *y)
{
    enum { NO_LOCK = 77, LOCK_FAILED = 78 };
    int status = 0, abi;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        assert_int_equal(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        enum err e = lock == LOCK_FILES ? landlock_enter(needs, &abi)
                                        : seccomp_enter(lock == LOCK_CALLS ? SANDBOX_ON : SANDBOX_KILL, needs);
        _exit(e == ERR_NOT_FOUND ? NO_LOCK : e ? LOCK_FAILED : fn(y));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == NO_LOCK ? -1 : status;
}

#define assert_answers(status, code)                                                                                   \
    do {                                                                                                               \
        int status_ = (status);                                                                                        \
        if (status_ != -1) {                                                                                           \
            assert_true(WIFEXITED(status_));                                                                           \
            assert_int_equal(WEXITSTATUS(status_), (code));                                                            \
        }                                                                                                              \
    } while (0)
#define assert_killed(status)                                                                                          \
    do {                                                                                                               \
        int status_ = (status);                                                                                        \
        if (status_ != -1) {                                                                                           \
            assert_true(WIFSIGNALED(status_));                                                                         \
            assert_int_equal(WTERMSIG(status_), SIGSYS);                                                               \
        }                                                                                                              \
    } while (0)

static int open_error(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    return fd < 0 ? errno : 0;
}

static int read_page(const struct yard *y)
{
    return open_error(y->page, O_RDONLY);
}

static int read_secret(const struct yard *y)
{
    return open_error(y->secret, O_RDONLY);
}

static int read_passwd(const struct yard *y)
{
    (void)y;
    return open_error("/etc/passwd", O_RDONLY);
}

static int read_neighbour(const struct yard *y)
{
    (void)y;
    return open_error("/proc/1/status", O_RDONLY);
}

static int write_page(const struct yard *y)
{
    return open_error(y->page, O_WRONLY);
}

static int make_file(const struct yard *y)
{
    char path[128];
    snprintf(path, sizeof path, "%s/run/planted", y->dir);
    return open_error(path, O_CREAT | O_WRONLY);
}

static int make_socket(const struct yard *y)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s", y->socket);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unlink(y->socket);
    return fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, 1) || unlink(y->socket) ? errno : 0;
}

static int listen_on(unsigned port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, 1) ? errno : 0;
}

static int listen_anywhere(const struct yard *y)
{
    (void)y;
    return listen_on(0);
}

static int listen_elsewhere(const struct yard *y)
{
    (void)y;
    return listen_on(47123);
}

static void files_are_opened_by_name(void **state)
{
    const struct yard *y = *state;
    const struct sandbox_needs sfu = needs_of(y, false), control = needs_of(y, true);
    assert_answers(behind(LOCK_FILES, &control, read_page, y), 0);
    assert_answers(behind(LOCK_FILES, &control, read_passwd, y), 0); /* names of users and hosts */
    assert_answers(behind(LOCK_FILES, &sfu, read_passwd, y), EACCES);
    assert_answers(behind(LOCK_FILES, &control, read_secret, y), EACCES);
    assert_answers(behind(LOCK_FILES, &control, read_neighbour, y), EACCES);
    assert_answers(behind(LOCK_FILES, &control, write_page, y), EACCES);
    assert_answers(behind(LOCK_FILES, &control, make_file, y), EACCES);
    assert_answers(behind(LOCK_FILES, &sfu, make_socket, y), 0);
}

static void what_the_operator_names_is_readable_besides(void **state)
{
    const struct yard *y = *state;
    struct sandbox_needs needs = needs_of(y, true);
    char list[256];
    snprintf(list, sizeof list, "/nowhere,%s", y->secret);
    needs.readable_besides = list;
    assert_answers(behind(LOCK_FILES, &needs, read_secret, y), 0);
}

static int read_by_link(const struct yard *y)
{
    return open_error(y->link, O_RDONLY);
}

static void where_a_link_leads_may_be_read(void **state)
{
    struct yard *y = *state;
    struct sandbox_needs needs = {.tcp = true, .readable = {y->link}};
    assert_int_equal(mkdir(y->links, 0700), 0);
    assert_int_equal(symlink(y->page, y->link), 0);
    assert_answers(behind(LOCK_FILES, &needs, read_by_link, y), 0);
    assert_answers(behind(LOCK_FILES, &needs, read_secret, y), EACCES);
    unlink(y->link);
    rmdir(y->links);
}

static int landlock_abi(const struct yard *y)
{
    int abi;
    const struct sandbox_needs needs = needs_of(y, true);
    return landlock_enter(&needs, &abi) ? 0 : abi;
}

static void one_tcp_port_is_listened_on(void **state)
{
    const struct yard *y = *state;
    struct sandbox_needs needs = needs_of(y, true);
    pid_t child = fork();
    int status;
    assert_true(child >= 0);
    if (child == 0) {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        _exit(landlock_abi(y));
    }
    waitpid(child, &status, 0);
    if (WEXITSTATUS(status) < 4)
        skip(); /* from kernel 6.7 */
    assert_answers(behind(LOCK_FILES, &needs, listen_anywhere, y), 0);
    assert_answers(behind(LOCK_FILES, &needs, listen_elsewhere, y), EACCES);
    needs.tcp = false;
    assert_answers(behind(LOCK_FILES, &needs, listen_anywhere, y), EACCES);
}

/* ---- system calls ---- */

static int run_a_program(const struct yard *y)
{
    (void)y;
    execl("/bin/true", "true", NULL);
    return errno;
}

static int trace_somebody(const struct yard *y)
{
    (void)y;
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL) ? errno : 0;
}

static int have_a_child(const struct yard *y)
{
    (void)y;
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return child < 0 ? errno : 0;
}

static int make_memory_executable(const struct yard *y)
{
    (void)y;
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return 1;
    if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
        return 0;
    return mprotect(page, 4096, PROT_READ | PROT_EXEC) ? errno : 0;
}

static int signal_another(const struct yard *y)
{
    (void)y;
    return kill(getppid(), 0) ? errno : 0;
}

static int have_a_socket(int family, int type)
{
    return socket(family, type | SOCK_CLOEXEC, 0) < 0 ? errno : 0;
}

static int have_tcp(const struct yard *y)
{
    (void)y;
    return have_a_socket(AF_INET6, SOCK_STREAM);
}

static int have_raw(const struct yard *y)
{
    (void)y;
    return have_a_socket(AF_INET, SOCK_RAW);
}

static int have_packets(const struct yard *y)
{
    (void)y;
    return have_a_socket(AF_PACKET, SOCK_DGRAM);
}

static void *nothing(void *arg)
{
    return arg;
}

/* What the programs do all day. */
static int work(const struct yard *y)
{
    pthread_t thread;
    struct addrinfo *found = NULL;
    int yes = 1, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes))
        return 1;
    if (pthread_create(&thread, NULL, nothing, NULL) || pthread_join(thread, NULL))
        return 2;
    if (open_error(y->page, O_RDONLY) || open_error(y->page, O_WRONLY) != EPERM)
        return 3;
    if (getaddrinfo("localhost", "80", NULL, &found))
        return 4;
    freeaddrinfo(found);
    if (prctl(PR_GET_SECCOMP) != -1 || errno != EPERM) /* nor is this needed */
        return 5;
    char *big = malloc(1 << 22);
    if (!big)
        return 6;
    memset(big, 1, 1 << 22);
    free(big);
    return 0;
}

static void a_stranger_to_the_program_ends_it(void **state)
{
    const struct yard *y = *state;
    const struct sandbox_needs needs = needs_of(y, true);
    assert_killed(behind(LOCK_CALLS, &needs, run_a_program, y));
    assert_killed(behind(LOCK_CALLS, &needs, trace_somebody, y));
}

static void a_call_that_is_not_on_the_list_fails(void **state)
{
    const struct yard *y = *state;
    const struct sandbox_needs sfu = needs_of(y, false), control = needs_of(y, true);
    assert_answers(behind(LOCK_CALLS, &control, have_a_child, y), EPERM);
    assert_answers(behind(LOCK_CALLS, &control, make_memory_executable, y), EPERM);
    assert_answers(behind(LOCK_CALLS, &control, signal_another, y), EPERM);
    assert_answers(behind(LOCK_CALLS, &control, have_raw, y), EPERM);
    assert_answers(behind(LOCK_CALLS, &control, have_packets, y), EPERM);
    assert_answers(behind(LOCK_CALLS, &sfu, have_tcp, y), EPERM);
    assert_answers(behind(LOCK_CALLS, &control, have_tcp, y), 0);
    assert_answers(behind(LOCK_CALLS, &sfu, make_socket, y), 0);
    assert_killed(behind(LOCK_CALLS_KILL, &control, have_a_child, y));
}

static void the_work_of_the_programs_goes_on(void **state)
{
    const struct yard *y = *state;
    const struct sandbox_needs control = needs_of(y, true);
    assert_answers(behind(LOCK_CALLS, &control, work, y), 0);
}

static void the_mode_is_one_of_three_words(void **state)
{
    (void)state;
    enum sandbox_mode mode = SANDBOX_KILL;
    assert_int_equal(sandbox_mode_read("off", &mode), OK);
    assert_int_equal(mode, SANDBOX_OFF);
    assert_int_equal(sandbox_mode_read(NULL, &mode), OK);
    assert_int_equal(sandbox_mode_read("", &mode), OK);
    assert_int_equal(sandbox_mode_read("kill", &mode), OK);
    assert_int_equal(sandbox_mode_read("no", &mode), ERR_SYNTAX);
    assert_int_equal(sandbox_enter(SANDBOX_OFF, &(struct sandbox_needs){0}, NULL), OK);
    assert_int_equal(prctl(PR_GET_DUMPABLE), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_opened_by_name),
        cmocka_unit_test(what_the_operator_names_is_readable_besides),
        cmocka_unit_test(where_a_link_leads_may_be_read),
        cmocka_unit_test(one_tcp_port_is_listened_on),
        cmocka_unit_test(a_stranger_to_the_program_ends_it),
        cmocka_unit_test(a_call_that_is_not_on_the_list_fails),
        cmocka_unit_test(the_work_of_the_programs_goes_on),
        cmocka_unit_test(the_mode_is_one_of_three_words),
    };
    return cmocka_run_group_tests(tests, yard_open, yard_close);
}
