/* ice_check.c: connectivity checks written, and their answers read, by libnice. */
#include "ice/ice_check.h"

#include "ice/ice_priv.h"

#include <stdio.h>
#include <stun/stunagent.h>
#include <stun/usages/ice.h>

enum { TXID_AT = 8 };

static void txid_full(const struct ice_check *check, StunTransactionId id)
{
    static const uint8_t cookie[4] = {0x21, 0x12, 0xA4, 0x42};
    memcpy(id, cookie, sizeof(cookie));
    memcpy(id + sizeof(cookie), check->txid, ICE_TXID_LEN);
}

static bool request_fill(const struct ice_check *check, StunMessage *msg)
{
    char username[2 * ICE_CRED_MAX + 2];
    (void)snprintf(username, sizeof(username), "%s:%s", check->remote->ufrag, check->local->ufrag);
    bool ok = stun_message_append_string(msg, STUN_ATTRIBUTE_USERNAME, username) == STUN_MESSAGE_RETURN_SUCCESS;
    ok = ok && !stun_message_append32(msg, STUN_ATTRIBUTE_PRIORITY, check->priority);
    StunAttribute role = check->controlled ? STUN_ATTRIBUTE_ICE_CONTROLLED : STUN_ATTRIBUTE_ICE_CONTROLLING;
    ok = ok && !stun_message_append64(msg, role, check->tie_breaker);
    if (check->use_candidate)
        ok = ok && !stun_message_append_flag(msg, STUN_ATTRIBUTE_USE_CANDIDATE);
    return ok;
}

enum err ice_check_write(const struct ice_check *check, struct wr *out)
{
    static const uint16_t known[] = {0};
    StunAgent agent;
    StunMessage msg;
    uint8_t buffer[ICE_REQUEST_CAP + 64]; /* libnice's check for room forgets header and padding */
    stun_agent_init(&agent, known, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
    StunTransactionId id;
    txid_full(check, id);
    msg = (StunMessage){.agent = &agent, .buffer = buffer, .buffer_len = ICE_REQUEST_CAP};
    /* not stun_agent_init_request(), which draws a transaction id of its own */
    if (!stun_message_init(&msg, STUN_REQUEST, STUN_BINDING, id) || !request_fill(check, &msg))
        return ERR_FULL;
    size_t len =
        stun_agent_finish_message(&agent, &msg, (const uint8_t *)check->remote->pwd, strlen(check->remote->pwd));
    if (len == 0)
        return ERR_FULL;
    wr_bytes(out, bytes_of(buffer, len));
    return out->bad ? ERR_FULL : OK;
}

static enum err mapped_read(const StunMessage *msg, struct addr *mapped)
{
    struct sockaddr_storage sa = {0};
    socklen_t len = sizeof(sa);
    if (stun_message_find_xor_addr(msg, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, &sa, &len) != STUN_MESSAGE_RETURN_SUCCESS)
        return ERR_SYNTAX;
    return addr_of_sockaddr((const struct sockaddr *)&sa, len, mapped);
}

enum err ice_check_read(const struct ice_check *check, struct bytes in, struct addr *mapped, int *error_code)
{
    static const uint16_t known[] = {STUN_ATTRIBUTE_USERNAME,
                                     STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
                                     STUN_ATTRIBUTE_ERROR_CODE,
                                     STUN_ATTRIBUTE_UNKNOWN_ATTRIBUTES,
                                     STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS,
                                     STUN_ATTRIBUTE_MAPPED_ADDRESS,
                                     0};
    struct ice_shape shape;
    if (ice_shape_read(in, &shape) || !shape.has_fingerprint)
        return ERR_SYNTAX;
    if (shape.type != ICE_BINDING_SUCCESS && shape.type != ICE_BINDING_ERROR)
        return ERR_NOT_FOUND;
    if (!bytes_eq(bytes_of(in.p + TXID_AT, ICE_TXID_LEN), bytes_of(check->txid, ICE_TXID_LEN)))
        return ERR_NOT_FOUND;
    if (!shape.has_integrity && shape.type == ICE_BINDING_SUCCESS)
        return ERR_AUTH;

