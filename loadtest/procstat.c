/* procstat.c: /proc/PID/stat and status, read. */
#include "loadtest/procstat.h"

#include <stdio.h>
#include <string.h>

static enum err read_rss(pid_t pid, uint64_t *kb)
{
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "re");
    if (!f)
        return ERR_NOT_FOUND;
    enum err e = ERR_NOT_FOUND;
    while (e && fgets(line, sizeof line, f)) {
        unsigned long value;
        if (sscanf(line, "VmRSS: %lu kB", &value) != 1)
            continue;
        *kb = value;
        e = OK;
    }
    fclose(f);
    return e;
}

enum err procstat_read(pid_t pid, struct procstat *out)
{
    clockid_t clock;
    struct timespec t;
    uint64_t kb = 0;
    if (pid <= 0 || clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t))
        return ERR_NOT_FOUND;
    if (read_rss(pid, &kb))
        return ERR_NOT_FOUND;
    *out = (struct procstat){.cpu = (usec_t)t.tv_sec * SEC + t.tv_nsec / 1000, .rss_kb = kb};
    return OK;
}
