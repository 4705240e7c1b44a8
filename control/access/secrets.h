/* secrets.h: what is drawn for people to keep: API keys, session and reset tokens, support keys, invite codes,
 * webhooks' secrets. All come from the system's CSPRNG; the database gets their SHA-256 (common/digest.h), the invite
 * code and the webhook's secret as they are.
 * The session cookie, `sid`, or by https `__Host-sid`, is a random token and its HMAC under SESSION_SECRET, so that
 * garbage is refused without asking anybody. Pure but for the drawing. */
#pragma once
#include "common/digest.h"
#include "common/err.h"
#include <stdbool.h>

#define API_KEY_CAP        52 /* "mk_" and 48 hexadecimal digits: 192 bits */
#define API_KEY_LEN        (API_KEY_CAP - 1)
#define TOKEN_LEN          43
#define TOKEN_CAP          44 /* 43 letters and digits: 256 bits */
#define SUPPORT_KEY_CAP    53 /* "sup_" and 48 */
#define INVITE_CODE_CAP    13 /* 12 letters and digits */
#define WEBHOOK_SECRET_CAP 39 /* "whsec_" and 32 hexadecimal digits */
#define SECRET_SHOWN_CAP   16

void secret_draw_api_key(char out[API_KEY_CAP]);
void secret_draw_support_key(char out[SUPPORT_KEY_CAP]);
void secret_draw_token(char out[TOKEN_CAP]);
void secret_draw_webhook(char out[WEBHOOK_SECRET_CAP]);
void secret_draw_invite_code(char out[INVITE_CODE_CAP]);

/* How a key is shown in lists: "mk_abc1…9f2e". key: at least 11 characters. */
void secret_shown(char out[SECRET_SHOWN_CAP], const char *key);

#define SESSION_COOKIE_CAP 160
#define SESSION_HEADER_CAP 320

/* "token.signature" into out. */
void secret_cookie_of(char out[SESSION_COOKIE_CAP], const char *secret, const char *token);
/* By https browsers take it from this very host alone, and only Secure (RFC 6265bis 4.1.3.2): no sibling's is taken for
 * it. */
const char *secret_cookie_name(bool https);
/* The value of Set-Cookie (RFC 6265 4.1) for 30 days; an empty cookie takes it back. */
void secret_cookie_header(char out[SESSION_HEADER_CAP], const char *cookie, bool https);
/* The name of the session in the database: the SHA-256 of its token. ERR_AUTH: not a cookie of ours. */
MUST_CHECK enum err secret_of_cookie(const char *secret, const char *cookie, char id_hash[DIGEST_HEX_CAP]);
