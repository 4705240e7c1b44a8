/* ice_lite.c: the server's side of ICE: checks answered, addresses remembered, one path chosen. */
#include "ice/ice_lite.h"

#include "ice/ice_priv.h"

#include <stun/stunagent.h>
#include <stun/usages/ice.h>

/* libnice's check for room forgets the 20 bytes of header and the padding, so it is told less than there is. */
#define REPLY_SLACK 32

static bool is_ice_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

static bool is_ice_text(struct bytes b, size_t min)
{
    if (b.len < min || b.len > ICE_CRED_MAX)
        return false;
    for (size_t i = 0; i < b.len; i++)
        if (!is_ice_char(b.p[i]))
            return false;
    return true;
}

enum err ice_creds_set(struct ice_creds *c, struct bytes ufrag, struct bytes pwd)
{
    if (!is_ice_text(ufrag, ICE_UFRAG_MIN) || !is_ice_text(pwd, ICE_PWD_MIN))
        return ERR_SYNTAX;
    memset(c, 0, sizeof(*c));
    memcpy(c->ufrag, ufrag.p, ufrag.len);
    memcpy(c->pwd, pwd.p, pwd.len);
    return OK;
}

enum ice_state ice_state_next(enum ice_state s, enum ice_input in)
{
    /* clang-format off */
    static const uint8_t next[ICE_STATES][ICE_INPUTS] = {
        /*                    CHECK            NOMINATION     TIMEOUT */
        [ICE_NEW]         = { ICE_PROVISIONAL, ICE_CONNECTED, ICE_EXPIRED },
        [ICE_PROVISIONAL] = { ICE_PROVISIONAL, ICE_CONNECTED, ICE_EXPIRED },
        [ICE_CONNECTED]   = { ICE_CONNECTED,   ICE_CONNECTED, ICE_EXPIRED },
        [ICE_EXPIRED]     = { ICE_EXPIRED,     ICE_EXPIRED,   ICE_EXPIRED },
    };
    /* clang-format on */
    return (enum ice_state)next[s][in];
}

void ice_lite_init(struct ice_lite *ice, usec_t now, const struct ice_creds *local)
{
    memset(ice, 0, sizeof(*ice));
    ice->logins[0].local = *local;
    ice->heard = now;
}

void ice_lite_set_remote(struct ice_lite *ice, const struct ice_creds *remote)
{
    memcpy(ice->logins[0].remote_ufrag, remote->ufrag, sizeof(remote->ufrag));
}

void ice_lite_restart(struct ice_lite *ice, const struct ice_creds *local)
{
    /* A second restart before the first one's pair was chosen: media still flows by the login before both. */
    if (!ice->restarting)
        ice->logins[1] = ice->logins[0];
    memset(&ice->logins[0], 0, sizeof(ice->logins[0]));
    ice->logins[0].local = *local;
    ice->restarting = true;
}

static unsigned n_logins(const struct ice_lite *ice)
{
    return ice->restarting ? 2 : 1;
}

bool ice_lite_is_ufrag(const struct ice_lite *ice, struct bytes ufrag)
{
    for (unsigned i = 0; i < n_logins(ice); i++)
        if (bytes_eq(ufrag, bytes_str(ice->logins[i].local.ufrag)))
            return true;
    return false;
}

/* RFC 8445 7.2.2: USERNAME is "ours:theirs". */
static bool login_fits(const struct ice_login *login, struct bytes username)
{
    struct bytes local = bytes_str(login->local.ufrag), remote = bytes_str(login->remote_ufrag);
    struct rd r = rd_of(username);
    if (!bytes_eq(rd_bytes(&r, local.len), local) || rd_u8(&r) != ':')
        return false;
    return remote.len == 0 ? rd_left(&r) > 0 : bytes_eq(rd_bytes(&r, rd_left(&r)), remote);
}

struct password_search {
    const struct ice_lite *ice;
    int login; /* the one that fitted, or -1 */
};

