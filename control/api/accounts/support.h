/* support.h: a key for one look at one's account, given by its owner to the support (resolutions on §18). */
#pragma once
#include "http/call.h"
#include "common/fields.h"

extern const struct field support_redeem_body[];
enum err support_key_create(struct call *c); /* POST /api/user/support-key */
enum err support_key_redeem(struct call *c); /* POST /admin/api/support-key/redeem */
