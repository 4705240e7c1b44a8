/* session.h: the session cookie `sid`: a random token and its HMAC under SESSION_SECRET, so that garbage is refused
 * without asking anybody; the database knows the SHA-256 of the token. Pure. */
#pragma once
#include "common/digest.h"
#include "common/err.h"
#include <stdbool.h>

#define SESSION_TOKEN_LEN  43
#define SESSION_COOKIE_CAP 160

/* "token.signature" into out. */
void session_cookie_of(char out[SESSION_COOKIE_CAP], const char *secret, const char *token);

/* The value of Set-Cookie (RFC 6265 4.1) for 30 days; an empty cookie takes it back. */
#define SESSION_HEADER_CAP 320
void session_header_of(char out[SESSION_HEADER_CAP], const char *cookie, bool https);

/* The name of the session in the database. ERR_AUTH: not a cookie of ours. */
MUST_CHECK enum err session_of_cookie(const char *secret, const char *cookie, char id_hash[DIGEST_HEX_CAP]);