/* libnice asks for the password in the middle of stun_agent_validate(). */
/* NOLINTNEXTLINE(readability-function-size): the parameters are libnice's */
static bool password_find(StunAgent *agent, StunMessage *msg, uint8_t *username, uint16_t len, uint8_t **password,
                          size_t *password_len, void *data)
{
    (void)agent, (void)msg;
    struct password_search *search = data;
    for (unsigned i = 0; i < n_logins(search->ice); i++) {
        const struct ice_login *login = &search->ice->logins[i];
        if (!login_fits(login, bytes_of(username, len)))
            continue;
        search->login = (int)i;
        *password = (uint8_t *)login->local.pwd; /* libnice only reads it */
        *password_len = strlen(login->local.pwd);
        return true;
    }
    return false;
}

struct exchange {
    StunAgent agent;
    StunMessage request, response;
    uint8_t buffer[ICE_REPLY_CAP + REPLY_SLACK];
};

static void reply_put(struct exchange *x, size_t len, struct wr *reply)
{
    if (len > 0 && len <= ICE_REPLY_CAP)
        wr_bytes(reply, bytes_of(x->buffer, len));
}

static void reply_error(struct exchange *x, StunError code, struct wr *reply)
{
    if (!stun_agent_init_error(&x->agent, &x->response, x->buffer, ICE_REPLY_CAP - REPLY_SLACK, &x->request, code))
        return;
    reply_put(x, stun_agent_finish_message(&x->agent, &x->response, x->request.key, x->request.key_len), reply);
}

static void reply_unknown(struct exchange *x, struct wr *reply)
{
    reply_put(x,
              stun_agent_build_unknown_attributes_error(&x->agent, &x->response, x->buffer, ICE_REPLY_CAP - REPLY_SLACK,
                                                        &x->request),
              reply);
}

static void reply_success(struct exchange *x, const struct addr *from, struct wr *reply)
{
    struct sockaddr_storage mapped = {0};
    memcpy(&mapped, &from->sa, addr_len(from));
    if (!stun_agent_init_response(&x->agent, &x->response, x->buffer, ICE_REPLY_CAP - REPLY_SLACK, &x->request))
        return;
    if (stun_message_append_xor_addr(&x->response, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, &mapped, addr_len(from)) !=
        STUN_MESSAGE_RETURN_SUCCESS)
        return;
    reply_put(x, stun_agent_finish_message(&x->agent, &x->response, x->request.key, x->request.key_len), reply);
}

static struct ice_remote *remote_find(struct ice_lite *ice, const struct addr *from)
{
    for (unsigned i = 0; i < ice->n_remotes; i++)
        if (addr_eq(&ice->remotes[i].addr, from))
            return &ice->remotes[i];
    return NULL;
}

/* Room for one more: the one unheard for longest goes, but not the path in use. */
static struct ice_remote *remote_add(struct ice_lite *ice, const struct addr *from, struct ice_result *res)
{
    struct ice_remote *at = NULL;
    if (ice->n_remotes < ICE_REMOTES) {
        at = &ice->remotes[ice->n_remotes++];
    } else {
        for (unsigned i = 0; i < ICE_REMOTES; i++)
            if (!addr_eq(&ice->remotes[i].addr, &ice->path) && (!at || ice->remotes[i].heard < at->heard))
                at = &ice->remotes[i];
        res->forgot = true;
        res->forgotten = at->addr;
    }
    res->learned = true;
    *at = (struct ice_remote){.addr = *from};
    return at;
}

/* RFC 8445 7.3.2: a lite agent learns the pair from USE-CANDIDATE; the latest nomination is the one that counts. */
static enum ice_event path_choose(struct ice_lite *ice, const struct addr *from, bool nominated)
{
    enum ice_state before = ice->state;
    bool moves = before == ICE_NEW || (nominated && !addr_eq(&ice->path, from));
    ice->state = ice_state_next(before, nominated ? ICE_IN_NOMINATION : ICE_IN_CHECK);
    if (moves)
        ice->path = *from;
    return moves || ice->state != before ? ICE_PATH_CHANGED : ICE_NOTHING;
}

