/* guest.h: meetings that anybody may make (API documentation §4): in memory, free, gone when the server restarts. */
#pragma once
#include "http/call.h"
#include "common/fields.h"

extern const struct field guest_create_body[];
enum err guest_create(struct call *c); /* POST /api/meetings/guest */
