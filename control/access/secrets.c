#include "access/secrets.h"
#include "common/random.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_HEAD 7
#define SHOWN_TAIL 4

static void draw_prefixed(char *out, size_t cap, const char *prefix)
{
    size_t len = strlen(prefix);
    memcpy(out, prefix, len);
    random_text(out + len, cap - len - 1, RANDOM_HEX);
}

void draw_api_key(char out[API_KEY_CAP])
{
    draw_prefixed(out, API_KEY_CAP, "mk_");
}

void draw_support_key(char out[SUPPORT_KEY_CAP])
{
    draw_prefixed(out, SUPPORT_KEY_CAP, "sup_");
}

void draw_webhook_secret(char out[WEBHOOK_SECRET_CAP])
{
    draw_prefixed(out, WEBHOOK_SECRET_CAP, "whsec_");
}

void draw_token(char out[TOKEN_CAP])
{
    random_text(out, TOKEN_CAP - 1, RANDOM_ALNUM);
}

void draw_invite_code(char out[INVITE_CODE_CAP])
{
    random_text(out, INVITE_CODE_CAP - 1, RANDOM_ALNUM);
}

void secret_shown(char out[SECRET_SHOWN_CAP], const char *key)
{
    snprintf(out, SECRET_SHOWN_CAP, "%.*s…%s", SHOWN_HEAD, key, key + strlen(key) - SHOWN_TAIL);
}
