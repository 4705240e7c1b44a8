/* secrets.h: what is drawn for people to keep: API keys, session and reset tokens, support keys, invite codes,
 * webhooks' secrets. All come from the system's CSPRNG; the database gets their SHA-256 (common/digest.h), the invite
 * code and the webhook's secret as they are. */
#pragma once
#include "common/digest.h"

#define API_KEY_CAP        52 /* "mk_" and 48 hexadecimal digits: 192 bits */
#define API_KEY_LEN        (API_KEY_CAP - 1)
#define TOKEN_CAP          44 /* 43 letters and digits: 256 bits */
#define SUPPORT_KEY_CAP    53 /* "sup_" and 48 */
#define INVITE_CODE_CAP    13 /* 12 letters and digits */
#define WEBHOOK_SECRET_CAP 39 /* "whsec_" and 32 hexadecimal digits */
#define SECRET_SHOWN_CAP   16

void draw_api_key(char out[API_KEY_CAP]);
void draw_support_key(char out[SUPPORT_KEY_CAP]);
void draw_token(char out[TOKEN_CAP]);
void draw_webhook_secret(char out[WEBHOOK_SECRET_CAP]);
void draw_invite_code(char out[INVITE_CODE_CAP]);

/* How a key is shown in lists: "mk_abc1…9f2e". key: at least 11 characters. */
void secret_shown(char out[SECRET_SHOWN_CAP], const char *key);
