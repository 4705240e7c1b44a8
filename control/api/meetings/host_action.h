/* host_action.h: a host's action that comes by REST, and its answer, which waits until what it changed is stored: who
 * was told so may rely on it, whatever crashes next. Loop thread only. */
#pragma once
#include "http/call.h"

/* Does `name` (an admin: command of meeting.h) to the call's meeting and answers 200 {message}, or as the meeting
 * refuses. Takes the payload, which may be NULL. */
enum err host_action(struct call *c, const char *name, json_t *payload, const char *message);
