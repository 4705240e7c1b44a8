/* email.h: e-mail addresses as names of accounts: ASCII, lower case, unique without case. Pure. */
#pragma once
#include "common/err.h"

#define EMAIL_CAP 255 /* RFC 5321 4.5.3.1.3 leaves 254 characters */

/* Both take the spaces off that were pasted with it. */

/* In lower case, as it is kept. ERR_SYNTAX: not of the form local@domain.tld (RFC 5321's dot-string and domain, without
 * quoted names and address literals), or too long. */
MUST_CHECK enum err email_read(const char *text, char out[EMAIL_CAP]);

/* In lower case, whatever its form: for looking an account up. ERR_SYNTAX: too long to be any. */
MUST_CHECK enum err email_fold(const char *text, char out[EMAIL_CAP]);
