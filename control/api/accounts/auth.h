/* auth.h: what the files of §1 share. */
#pragma once
#include "http/call.h"
#include "common/fields.h"

/* size zeroed bytes in the call's CALL_STATE, freed with it; NULL: no memory. */
void *state_new(struct call *c, size_t size);

extern const struct field password_forgot_body[], password_reset_body[], password_change_body[];
enum err password_forgot(struct call *c); /* POST /api/auth/forgot-password */
enum err password_token(struct call *c);  /* GET  /api/auth/reset-password?token= */
enum err password_reset(struct call *c);  /* POST /api/auth/reset-password */
enum err password_change(struct call *c); /* POST /api/auth/change-password */
