#include "access/session.h"

#include <stdio.h>
#include <string.h>

#define LIFETIME_S (30 * 24 * 3600) /* sessions_find.sql has it too */

void session_cookie_of(char out[SESSION_COOKIE_CAP], const char *secret, const char *token)
{
    char signature[DIGEST_HEX_CAP];
    hmac_sha256_hex(signature, secret, strlen(secret), token, strlen(token));
    snprintf(out, SESSION_COOKIE_CAP, "%s.%s", token, signature);
}

void session_header_of(char out[SESSION_HEADER_CAP], const char *cookie, bool https)
{
    snprintf(out, SESSION_HEADER_CAP, "sid=%s; Path=/; HttpOnly; SameSite=Lax; Max-Age=%d%s", cookie,
             *cookie ? LIFETIME_S : 0, https ? "; Secure" : "");
}

enum err session_of_cookie(const char *secret, const char *cookie, char id_hash[DIGEST_HEX_CAP])
{
    char expected[DIGEST_HEX_CAP];
    if (strlen(cookie) != SESSION_TOKEN_LEN + 1 + DIGEST_HEX_CAP - 1 || cookie[SESSION_TOKEN_LEN] != '.')
        return ERR_AUTH;
    hmac_sha256_hex(expected, secret, strlen(secret), cookie, SESSION_TOKEN_LEN);
    if (!same_secret(expected, cookie + SESSION_TOKEN_LEN + 1, DIGEST_HEX_CAP - 1))
        return ERR_AUTH;
    sha256_hex(id_hash, cookie, SESSION_TOKEN_LEN);
    return OK;
}
