/* base64.h: base64 (RFC 4648 4, padded) for binary in long-polling, base64url (5, unpadded) for ids. Pure functions. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"

#define BASE64_LEN(n)     (((n) + 2) / 3 * 4)
#define BASE64URL_LEN(n)  (((n)*4 + 2) / 3)
#define BASE64_DECODED(n) ((n) / 4 * 3 + 3) /* room that is always enough */

void base64_write(struct wr *w, struct bytes in);
void base64url_write(struct wr *w, struct bytes in);

/* The bytes that the text stands for, appended to w. Padding may be left out, must be right where it is, and unused
 * bits are zero: one spelling each. ERR_SYNTAX; ERR_FULL: w is too small. */
MUST_CHECK enum err base64_read(struct bytes text, struct wr *w);
MUST_CHECK enum err base64url_read(struct bytes text, struct wr *w);
