/* secrets.c: what people keep, and the cookie of a session. */
#include "access/secrets.h"
#include "common/random.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_HEAD 7
#define SHOWN_TAIL 4
#define LIFETIME_S (30 * 24 * 3600) /* sessions_find.sql has it too */

static void draw_prefixed(char *out, size_t cap, const char *prefix)
{
    size_t len = strlen(prefix);
    memcpy(out, prefix, len);
    random_text(out + len, cap - len - 1, RANDOM_HEX);
}

void secret_draw_api_key(char out[API_KEY_CAP])
{
    draw_prefixed(out, API_KEY_CAP, "mk_");
}

void secret_draw_support_key(char out[SUPPORT_KEY_CAP])
{
    draw_prefixed(out, SUPPORT_KEY_CAP, "sup_");
}

void secret_draw_webhook(char out[WEBHOOK_SECRET_CAP])
{
    draw_prefixed(out, WEBHOOK_SECRET_CAP, "whsec_");
}

void secret_draw_token(char out[TOKEN_CAP])
{
    random_text(out, TOKEN_CAP - 1, RANDOM_ALNUM);
}

void secret_draw_invite_code(char out[INVITE_CODE_CAP])
{
    random_text(out, INVITE_CODE_CAP - 1, RANDOM_ALNUM);
}

void secret_shown(char out[SECRET_SHOWN_CAP], const char *key)
{
    snprintf(out, SECRET_SHOWN_CAP, "%.*s…%s", SHOWN_HEAD, key, key + strlen(key) - SHOWN_TAIL);
}

/* ---- the cookie ---- */

void secret_cookie_of(char out[SESSION_COOKIE_CAP], const char *secret, const char *token)
{
    char signature[DIGEST_HEX_CAP];
    hmac_sha256_hex(signature, secret, strlen(secret), token, strlen(token));
    snprintf(out, SESSION_COOKIE_CAP, "%s.%s", token, signature);
}

const char *secret_cookie_name(bool https)
{
    return https ? "__Host-sid" : "sid";
}

void secret_cookie_header(char out[SESSION_HEADER_CAP], const char *cookie, bool https)
{
    snprintf(out, SESSION_HEADER_CAP, "%s=%s; Path=/; HttpOnly; SameSite=Lax; Max-Age=%d%s", secret_cookie_name(https),
             cookie, *cookie ? LIFETIME_S : 0, https ? "; Secure" : "");
}

enum err secret_of_cookie(const char *secret, const char *cookie, char id_hash[DIGEST_HEX_CAP])
{
    char expected[DIGEST_HEX_CAP];
    if (strlen(cookie) != TOKEN_LEN + 1 + DIGEST_HEX_CAP - 1 || cookie[TOKEN_LEN] != '.')
        return ERR_AUTH;
    hmac_sha256_hex(expected, secret, strlen(secret), cookie, TOKEN_LEN);
    if (!same_secret(expected, cookie + TOKEN_LEN + 1, DIGEST_HEX_CAP - 1))
        return ERR_AUTH;
    sha256_hex(id_hash, cookie, TOKEN_LEN);
    return OK;
}
