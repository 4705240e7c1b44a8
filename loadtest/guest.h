/* guest.h: makes a guest meeting at the control process: POST /api/meetings/guest. Waits for the answer, for at most
 * some seconds: it is called before a test begins. */
#pragma once
#include "common/err.h"
#include "net/addr.h"

#include <stddef.h>

/* ERR_IO: no answer; ERR_DENIED: the server said no; ERR_SYNTAX; ERR_FULL: the id or token is longer than cap. */
MUST_CHECK enum err guest_meeting(const struct addr *peer, const char *host, char *meeting, char *admin_token,
                                  size_t cap);
