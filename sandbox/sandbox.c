/* sandbox.c: what is given up, in order. */
#include "sandbox/sandbox.h"
#include "sandbox/sandbox_priv.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_SANITIZER true
#endif
#endif
#ifndef HAS_SANITIZER
#define HAS_SANITIZER false
#endif

enum err sandbox_mode_read(const char *text, enum sandbox_mode *mode)
{
    static const char *const names[] = {[SANDBOX_OFF] = "off", [SANDBOX_ON] = "on", [SANDBOX_KILL] = "kill"};
    if (!text || !*text)
        text = "on";
    for (unsigned i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(text, names[i]) == 0) {
            *mode = HAS_SANITIZER ? SANDBOX_OFF : (enum sandbox_mode)i;
            return OK;
        }
    return ERR_SYNTAX;
}

static const char *how(enum err e)
{
    return e == OK ? "on" : e == ERR_NOT_FOUND ? "absent" : "failed";
}

enum err sandbox_enter(enum sandbox_mode mode, const struct sandbox_needs *needs, const struct log *log)
{
    const struct rlimit none = {0};
    int abi = 0;
    if (mode == SANDBOX_OFF)
        return OK;
    if (setrlimit(RLIMIT_CORE, &none) || prctl(PR_SET_DUMPABLE, 0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) {
        log_error(log, "sandbox", "reason=prctl");
        return ERR_IO;
    }
    enum err files = landlock_enter(needs, &abi), calls = seccomp_enter(mode, needs);
    bool good = (!files || files == ERR_NOT_FOUND) && (!calls || calls == ERR_NOT_FOUND);
    log_at(log,
           !good            ? LOG_ERROR
           : files || calls ? LOG_WARN
                            : LOG_INFO,
           "sandbox", "landlock=%s abi=%d seccomp=%s", how(files), abi > 0 ? abi : 0, how(calls));
    return good ? OK : ERR_IO;
}
