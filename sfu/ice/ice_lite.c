/* ice_lite.c: the server's side of ICE: checks answered, addresses asked, one path chosen of those that answered. */
#include "ice/ice_lite.h"

#include "common/digest.h"
#include "common/text.h"
#include "ice/ice_check.h"
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

void ice_lite_init(struct ice_lite *ice, usec_t now, const struct ice_creds *local, const uint64_t secret[2])
{
    memset(ice, 0, sizeof(*ice));
    ice->logins[0].local = *local;
    ice->heard = ice->consent = now;
    memcpy(ice->secret, secret, sizeof ice->secret);
}

void ice_lite_set_remote(struct ice_lite *ice, const struct ice_creds *remote)
{
    ice->logins[0].remote = *remote;
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
    struct bytes local = bytes_str(login->local.ufrag), remote = bytes_str(login->remote.ufrag);
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
    *at = (struct ice_remote){.addr = *from, .ask_at = USEC_NEVER};
    return at;
}

/* ---- our own checks (RFC 7675 5.1) ---- */

static bool is_path(const struct ice_lite *ice, const struct ice_remote *remote)
{
    return ice->state != ICE_NEW && addr_eq(&remote->addr, &ice->path);
}

/* The old path is asked with the login before a restart, until the new one's pair is chosen. */
static const struct ice_login *login_for(const struct ice_lite *ice, const struct ice_remote *remote)
{
    return &ice->logins[ice->restarting && is_path(ice, remote)];
}

/* It owes an answer from now on. */
static void ask_soon(struct ice_remote *remote, usec_t now)
{
    if (remote->asked)
        return;
    remote->asked = remote->ask_at = now;
    remote->n_asks = 0;
}

/* An id for each question: nobody can answer one that hasn't reached them, although the peer knows the password. What
 * it begins with tells whose answer it will be (ice_peek_answer()). */
static void txid_draw(struct ice_lite *ice, const struct ice_login *login, uint8_t txid[ICE_TXID_LEN])
{
    char hex[DIGEST_HEX_CAP];
    ice->n_txids++;
    hmac_sha256_hex(hex, ice->secret, sizeof ice->secret, &ice->n_txids, sizeof ice->n_txids);
    memcpy(txid, login->local.ufrag, ICE_UFRAG_MIN);
    for (unsigned i = ICE_UFRAG_MIN; i < ICE_TXID_LEN; i++) {
        const char *digits = hex + (size_t)2 * i;
        txid[i] = (uint8_t)(16 * text_hex_digit((uint8_t)digits[0]) + text_hex_digit((uint8_t)digits[1]));
    }
}

static bool question_write(struct ice_lite *ice, struct ice_remote *remote, struct wr *check)
{
    const struct ice_login *login = login_for(ice, remote);
    if (remote->n_asks == 0)
        txid_draw(ice, login, remote->txid);
    struct ice_check q = {
        .local = &login->local,
        .remote = &login->remote,
        .tie_breaker = ice->secret[1],
        .priority = 1,
        .controlled = true,
    };
    memcpy(q.txid, remote->txid, sizeof q.txid);
    return ice_check_write(&q, check) == OK;
}

/* RFC 8489 6.2.1: doubling, up to a second. Who isn't the path is given up after ICE_ASKS. */
static void ask_again_later(const struct ice_lite *ice, struct ice_remote *remote, usec_t now)
{
    usec_t wait = ICE_ASK_AGAIN << (remote->n_asks < 3 ? remote->n_asks : 3);
    remote->n_asks++;
    remote->ask_at = now + (wait < SEC ? wait : SEC);
    if (is_path(ice, remote) || remote->n_asks < ICE_ASKS)
        return;
    remote->ask_at = USEC_NEVER;
    remote->asked = 0;
}

static bool is_proved(const struct ice_remote *remote, usec_t now)
{
    return remote->proved && now - remote->proved < ICE_CONSENT;
}

static bool may_go(struct ice_remote *remote, usec_t now, size_t len)
{
    if (is_proved(remote, now))
        return true;
    if (remote->room < len)
        return false;
    remote->room -= (uint32_t)len;
    return true;
}

