#include "common/log.h"
#include "common/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static size_t written(struct log *log, int fds[2], char *out, size_t cap)
{
    (void)log;
    ssize_t n = read(fds[0], out, cap - 1);
    out[n > 0 ? n : 0] = '\0';
    return n > 0 ? (size_t)n : 0;
}

static void open_pipe(struct log *log, int fds[2], const char *format)
{
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(log_init(log, "test", "info", format), OK);
    log->fd = fds[1];
}

static void a_line_names_time_level_process_and_event(void **state)
{
    (void)state;
    struct log log;
    int fds[2];
    char line[512];
    open_pipe(&log, fds, "text");
    log_info(&log, "pair", "rtt_us=%d", 42);
    written(&log, fds, line, sizeof line);
    assert_non_null(strstr(line, "Z info  test pair rtt_us=42\n"));
    close(fds[0]);
    close(fds[1]);
}

static void json_lines_escape_what_they_quote(void **state)
{
    (void)state;
    struct log log;
    int fds[2];
    char line[512];
    open_pipe(&log, fds, "json");
    log_warn(&log, "bad", "text=%s", "a\"b\\c\nd");
    written(&log, fds, line, sizeof line);
    assert_non_null(strstr(line, "\"msg\":\"text=a\\\"b\\\\c\\u000ad\"}\n"));
    close(fds[0]);
    close(fds[1]);
}

static void what_is_below_the_level_is_not_written(void **state)
{
    (void)state;
    struct log log;
    int fds[2];
    char line[512];
    open_pipe(&log, fds, NULL);
    log_debug(&log, "hidden", "x=%d", 1);
    log_error(&log, "shown", "x=%d", 2);
    written(&log, fds, line, sizeof line);
    assert_null(strstr(line, "hidden"));
    assert_non_null(strstr(line, "error test shown"));
    close(fds[0]);
    close(fds[1]);
}

static void outside_text_can_not_forge_a_pair_or_a_line(void **state)
{
    (void)state;
    char safe[LOG_SAFE_CAP], longest[2 * LOG_SAFE_CAP];
    assert_string_equal(log_safe(safe, "a b=c\n\"d\\"), "a_b_c__d_");
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(strlen(log_safe(safe, longest)), LOG_SAFE_CAP - 1);
}

/* Lines that contain a text; all that is in the pipe is read. */
static unsigned count_lines(int fd, const char *text)
{
    static char all[65536];
    ssize_t n = read(fd, all, sizeof all - 1);
    unsigned found = 0;
    all[n > 0 ? n : 0] = '\0';
    for (char *save = NULL, *line = strtok_r(all, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        found += strstr(line, text) != NULL;
    return found;
}

static void a_flood_of_one_event_is_cut_and_counted(void **state)
{
    (void)state;
    struct log log;
    struct log_limiter limiter;
    int fds[2];
    open_pipe(&log, fds, "text");
    log_limit(&log, &limiter);
    for (int i = 0; i < 500; i++)
        log_info(&log, "flood", "i=%d", i);
    unsigned written_lines = count_lines(fds[0], " flood ");
    assert_in_range(written_lines, LOG_BURST, LOG_BURST + 10);
    log_error(&log, "flood", "reason=%s", "an error's budget is its own");
    log_warn(&log, "another", "x=%d", 1);
    assert_int_equal(count_lines(fds[0], "budget is its own"), 1);
    log_tell_left_out(&log); /* the minute isn't over */
    log_tell_all_left_out(&log);
    char told[100];
    snprintf(told, sizeof told, "log_suppressed event=flood n=%u", 500 - written_lines);
    assert_int_equal(count_lines(fds[0], told), 1);
    close(fds[0]);
    close(fds[1]);
}

static void who_asks_for_debug_gets_every_line_of_it(void **state)
{
    (void)state;
    struct log log;
    struct log_limiter limiter;
    int fds[2];
    open_pipe(&log, fds, "text");
    log.level = LOG_DEBUG;
    log_limit(&log, &limiter);
    for (int i = 0; i < 100; i++)
        log_debug(&log, "detail", "i=%d", i);
    assert_int_equal(count_lines(fds[0], " detail "), 100);
    close(fds[0]);
    close(fds[1]);
}

static void unknown_levels_and_formats_are_refused(void **state)
{
    (void)state;
    struct log log;
    assert_int_equal(log_init(&log, "test", "loud", NULL), ERR_SYNTAX);
    assert_int_equal(log_init(&log, "test", NULL, "xml"), ERR_SYNTAX);
    assert_int_equal(log_init(&log, "test", "", ""), OK);
    assert_int_equal(log.level, LOG_INFO);
}

static void every_error_has_a_name(void **state)
{
    (void)state;
    for (int e = OK; e <= ERR_IO; e++)
        assert_string_not_equal(err_name((enum err)e), "unknown");
    assert_string_equal(err_name((enum err)999), "unknown");
}

static void random_text_keeps_to_its_alphabet_and_length(void **state)
{
    (void)state;
    char a[41], b[41];
    random_text(a, 40, RANDOM_LETTERS);
    random_text(b, 40, RANDOM_LETTERS);
    assert_int_equal(strlen(a), 40);
    assert_int_equal(strspn(a, RANDOM_LETTERS), 40);
    assert_string_not_equal(a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_names_time_level_process_and_event),
        cmocka_unit_test(json_lines_escape_what_they_quote),
        cmocka_unit_test(what_is_below_the_level_is_not_written),
        cmocka_unit_test(outside_text_can_not_forge_a_pair_or_a_line),
        cmocka_unit_test(a_flood_of_one_event_is_cut_and_counted),
        cmocka_unit_test(who_asks_for_debug_gets_every_line_of_it),
        cmocka_unit_test(unknown_levels_and_formats_are_refused),
        cmocka_unit_test(every_error_has_a_name),
        cmocka_unit_test(random_text_keeps_to_its_alphabet_and_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
