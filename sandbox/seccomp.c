/* seccomp.c: which system calls may be made, by libseccomp: a list of those that we, libc and our libraries make once
 * the settings have been read. */
#include "sandbox/sandbox_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* Whatever their arguments: memory, threads, time, what is already open, sockets, looking at files. Landlock says which
 * files. A name that this machine's kernel doesn't have is passed over. */
/* clang-format off */
static const char *const always[] = {
    "accept", "accept4", "access", "bind", "brk", "clock_getres", "clock_gettime", "clock_nanosleep", "close",
    "close_range", "connect", "dup", "dup2", "dup3", "epoll_create1", "epoll_ctl", "epoll_pwait",
    "epoll_pwait2", "epoll_wait", "eventfd2", "exit", "exit_group", "faccessat", "faccessat2", "fadvise64",
    "fcntl", "fstat", "fstatfs", "futex", "futex_waitv", "get_robust_list", "getcpu", "getcwd", "getdents64",
    "getegid", "geteuid", "getgid", "getpeername", "getpid", "getppid", "getrandom", "getresgid", "getresuid",
    "getrlimit", "getrusage", "getsockname", "getsockopt", "gettid", "gettimeofday", "getuid", "listen",
    "lseek", "lstat", "madvise", "membarrier", "mincore", "mremap", "msync", "munmap", "nanosleep",
    "newfstatat", "pipe", "pipe2", "poll", "ppoll", "pread64", "preadv", "pselect6", "read", "readlink",
    "readlinkat", "readv", "recvfrom", "recvmmsg", "recvmsg", "restart_syscall", "rseq", "rt_sigaction",
    "rt_sigpending", "rt_sigprocmask", "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait",
    "sched_get_priority_max", "sched_get_priority_min", "sched_getaffinity", "sched_getparam",
    "sched_getscheduler", "sched_yield", "select", "sendmmsg", "sendmsg", "sendto", "set_robust_list",
    "set_tid_address", "setsockopt", "shutdown", "sigaltstack", "signalfd4", "socketpair", "stat", "statfs",
    "statx", "sysinfo", "time", "timerfd_create", "timerfd_gettime", "timerfd_settime", "times", "uname",
    "write", "writev",
};
/* clang-format on */

/* Of who makes and takes away a Unix socket. */
static const char *const of_socket_owner[] = {"umask", "unlink", "unlinkat"};

/* Nothing of ours ever comes here: who does has taken the process over. It is ended in every mode. */
/* clang-format off */
static const char *const never[] = {
    "acct", "bpf", "chroot", "delete_module", "execve", "execveat", "finit_module", "fork",
    "init_module", "ioperm", "iopl", "kcmp", "kexec_file_load", "kexec_load", "mount", "move_mount",
    "open_by_handle_at", "open_tree", "perf_event_open", "personality", "pidfd_getfd", "pivot_root",
    "process_vm_readv", "process_vm_writev", "ptrace", "reboot", "setgid", "setns", "setresgid",
    "setresuid", "setreuid", "setuid", "swapoff", "swapon", "umount2", "unshare", "userfaultfd", "vfork",
};
/* clang-format on */

/* One condition on one or two arguments, each `(argument & mask) == value`. Several rows of one call are alternatives.
 */
struct conditional {
    const char *call;
    unsigned n;
    struct scmp_arg_cmp args[2];
};

#define IS(arg, value)                                                                                                 \
    {                                                                                                                  \
        arg, SCMP_CMP_EQ, value, 0                                                                                     \
    }
#define MASKED(arg, mask, value)                                                                                       \
    {                                                                                                                  \
        arg, SCMP_CMP_MASKED_EQ, mask, value                                                                           \
    }
#define KIND_OF_SOCKET 0xf /* the rest of socket()'s type are flags */