bool ice_lite_ask(struct ice_lite *ice, usec_t now, struct addr *to, struct wr *check)
{
    for (unsigned i = 0; i < ice->n_remotes && ice->state != ICE_EXPIRED; i++) {
        struct ice_remote *remote = &ice->remotes[i];
        struct wr begin = *check;
        if (remote->ask_at > now || !*login_for(ice, remote)->remote.ufrag)
            continue;
        if (!remote->asked)
            remote->asked = now;
        bool goes = question_write(ice, remote, check) && may_go(remote, now, wr_len(check) - wr_len(&begin));
        ask_again_later(ice, remote, now);
        *to = remote->addr;
        if (goes)
            return true;
        *check = begin;
    }
    return false;
}

/* ---- which path ---- */

static struct ice_remote *path_remote(struct ice_lite *ice)
{
    return ice->state == ICE_NEW ? NULL : remote_find(ice, &ice->path);
}

static bool is_quiet(const struct ice_remote *path, usec_t now)
{
    return !path || (path->asked && now - path->asked >= ICE_QUIET);
}

/* Asked again and again, with times that nobody can foresee: 0.8 … 1.2 of ICE_ASK_EVERY. */
static void ask_for_consent(struct ice_remote *remote, usec_t now)
{
    unsigned dice = remote->txid[ICE_TXID_LEN - 1] * 256u + remote->txid[ICE_TXID_LEN - 2];
    remote->asked = 0;
    remote->n_asks = 0;
    remote->ask_at = now + ICE_ASK_EVERY * (usec_t)(800 + dice % 401) / 1000;
}

/* RFC 8445 7.3.2: the latest nomination is the one that counts; here, of those that answered. */
static bool is_better(struct ice_lite *ice, const struct ice_remote *remote, usec_t now)
{
    const struct ice_remote *path = path_remote(ice);
    return !path || (path != remote && (remote->nomination > ice->path_nomination || is_quiet(path, now)));
}

static enum ice_event path_take(struct ice_lite *ice, usec_t now, struct ice_remote *remote)
{
    enum ice_state before = ice->state;
    struct ice_remote *old = path_remote(ice);
    bool moves = is_better(ice, remote, now);
    if (moves && old) {
        old->asked = 0;
        old->ask_at = USEC_NEVER;
    }
    if (moves)
        ice->path = remote->addr;
    if (!addr_eq(&ice->path, &remote->addr))
        return ICE_NOTHING;
    if (remote->nomination)
        ice->path_nomination = remote->nomination;
    ice->state = ice_state_next(before, remote->nomination ? ICE_IN_NOMINATION : ICE_IN_CHECK);
    ice->consent = now;
    ask_for_consent(remote, now);
    return moves || ice->state != before ? ICE_PATH_CHANGED : ICE_NOTHING;
}

/* ---- what comes ---- */

static void heard(struct ice_lite *ice, usec_t now, struct ice_remote *remote, struct ice_result *res)
{
    if (res->event == ICE_NOTHING && ice->silent)
        res->event = ICE_HEARD;
    ice->silent = false;
    ice->heard = remote->heard = now;
}

/* An authenticated check that we answered: its sender is asked before it is believed. The path, too, is asked if it has
 * said nothing while another address has. */
static void check_learn(struct ice_lite *ice, usec_t now, struct ice_remote *remote, const StunMessage *msg, int login,
                        struct ice_result *res)
{
    bool nominated = stun_usage_ice_conncheck_use_candidate(msg);
    struct ice_remote *path = path_remote(ice);
    bool is_the_path = path == remote;
    remote->priority = stun_usage_ice_conncheck_priority(msg);
    if (nominated && (!remote->nomination || remote->nomination < ice->n_nominations))
        remote->nomination = ++ice->n_nominations;
    if (is_the_path && nominated && ice->state == ICE_PROVISIONAL)
        res->event = ICE_PATH_CHANGED;
    if (is_the_path && nominated) {
        ice->path_nomination = remote->nomination;
        ice->state = ice_state_next(ice->state, ICE_IN_NOMINATION);
    }
    if (!is_the_path && (!is_proved(remote, now) || remote->nomination > ice->path_nomination || is_quiet(path, now)))
        ask_soon(remote, now);
    if (path && !is_the_path && now - path->heard >= ICE_QUIET)
        ask_soon(path, now);
    if (ice->restarting && login == 0 && nominated) {
        ice->restarting = false;
        memset(&ice->logins[1], 0, sizeof(ice->logins[1]));
    }
}

