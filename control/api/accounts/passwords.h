/* passwords.h: a call that waits for a password to be verified or hashed by the threads of its struct accounts_api.
 * Copies what it needs, and overwrites it afterwards. Loop thread only. */
#pragma once
#include "http/call.h"
#include "common/fields.h"
#include "offload/password.h"

/* Rows of a body's table: what a password may be when it is chosen, and when it is only compared. */
/* clang-format off */
#define FIELD_PASSWORD_NEW(name) { name, FIELD_CHARS, REQUIRED, PASSWORD_MIN_CHARACTERS, PASSWORD_MAX_BYTES, NULL }
#define FIELD_PASSWORD_GIVEN(name) { name, FIELD_CHARS, REQUIRED, 1, PASSWORD_MAX_BYTES, NULL }
/* clang-format on */

struct passwords_task {
    const char *given, *hash; /* verify given against hash; hash NULL: no, only make */
    const char *fresh;        /* then make a hash of this; NULL: of given, if its hash is of old parameters */
};

/* OK: the password is right, and made is the hash that was made, or "". ERR_AUTH: it is wrong. */
typedef void passwords_then(struct call *c, enum err e, const char *made);

/* Defers the call and calls then(); not when the client has gone. Too much to do: 503. Always OK. */
enum err passwords_ask(struct call *c, const struct passwords_task *task, passwords_then *then);

/* A new password may have PASSWORD_MAX_BYTES: the table counts characters. False: answered 400. */
bool passwords_fit(struct call *c, const char *field);
