/* onepizza-load: reads its options, runs, prints what was measured. */
#include "loadtest/run.h"

#include <stdio.h>

enum { EXIT_PASSED, EXIT_NOT_PASSED, EXIT_CANNOT_RUN };

int main(int argc, char **argv)
{
    struct options o;
    enum err e = options_read(argc, argv, &o);
    if (e)
        return e == ERR_NOT_FOUND ? EXIT_PASSED : EXIT_CANNOT_RUN;
    json_t *report = NULL;
    bool passed = false;
    e = run_load(&o, &report, &passed);
    if (e)
        return EXIT_CANNOT_RUN;
    json_dumpf(report, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(report);
    return passed ? EXIT_PASSED : EXIT_NOT_PASSED;
}