/* An authenticated check that we answered. */
static void check_learn(struct ice_lite *ice, usec_t now, const struct addr *from, const StunMessage *msg, int login,
                        struct ice_result *res)
{
    bool nominated = stun_usage_ice_conncheck_use_candidate(msg);
    struct ice_remote *remote = remote_find(ice, from);
    if (!remote)
        remote = remote_add(ice, from, res);
    remote->heard = now;
    remote->priority = stun_usage_ice_conncheck_priority(msg);
    res->event = path_choose(ice, from, nominated);
    if (res->event == ICE_NOTHING && ice->silent)
        res->event = ICE_HEARD;
    ice->silent = false;
    ice->heard = now;
    if (ice->restarting && login == 0 && nominated) {
        ice->restarting = false;
        memset(&ice->logins[1], 0, sizeof(ice->logins[1]));
    }
}

enum err ice_lite_recv(struct ice_lite *ice, usec_t now, const struct addr *from, struct bytes in, struct wr *reply,
                       struct ice_result *res)
{
    /* The attributes we understand; others below 0x8000 get 420. */
    static const uint16_t known[] = {
        STUN_ATTRIBUTE_USERNAME,       STUN_ATTRIBUTE_MESSAGE_INTEGRITY,  STUN_ATTRIBUTE_PRIORITY,
        STUN_ATTRIBUTE_USE_CANDIDATE,  STUN_ATTRIBUTE_ERROR_CODE,         STUN_ATTRIBUTE_UNKNOWN_ATTRIBUTES,
        STUN_ATTRIBUTE_MAPPED_ADDRESS, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, 0};
    *res = (struct ice_result){.event = ICE_NOTHING};
    struct ice_shape shape;
    if (ice_shape_read(in, &shape) || !shape.has_fingerprint)
        return ERR_SYNTAX;
    if (ice->state == ICE_EXPIRED || shape.type != ICE_BINDING_REQUEST)
        return ERR_STATE;

    struct exchange x;
    struct password_search search = {ice, -1};
    stun_agent_init(&x.agent, known, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
    switch (stun_agent_validate(&x.agent, &x.request, in.p, in.len, password_find, &search)) {
    case STUN_VALIDATION_SUCCESS:
        break;
    case STUN_VALIDATION_UNAUTHORIZED_BAD_REQUEST:
        reply_error(&x, STUN_ERROR_BAD_REQUEST, reply);
        return ERR_SYNTAX;
    case STUN_VALIDATION_UNAUTHORIZED:
        reply_error(&x, STUN_ERROR_UNAUTHORIZED, reply);
        return ERR_AUTH;
    case STUN_VALIDATION_UNKNOWN_REQUEST_ATTRIBUTE:
        reply_unknown(&x, reply);
        return ERR_UNSUPPORTED;
    default: /* a bad fingerprint: perhaps no STUN at all, so it gets no answer (RFC 8489 6.3) */
        return ERR_SYNTAX;
    }
    if (stun_message_has_attribute(&x.request, STUN_ATTRIBUTE_ICE_CONTROLLED)) {
        reply_error(&x, STUN_ERROR_ROLE_CONFLICT, reply); /* RFC 8445 7.3.1.1; we never change role */
        return ERR_DENIED;
    }
    reply_success(&x, from, reply);
    check_learn(ice, now, from, &x.request, search.login, res);
    return OK;
}

enum ice_event ice_lite_tick(struct ice_lite *ice, usec_t now)
{
    if (ice->state == ICE_EXPIRED)
        return ICE_NOTHING;
    if (now >= ice->heard + ICE_CONSENT) {
        ice->state = ice_state_next(ice->state, ICE_IN_TIMEOUT);
        return ICE_CONSENT_LOST;
    }
    if (ice->silent || ice->state == ICE_NEW || now < ice->heard + ICE_SOFT_SILENT)
        return ICE_NOTHING;
    ice->silent = true;
    return ICE_SILENT;
}

usec_t ice_lite_deadline(const struct ice_lite *ice)
{
    if (ice->state == ICE_EXPIRED)
        return USEC_NEVER;
    bool soft = !ice->silent && ice->state != ICE_NEW;
    return ice->heard + (soft ? ICE_SOFT_SILENT : ICE_CONSENT);
}