static const struct conditional sometimes[] = {
    /* memory is never made executable; libraries are mapped from their files */
    {"mmap", 1, {MASKED(2, PROT_EXEC, 0)}},
    {"mmap", 2, {MASKED(3, MAP_ANONYMOUS, 0), MASKED(2, PROT_WRITE | PROT_EXEC, PROT_EXEC)}},
    {"mprotect", 1, {MASKED(2, PROT_EXEC, 0)}},
    /* files are opened for reading */
    {"openat", 1, {MASKED(2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY)}},
    {"open", 1, {MASKED(1, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY)}},
    /* threads, no processes */
    {"clone", 1, {MASKED(0, CLONE_VM | CLONE_THREAD, CLONE_VM | CLONE_THREAD)}},
    {"prctl", 1, {IS(0, PR_SET_NAME)}},
    {"prctl", 1, {IS(0, PR_GET_NAME)}},
    {"ioctl", 1, {IS(1, FIONREAD)}},
    {"ioctl", 1, {IS(1, FIONBIO)}},
    {"ioctl", 1, {IS(1, TCGETS)}},
    /* limits are looked at; more files may be wanted */
    {"prlimit64", 2, {IS(0, 0), IS(2, 0)}},
    {"prlimit64", 2, {IS(0, 0), IS(1, RLIMIT_NOFILE)}},
    {"setrlimit", 1, {IS(0, RLIMIT_NOFILE)}},
    {"socket", 1, {IS(0, AF_UNIX)}},
    {"socket", 2, {IS(0, AF_INET), MASKED(1, KIND_OF_SOCKET, SOCK_DGRAM)}},
    {"socket", 2, {IS(0, AF_INET6), MASKED(1, KIND_OF_SOCKET, SOCK_DGRAM)}},
};

static const struct conditional with_tcp[] = {
    {"socket", 2, {IS(0, AF_INET), MASKED(1, KIND_OF_SOCKET, SOCK_STREAM)}},
    {"socket", 2, {IS(0, AF_INET6), MASKED(1, KIND_OF_SOCKET, SOCK_STREAM)}},
    /* which addresses there are, for the order of a host's */
    {"socket", 2, {IS(0, AF_NETLINK), MASKED(1, KIND_OF_SOCKET, SOCK_RAW)}},
    {"socket", 2, {IS(0, AF_NETLINK), MASKED(1, KIND_OF_SOCKET, SOCK_DGRAM)}},
};

static bool add_named(scmp_filter_ctx filter, uint32_t action, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int call = seccomp_syscall_resolve_name(names[i]);
        if (call != __NR_SCMP_ERROR && seccomp_rule_add(filter, action, call, 0) < 0)
            return false;
    }
    return true;
}

static bool add_conditional(scmp_filter_ctx filter, const struct conditional *rows, size_t n)
{
    for (const struct conditional *row = rows; row < rows + n; row++) {
        int call = seccomp_syscall_resolve_name(row->call);
        if (call != __NR_SCMP_ERROR && seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, row->n, row->args) < 0)
            return false;
    }
    return true;
}

static bool add_all(scmp_filter_ctx filter, enum sandbox_mode mode, const struct sandbox_needs *needs)
{
    const struct scmp_arg_cmp ourselves = {0, SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0};
    return add_named(filter, SCMP_ACT_ALLOW, always, ARRAY_LEN(always)) &&
           (mode == SANDBOX_KILL || add_named(filter, SCMP_ACT_KILL_PROCESS, never, ARRAY_LEN(never))) &&
           (!needs->socket_path || add_named(filter, SCMP_ACT_ALLOW, of_socket_owner, ARRAY_LEN(of_socket_owner))) &&
           add_conditional(filter, sometimes, ARRAY_LEN(sometimes)) &&
           (!needs->tcp || add_conditional(filter, with_tcp, ARRAY_LEN(with_tcp))) &&
           /* its flags are in memory, where no filter sees them: libc then takes clone() */
           seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
           seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &ourselves) == 0;
}

enum err seccomp_enter(enum sandbox_mode mode, const struct sandbox_needs *needs)
{
    if (prctl(PR_GET_SECCOMP) < 0)
        return ERR_NOT_FOUND;
    scmp_filter_ctx filter = seccomp_init(mode == SANDBOX_KILL ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return ERR_NOMEM;
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);      /* kernels without it just don't log */
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree in place of a list */
    int loaded = add_all(filter, mode, needs) ? seccomp_load(filter) : -EINVAL;
    seccomp_release(filter);
    return !loaded ? OK : loaded == -ECANCELED ? ERR_NOT_FOUND : ERR_IO; /* ECANCELED: the kernel says no */
}
