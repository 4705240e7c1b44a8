/* loop_uv.h: what the library's own files need of the loop besides loop.h: its libuv loop (wire.c makes libwebsockets
 * a guest on it) and single turns, for taking things down. */
#pragma once
#include "loop/loop.h"
#include <uv.h>

uv_loop_t *loop_uv(struct loop *loop);
void loop_turn(struct loop *loop); /* what is ready now, without waiting */