/* An answer to a check of ours: from where it was asked, with its id, signed with the peer's password. */
static enum err recv_answer(struct ice_lite *ice, usec_t now, const struct addr *from, struct bytes in,
                            struct ice_result *res)
{
    struct ice_remote *remote = remote_find(ice, from);
    struct addr mapped;
    int code;
    if (!remote || !remote->asked || !remote->n_asks)
        return ERR_STATE;
    const struct ice_login *login = login_for(ice, remote);
    struct ice_check q = {.local = &login->local, .remote = &login->remote};
    memcpy(q.txid, remote->txid, sizeof q.txid);
    enum err e = ice_check_read(&q, in, &mapped, &code);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_STATE : e;
    remote->proved = now;
    res->learned = true;
    remote->asked = 0;
    remote->ask_at = USEC_NEVER;
    res->event = path_take(ice, now, remote);
    heard(ice, now, remote, res);
    return OK;
}

/* OK: an authentic check of a controlling agent. Anything else has its answer, if it gets one. */
static enum err check_validate(struct exchange *x, struct password_search *search, struct bytes in, struct wr *reply)
{
    /* The attributes we understand; others below 0x8000 get 420. */
    static const uint16_t known[] = {
        STUN_ATTRIBUTE_USERNAME,       STUN_ATTRIBUTE_MESSAGE_INTEGRITY,  STUN_ATTRIBUTE_PRIORITY,
        STUN_ATTRIBUTE_USE_CANDIDATE,  STUN_ATTRIBUTE_ERROR_CODE,         STUN_ATTRIBUTE_UNKNOWN_ATTRIBUTES,
        STUN_ATTRIBUTE_MAPPED_ADDRESS, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, 0};
    stun_agent_init(&x->agent, known, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
    switch (stun_agent_validate(&x->agent, &x->request, in.p, in.len, password_find, search)) {
    case STUN_VALIDATION_SUCCESS:
        break;
    case STUN_VALIDATION_UNAUTHORIZED_BAD_REQUEST:
        reply_error(x, STUN_ERROR_BAD_REQUEST, reply);
        return ERR_SYNTAX;
    case STUN_VALIDATION_UNAUTHORIZED:
        reply_error(x, STUN_ERROR_UNAUTHORIZED, reply);
        return ERR_AUTH;
    case STUN_VALIDATION_UNKNOWN_REQUEST_ATTRIBUTE:
        reply_unknown(x, reply);
        return ERR_UNSUPPORTED;
    default: /* a bad fingerprint: perhaps no STUN at all, so it gets no answer (RFC 8489 6.3) */
        return ERR_SYNTAX;
    }
    if (stun_message_has_attribute(&x->request, STUN_ATTRIBUTE_ICE_CONTROLLED)) {
        reply_error(x, STUN_ERROR_ROLE_CONFLICT, reply); /* RFC 8445 7.3.1.1; we never change role */
        return ERR_DENIED;
    }
    return OK;
}

enum err ice_lite_recv(struct ice_lite *ice, usec_t now, const struct addr *from, struct bytes in, struct wr *reply,
                       struct ice_result *res)
{
    *res = (struct ice_result){.event = ICE_NOTHING};
    struct ice_shape shape;
    if (ice_shape_read(in, &shape) || !shape.has_fingerprint)
        return ERR_SYNTAX;
    if (ice->state == ICE_EXPIRED)
        return ERR_STATE;
    if (shape.type != ICE_BINDING_REQUEST)
        return recv_answer(ice, now, from, in, res);

    struct exchange x;
    struct password_search search = {ice, -1};
    enum err e = check_validate(&x, &search, in, reply);
    if (e)
        return e;
    struct ice_remote *remote = remote_find(ice, from);
    if (!remote)
        remote = remote_add(ice, from, res);
    reply_success(&x, from, reply);
    res->learned = is_proved(remote, now);
    if (!res->learned && remote->room < UINT16_MAX)
        remote->room += (uint32_t)(ICE_UNPROVED_FACTOR * in.len - wr_len(reply));
    check_learn(ice, now, remote, &x.request, search.login, res);
    heard(ice, now, remote, res);
    return OK;
}

enum ice_event ice_lite_tick(struct ice_lite *ice, usec_t now)
{
    if (ice->state == ICE_EXPIRED)
        return ICE_NOTHING;
    if (now >= ice->consent + ICE_CONSENT) {
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
    usec_t due = ice->consent + ICE_CONSENT;
    if (!ice->silent && ice->state != ICE_NEW && ice->heard + ICE_SOFT_SILENT < due)
        due = ice->heard + ICE_SOFT_SILENT;
    for (unsigned i = 0; i < ice->n_remotes; i++)
        if (ice->remotes[i].ask_at < due)
            due = ice->remotes[i].ask_at;
    return due;
}
