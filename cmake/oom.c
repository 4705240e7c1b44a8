/* oom.c: linked into every cmocka program, to run it again with an allocation failing. With OOM in the environment each
 * test runs in a child of its own for each place from which our code allocates memory (the last OOM_FRAMES calls that
 * led there); the first allocation made there fails. OOM=all: not each place but the first allocation, then the second,
 * and so on. A test may fail then; it may not crash, hang or be caught by a sanitizer.
 * Allocations that the test itself makes don't fail; jansson's do, when our code called it. Without OOM all is as ever.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <execinfo.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OOM_FRAMES 3
#define PLACES_MAX 4096
#define CAUGHT     99 /* a sanitizer's exit status, as ASAN_OPTIONS says */
#define PATIENCE_S 60
#define BUDGET_S   4 /* of a program, unless OOM=all */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
int __real__cmocka_run_group_tests(const char *group, const struct CMUnitTest *tests, size_t n, CMFixtureFunction setup,
                                   CMFixtureFunction teardown);
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));
void __real__assert_true(const LargestIntegralType result, const char *const what, const char *const file,
                         const int line);
void __wrap__assert_true(const LargestIntegralType result, const char *const what, const char *const file,
                         const int line);
void __real__assert_int_equal(const LargestIntegralType a, const LargestIntegralType b, const char *const file,
                              const int line);
void __wrap__assert_int_equal(const LargestIntegralType a, const LargestIntegralType b, const char *const file,
                              const int line);
void __real_abort(void) __attribute__((noreturn));
void __wrap_abort(void) __attribute__((noreturn));
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);
int __wrap__cmocka_run_group_tests(const char *group, const struct CMUnitTest *tests, size_t n, CMFixtureFunction setup,
                                   CMFixtureFunction teardown);
void json_set_alloc_funcs(void *(*alloc)(size_t), void (*release)(void *)) __attribute__((weak));

extern const char __executable_start, etext;

struct place {
    uint64_t key;    /* of the calls that led to it */
    uint64_t number; /* of the first allocation there */
};

static enum { OFF, COUNT, FAIL } mode;
static bool all_of_them;
static uint64_t n_allocations, failing;
static int places_to = -1; /* COUNT: where a new place is told */
static uint64_t keys[PLACES_MAX];
static size_t n_keys;
static _Thread_local bool is_busy;

/* ---- which allocation fails ---- */

static bool is_new(uint64_t key)
{
    for (size_t i = 0; i < n_keys; i++)
        if (keys[i] == key)
            return false;
    if (n_keys < PLACES_MAX)
        keys[n_keys++] = key;
    return true;
}

/* The calls within this program that led here, as one number; 0 if the test itself made the last. Objects are linked in
 * the order in which they are named: the test's, this one, the layers. */
static uint64_t key_of_caller(const void *caller)
{
    void *frames[32];
    int n = backtrace(frames, 32), own = 0, i = 0;
    uint64_t key = 14695981039346656037u;
    while (i < n && frames[i] != caller)
        i++;
    for (; i < n && own < OOM_FRAMES; i++) {
        const char *at = frames[i];
        if (at < &__executable_start || at >= &etext)
            continue;
        if (own++ == 0 && (uintptr_t)at < (uintptr_t)key_of_caller)
            return 0;
        key = (key ^ (uint64_t)(at - &__executable_start)) * 1099511628211u;
    }
    return own ? key : 0;
}

static bool fails(const void *caller)
{
    if (mode == OFF || is_busy)
        return false;
    is_busy = true;
    uint64_t key = key_of_caller(caller);
    bool yes = false;
    if (key && mode == COUNT) {
        struct place place = {key, ++n_allocations};
        if (all_of_them || is_new(key))
            (void)!write(places_to, &place, sizeof place);
    } else if (key && (all_of_them ? ++n_allocations : key) == failing) {
        mode = OFF;
        yes = true;
    }
    is_busy = false;
    return yes;
}

void *__wrap_malloc(size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __real_realloc(p, size);
}

void *__wrap_aligned_alloc(size_t align, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __real_aligned_alloc(align, size);
}

char *__wrap_strdup(const char *s)
{
    return fails(__builtin_return_address(0)) ? NULL : __real_strdup(s);
}

char *__wrap_strndup(const char *s, size_t n)
{
    return fails(__builtin_return_address(0)) ? NULL : __real_strndup(s, n);
}

/* The test is about to give up since an allocation failed, while all that it holds is still in its hands: what nobody
 * holds now, our code has lost. */
static void look_for_leaks(void)
{
    if (failing && __lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check())
        _exit(CAUGHT);
}

void __wrap__assert_true(const LargestIntegralType result, const char *const what, const char *const file,
                         const int line)
{
    if (!result)
        look_for_leaks();
    __real__assert_true(result, what, file, line);
}

void __wrap__assert_int_equal(const LargestIntegralType a, const LargestIntegralType b, const char *const file,
                              const int line)
{
    if (a != b)
        look_for_leaks();
    __real__assert_int_equal(a, b, file, line);
}

