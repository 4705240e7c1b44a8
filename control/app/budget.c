/* budget.c: the machine's memory, or the cgroup's, and the share of it that strangers may have. */
#include "app/budget.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CGROUPS      "/sys/fs/cgroup"
#define SESSIONS_MAX 65536
#define MEDIA_MAX    20000
#define WAITING_MAX  20000

uint64_t budget_bytes(uint64_t memory)
{
    uint64_t quarter = memory / 4;
    return quarter < BUDGET_BYTES_MOST ? quarter : BUDGET_BYTES_MOST;
}

uint64_t budget_limited(uint64_t memory, const char *memory_max)
{
    char *end;
    unsigned long long limit = strtoull(memory_max, &end, 10);
    bool is_number = end != memory_max && (*end == '\0' || *end == '\n');
    return is_number && limit < memory ? limit : memory;
}

static bool line_read(const char *path, char *out, size_t cap)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    bool read = fgets(out, (int)cap, f);
    fclose(f);
    out[strcspn(out, "\n")] = '\0';
    return read;
}

/* The limit of a cgroup is the smallest of its own and of those above it. */
static uint64_t memory(void)
{
    uint64_t bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    char group[1024], path[2048], text[64];
    if (!line_read("/proc/self/cgroup", group, sizeof group) || strncmp(group, "0::", 3) != 0)
        return bytes;
    for (char *at = group + 3; *at; *strrchr(at, '/') = '\0') {
        snprintf(path, sizeof path, CGROUPS "%s/memory.max", at);
        if (line_read(path, text, sizeof text))
            bytes = budget_limited(bytes, text);
        if (!strchr(at, '/'))
            break;
    }
    return bytes;
}

void budget_read(uint64_t total[SHARES_HELD])
{
    total[SHARE_BYTES] = budget_bytes(memory());
    total[SHARE_SESSIONS] = SESSIONS_MAX;
    total[SHARE_MEDIA] = MEDIA_MAX;
    total[SHARE_WAITING] = WAITING_MAX;
}
