/* landlock.c: which files may be opened and which ports listened on, by Landlock (the kernel's
 * Documentation/userspace-api/landlock.rst). libc has no functions for it, and Debian 12's headers are older than what
 * newer kernels know, so its constants are here. */
#include "sandbox/sandbox_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ASK_VERSION 1u

#define FS_WRITE_FILE   (UINT64_C(1) << 1)
#define FS_READ_FILE    (UINT64_C(1) << 2)
#define FS_READ_DIR     (UINT64_C(1) << 3)
#define FS_REMOVE_FILE  (UINT64_C(1) << 5)
#define FS_MAKE_SOCK    (UINT64_C(1) << 9)
#define FS_READ         (FS_READ_FILE | FS_READ_DIR)
#define NET_BIND_TCP    (UINT64_C(1) << 0)
#define NET_CONNECT_TCP (UINT64_C(1) << 1)
#define SCOPES          UINT64_C(3) /* abstract Unix sockets, signals */

struct ruleset_attr {
    uint64_t fs, net, scoped;
};

struct path_rule {
    uint64_t allowed;
    int32_t parent_fd;
} __attribute__((packed));

struct port_rule {
    uint64_t allowed, port;
};

enum { RULE_PATH = 1, RULE_PORT = 2 };

static int ruleset_create(const struct ruleset_attr *attr, size_t len, unsigned flags)
{
    return (int)syscall(SYS_landlock_create_ruleset, attr, len, flags);
}

static int rule_add(int ruleset, int type, const void *rule)
{
    return (int)syscall(SYS_landlock_add_rule, ruleset, type, rule, 0);
}

/* What the kernel can deny, all of it. */
static struct ruleset_attr everything(int abi, size_t *len)
{
    static const unsigned fs_bits[] = {0, 13, 14, 15, 15, 16}; /* by ABI; and the same from then on */
    unsigned last = ARRAY_LEN(fs_bits) - 1, bits = fs_bits[(unsigned)abi < last ? (unsigned)abi : last];
    struct ruleset_attr attr = {.fs = (UINT64_C(1) << bits) - 1};
    attr.net = abi >= 4 ? NET_BIND_TCP | NET_CONNECT_TCP : 0;
    attr.scoped = abi >= 6 ? SCOPES : 0;
    *len = offsetof(struct ruleset_attr, net); /* as long as it was in the kernel's version */
    if (abi >= 4)
        *len = offsetof(struct ruleset_attr, scoped);
    if (abi >= 6)
        *len = sizeof attr;
    return attr;
}

/* What isn't there needs no rule. */
static enum err allow_path(int ruleset, const char *path, uint64_t allowed)
{
    struct stat st;
    struct path_rule rule = {.allowed = allowed, .parent_fd = open(path, O_PATH | O_CLOEXEC)};
    if (rule.parent_fd < 0)
        return OK;
    if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
        rule.allowed &= FS_READ_FILE | FS_WRITE_FILE;
    int failed = rule_add(ruleset, RULE_PATH, &rule);
    close(rule.parent_fd);
    return failed ? ERR_IO : OK;
}

static enum err allow_folder_of(int ruleset, const char *path, uint64_t allowed)
{
    char copy[PATH_MAX];
    if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy)
        return ERR_FULL;
    return allow_path(ruleset, dirname(copy), allowed);
}

/* A file is replaced by renaming, in its folder or where a link leads. */
static enum err allow_reading(int ruleset, const char *path)
{
    char real[PATH_MAX];
    struct stat st;
    if (stat(path, &st) || !realpath(path, real))
        return OK;
    if (S_ISDIR(st.st_mode))
        return allow_path(ruleset, path, FS_READ);
    enum err e = allow_folder_of(ruleset, path, FS_READ);
    return e ? e : allow_folder_of(ruleset, real, FS_READ);
}

static enum err allow_listed(int ruleset, const char *list)
{
    char copy[4 * PATH_MAX], *save = NULL;
    enum err e = OK;
    if (snprintf(copy, sizeof copy, "%s", list) >= (int)sizeof copy)
        return ERR_FULL;
    for (char *path = strtok_r(copy, ",", &save); path && !e; path = strtok_r(NULL, ",", &save))
        e = allow_reading(ruleset, path);
    return e;
}

/* Libraries that libc loads late, how many processors there are, our own figures, what this cgroup may use. */
static const char *const system_paths[] = {
    "/usr/lib",     "/lib",        "/lib64",     "/etc/ld.so.cache", "/etc/localtime",          "/usr/share/zoneinfo",
    "/proc/self",   "/proc/sys",   "/proc/stat", "/proc/meminfo",    "/sys/devices/system/cpu", "/sys/fs/cgroup",
    "/dev/urandom", "/dev/random",
};

/* Names of hosts and users, certificates of authorities, libpq's and OpenSSL's settings. */
static const char *const client_paths[] = {
    "/etc",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
};

/* Files that may be links to where another program writes them. */
static const char *const client_links[] = {"/etc/resolv.conf", "/etc/hosts"};

static enum err allow_files(int ruleset, const struct sandbox_needs *needs)
{
    enum err e = allow_path(ruleset, "/dev/null", FS_READ_FILE | FS_WRITE_FILE);
    for (size_t i = 0; i < ARRAY_LEN(system_paths) && !e; i++)
        e = allow_path(ruleset, system_paths[i], FS_READ);
    for (size_t i = 0; i < ARRAY_LEN(client_paths) && !e && needs->tcp; i++)
        e = allow_path(ruleset, client_paths[i], FS_READ);
    for (size_t i = 0; i < ARRAY_LEN(client_links) && !e && needs->tcp; i++)
        e = allow_reading(ruleset, client_links[i]);
    for (size_t i = 0; i < ARRAY_LEN(needs->readable) && !e; i++)
        if (needs->readable[i])
            e = allow_reading(ruleset, needs->readable[i]);
    if (!e && needs->readable_besides)
        e = allow_listed(ruleset, needs->readable_besides);
    if (!e && needs->socket_path)
        e = allow_folder_of(ruleset, needs->socket_path, FS_MAKE_SOCK | FS_REMOVE_FILE);
    return e;
}

static enum err allow_all(int ruleset, int abi, const struct sandbox_needs *needs)
{
    const struct port_rule port = {NET_BIND_TCP, needs->listen_port};
    enum err e = allow_files(ruleset, needs);
    if (!e && abi >= 4 && needs->tcp && rule_add(ruleset, RULE_PORT, &port))
        e = ERR_IO;
    return e;
}

enum err landlock_enter(const struct sandbox_needs *needs, int *abi)
{
    size_t len;
    *abi = ruleset_create(NULL, 0, ASK_VERSION);
    if (*abi <= 0)
        return errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM ? ERR_NOT_FOUND : ERR_IO;
    struct ruleset_attr attr = everything(*abi, &len);
    if (needs->tcp) /* webhooks and databases may be on any port */
        attr.net &= ~NET_CONNECT_TCP;
    int ruleset = ruleset_create(&attr, len, 0);
    if (ruleset < 0)
        return ERR_IO;
    enum err e = allow_all(ruleset, *abi, needs);
    if (!e && syscall(SYS_landlock_restrict_self, ruleset, 0))
        e = ERR_IO;
    close(ruleset);
    return e;
}
