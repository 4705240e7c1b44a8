/* meeting_create.h: POST /api/meetings (API documentation §3, 5): checks, one statement that looks for credit and keeps
 * the meeting, and then the meeting itself. Loop thread only. */
#pragma once
#include "http/call.h"
#include "common/fields.h"

extern const struct field meeting_create_body[];
enum err meeting_create(struct call *c);