/* A test may give up in this way too; our code may not. */
void __wrap_abort(void)
{
    const char *from = __builtin_return_address(0);
    if (failing && from >= &__executable_start && (uintptr_t)from < (uintptr_t)key_of_caller) {
        look_for_leaks();
        _exit(1);
    }
    __real_abort();
}

/* ---- the tests, again and again ---- */

struct run {
    const char *group;
    const struct CMUnitTest *test;
    CMFixtureFunction setup, teardown;
    int output; /* of a child, shown if it is caught */
};

/* A child that runs the test. If it passes, the leak sanitizer has its say; if not, it had (look_for_leaks). */
static int play(const struct run *r, uint64_t fail)
{
    (void)!ftruncate(r->output, 0);
    lseek(r->output, 0, SEEK_SET);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(r->output, STDOUT_FILENO);
        dup2(r->output, STDERR_FILENO);
        alarm(PATIENCE_S);
        failing = fail;
        mode = fail ? FAIL : COUNT;
        int n_failed = __real__cmocka_run_group_tests(r->group, r->test, 1, r->setup, r->teardown);
        mode = OFF;
        if (n_failed)
            _exit(1);
        exit(0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child)
        abort();
    return status;
}

static const char *read_output(int output)
{
    static char text[64 * 1024];
    ssize_t n = pread(output, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = 0;
    return text;
}

/* Was it the test, or the simulator of sfu/sim, that took a NULL for something or gave up? The first file of ours that
 * the report names says so. */
static bool is_the_tests_own(const char *report)
{
    if (strstr(report, "LeakSanitizer"))
        return false;
    for (const char *at = report; (at = strstr(at, ONEPIZZA_SOURCE "/")); at++) {
        char file[256];
        size_t len = strcspn(at, ":\n ");
        snprintf(file, sizeof file, "%.*s", (int)len, at + sizeof ONEPIZZA_SOURCE);
        if (strncmp(file, "cmake/", 6) != 0)
            return strstr(file, "_test.c") || strstr(file, "/test") || strstr(file, "_test_") ||
                   strncmp(file, "sfu/sim/", 8) == 0;
    }
    return false;
}

/* The places that no test before has come by. */
static size_t find_places(const struct run *r, struct place *places)
{
    int ends[2];
    size_t n = 0;
    char name[] = "/tmp/oom-XXXXXX";
    ends[0] = mkstemp(name); /* a file: a pipe would be full one day */
    unlink(name);
    places_to = ends[0];
    play(r, 0);
    lseek(ends[0], 0, SEEK_SET);
    while (n < PLACES_MAX && read(ends[0], &places[n], sizeof *places) == sizeof *places)
        if (all_of_them || is_new(places[n].key))
            n++;
    close(ends[0]);
    return n;
}

struct tally {
    unsigned n_played, n_skipped, n_caught;
    time_t until; /* 0: however long it takes */
};

static void try_test(const struct run *r, struct tally *t)
{
    static struct place places[PLACES_MAX];
    size_t n = find_places(r, places);
    for (size_t i = 0; i < n; i++) {
        if (t->until && time(NULL) >= t->until) {
            t->n_skipped += (unsigned)(n - i);
            return;
        }
        int status = play(r, all_of_them ? places[i].number : places[i].key);
        t->n_played++;
        const char *report = read_output(r->output);
        if (WIFEXITED(status) && (WEXITSTATUS(status) != CAUGHT || is_the_tests_own(report)))
            continue;
        t->n_caught++;
        fprintf(stderr, "---- %s, allocation %llu failing: %s\n", r->test->name, (unsigned long long)places[i].number,
                WIFEXITED(status) ? "caught" : strsignal(WTERMSIG(status)));
        fputs(report, stderr);
    }
}

int __wrap__cmocka_run_group_tests(const char *group, const struct CMUnitTest *tests, size_t n, CMFixtureFunction setup,
                                   CMFixtureFunction teardown)
{
    const char *how = getenv("OOM");
    if (!how)
        return __real__cmocka_run_group_tests(group, tests, n, setup, teardown);
    char name[] = "/tmp/oom-XXXXXX";
    void *frames[1];
    struct tally t = {0};
    struct run r = {.group = group, .setup = setup, .teardown = teardown, .output = mkstemp(name)};
    unlink(name);
    backtrace(frames, 1); /* it allocates when it is first called */
    all_of_them = strcmp(how, "all") == 0;
    t.until = all_of_them ? 0 : time(NULL) + BUDGET_S;
    if (json_set_alloc_funcs)
        json_set_alloc_funcs(__wrap_malloc, free);
    for (size_t i = 0; i < n; i++) {
        r.test = &tests[i];
        try_test(&r, &t);
    }
    printf("%u allocations made to fail, %u not tried, %u caught\n", t.n_played, t.n_skipped, t.n_caught);
    close(r.output);
    return t.n_caught > 0;
}
