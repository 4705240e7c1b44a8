/* sandbox_priv.h: the two locks of sandbox.c, each by itself. */
#pragma once
#include "sandbox/sandbox.h"

/* ERR_NOT_FOUND: the kernel has none; ERR_IO: it has, but refused. */
MUST_CHECK enum err landlock_enter(const struct sandbox_needs *needs, int *abi);
MUST_CHECK enum err seccomp_enter(enum sandbox_mode mode, const struct sandbox_needs *needs);
