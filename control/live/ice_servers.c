/* ice_servers.c: the list, and credentials that end. */
#include "live/ice_servers.h"
#include "common/openssl.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define STUN_1 "stun:stun.l.google.com:19302"
#define STUN_2 "stun:stun1.l.google.com:19302"

static json_t *urls_json(const char *list)
{
    if (!strchr(list, ','))
        return json_string(list);
    json_t *urls = json_array();
    while (urls && *list) {
        size_t len = strcspn(list, ",");
        const char *start = list + strspn(list, " ");
        size_t skipped = (size_t)(start - list);
        if (skipped < len && json_array_append_new(urls, json_stringn(start, len - skipped))) {
            json_decref(urls);
            return NULL;
        }
        list += len + (list[len] == ',');
    }
    return urls;
}

static json_t *turn_json(const struct ice_config *cfg, usec_t wall, const char *user)
{
    if (!cfg->turn_secret)
        return json_pack("{s:o,s:s,s:s}", "urls", urls_json(cfg->turn_urls), "username", cfg->turn_username,
                         "credential", cfg->turn_credential);
    char username[128];
    unsigned char mac[EVP_MAX_MD_SIZE], credential[4 * EVP_MAX_MD_SIZE / 3 + 4];
    unsigned mac_len = 0;
    snprintf(username, sizeof username, "%" PRId64 ":%s", (wall + TURN_LIFETIME) / SEC, user);
    if (!HMAC(EVP_sha1(), cfg->turn_secret, (int)strlen(cfg->turn_secret), (const unsigned char *)username,
              strlen(username), mac, &mac_len))
        return NULL;
    EVP_EncodeBlock(credential, mac, (int)mac_len);
    return json_pack("{s:o,s:s,s:s}", "urls", urls_json(cfg->turn_urls), "username", username, "credential",
                     (const char *)credential);
}

json_t *ice_servers_json(const struct ice_config *cfg, usec_t wall, const char *user)
{
    if (!cfg->turn_urls)
        return json_pack("[{s:s},{s:s}]", "urls", STUN_1, "urls", STUN_2);
    return json_pack("[{s:s},o]", "urls", STUN_1, turn_json(cfg, wall, user));
}
