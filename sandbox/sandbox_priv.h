/* sandbox_priv.h: the two locks of sandbox.c, each by itself. */
#pragma once
#include "sandbox/sandbox.h"

/* ERR_NOT_FOUND: the kernel has none, or the container that we are in keeps us from it; ERR_IO: it refused what we ask
 * of it. */
MUST_CHECK enum err landlock_enter(const struct sandbox_needs *needs, int *abi);
MUST_CHECK enum err seccomp_enter(enum sandbox_mode mode, const struct sandbox_needs *needs);