    StunAgent agent;
    StunMessage msg;
    stun_agent_init(&agent, known, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
    /* the agent is told of the request that this answers; it was a value on the stack, gone since */
    StunAgentSavedIds *sent = &agent.sent_ids[0];
    *sent = (StunAgentSavedIds){.method = STUN_BINDING, .valid = true};
    sent->key = (uint8_t *)check->remote->pwd; /* only read */
    sent->key_len = strlen(check->remote->pwd);
    txid_full(check, sent->id);
    StunValidationStatus status = stun_agent_validate(&agent, &msg, in.p, in.len, NULL, NULL);
    if (status == STUN_VALIDATION_BAD_REQUEST)
        return ERR_SYNTAX;
    if (shape.type == ICE_BINDING_ERROR && (status == STUN_VALIDATION_SUCCESS || !shape.has_integrity)) {
        msg = (StunMessage){.agent = &agent, .buffer = (uint8_t *)in.p, .buffer_len = in.len};
        return stun_message_find_error(&msg, error_code) == STUN_MESSAGE_RETURN_SUCCESS ? ERR_DENIED : ERR_SYNTAX;
    }
    if (status != STUN_VALIDATION_SUCCESS)
        return status == STUN_VALIDATION_UNAUTHORIZED ? ERR_AUTH : ERR_SYNTAX;
    return mapped_read(&msg, mapped);
}

struct answerer {
    const struct ice_creds *local;
};

/* libnice asks for the password in the middle of stun_agent_validate(). */
/* NOLINTNEXTLINE(readability-function-size): the parameters are libnice's */
static bool password_of_ours(StunAgent *agent, StunMessage *msg, uint8_t *username, uint16_t len, uint8_t **password,
                             size_t *password_len, void *data)
{
    (void)agent, (void)msg;
    const struct answerer *a = data;
    size_t ours = strlen(a->local->ufrag);
    if (len <= ours || memcmp(username, a->local->ufrag, ours) != 0 || username[ours] != ':')
        return false;
    *password = (uint8_t *)a->local->pwd; /* libnice only reads it */
    *password_len = strlen(a->local->pwd);
    return true;
}

enum err ice_check_answer(const struct ice_creds *local, const struct addr *from, struct bytes in, struct wr *reply)
{
    static const uint16_t known[] = {STUN_ATTRIBUTE_USERNAME, STUN_ATTRIBUTE_MESSAGE_INTEGRITY, STUN_ATTRIBUTE_PRIORITY,
                                     0};
    struct ice_shape shape;
    if (ice_shape_read(in, &shape) || !shape.has_fingerprint)
        return ERR_SYNTAX;
    if (shape.type != ICE_BINDING_REQUEST)
        return ERR_NOT_FOUND;
    StunAgent agent;
    StunMessage request, response;
    struct answerer a = {local};
    uint8_t buffer[ICE_REPLY_CAP + 64];
    stun_agent_init(&agent, known, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
    if (stun_agent_validate(&agent, &request, in.p, in.len, password_of_ours, &a) != STUN_VALIDATION_SUCCESS)
        return ERR_AUTH;
    struct sockaddr_storage mapped = {0};
    memcpy(&mapped, &from->sa, addr_len(from));
    if (!stun_agent_init_response(&agent, &response, buffer, ICE_REPLY_CAP, &request) ||
        stun_message_append_xor_addr(&response, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, &mapped, addr_len(from)) !=
            STUN_MESSAGE_RETURN_SUCCESS)
        return ERR_FULL;
    wr_bytes(reply, bytes_of(buffer, stun_agent_finish_message(&agent, &response, request.key, request.key_len)));
    return reply->bad ? ERR_FULL : OK;
}
