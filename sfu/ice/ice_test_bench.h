/* ice_test_bench.h: a lite agent under test, and the client at the other end: what it sends, and whether it answers. */
#pragma once
#include "ice/ice_check.h"
#include "ice/ice_lite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#define T0 (1000 * SEC)

static const uint64_t secret[2] = {1, 2};

static inline struct ice_creds creds(const char *ufrag, const char *pwd)
{
    struct ice_creds c;
    assert_int_equal(ice_creds_set(&c, bytes_str(ufrag), bytes_str(pwd)), OK);
    return c;
}

static inline struct addr addr(const char *ip, uint16_t port)
{
    struct addr a;
    assert_int_equal(addr_parse(ip, port, &a), OK);
    return a;
}

/* A server, a client's credentials, and what the last exchange brought. */
struct bench {
    struct ice_lite ice;
    struct ice_creds server, client;
    struct ice_check check;
    struct ice_result res;
    uint8_t request[ICE_REQUEST_CAP];
    size_t request_len;
    uint8_t reply[ICE_REPLY_CAP];
    size_t reply_len;
    uint8_t question[ICE_REQUEST_CAP]; /* the agent's */
    size_t question_len;
};

static inline void bench_init(struct bench *b)
{
    memset(b, 0, sizeof(*b));
    b->server = creds("serverufrag", "serverpasswordserverpass");
    b->client = creds("clnt", "clientpasswordclientpass");
    ice_lite_init(&b->ice, T0, &b->server, secret);
    ice_lite_set_remote(&b->ice, &b->client);
    b->check = (struct ice_check){.local = &b->client, .remote = &b->server, .tie_breaker = 7, .priority = 1234};
}

static inline enum err deliver(struct bench *b, usec_t now, const struct addr *from, struct bytes in)
{
    struct wr reply = wr_of(b->reply, sizeof(b->reply));
    enum err e = ice_lite_recv(&b->ice, now, from, in, &reply, &b->res);
    b->reply_len = wr_len(&reply);
    return e;
}

static inline enum err send_check(struct bench *b, usec_t now, const struct addr *from, bool use_candidate)
{
    struct wr w = wr_of(b->request, sizeof(b->request));
    b->check.use_candidate = use_candidate;
    b->check.txid[0]++;
    assert_int_equal(ice_check_write(&b->check, &w), OK);
    b->request_len = wr_len(&w);
    return deliver(b, now, from, bytes_of(b->request, b->request_len));
}

static inline int error_code(const struct bench *b)
{
    int code = 0;
    struct addr mapped;
    enum err e = ice_check_read(&b->check, bytes_of(b->reply, b->reply_len), &mapped, &code);
    return e == ERR_DENIED ? code : 0;
}

/* Takes the next check of the agent's own; false: it has none now. */
static inline bool asked(struct bench *b, usec_t now, struct addr *to)
{
    struct wr w = wr_of(b->question, sizeof(b->question));
    bool any = ice_lite_ask(&b->ice, now, to, &w);
    b->question_len = wr_len(&w);
    return any;
}

/* The client answers what was asked last, from an address. */
static inline enum err answer_from(struct bench *b, usec_t now, const struct addr *from)
{
    uint8_t bytes[ICE_REPLY_CAP];
    struct wr w = wr_of(bytes, sizeof(bytes));
    assert_int_equal(ice_check_answer(b->check.local, from, bytes_of(b->question, b->question_len), &w), OK);
    return deliver(b, now, from, bytes_of(bytes, wr_len(&w)));
}

/* All that is asked now is answered from where it was asked, but what was asked of the client before its restart; the
 * last event that came of it. */
static inline enum ice_event answer_all(struct bench *b, usec_t now)
{
    struct addr to;
    enum ice_event last = ICE_NOTHING;
    while (asked(b, now, &to)) {
        uint8_t bytes[ICE_REPLY_CAP];
        struct wr w = wr_of(bytes, sizeof(bytes));
        if (ice_check_answer(b->check.local, &to, bytes_of(b->question, b->question_len), &w))
            continue;
        assert_int_equal(deliver(b, now, &to, bytes_of(bytes, wr_len(&w))), OK);
        last = b->res.event != ICE_NOTHING ? b->res.event : last;
    }
    return last;
}

/* A check, and answers to whatever it made the agent ask. */
static inline enum ice_event check_and_answer(struct bench *b, usec_t now, const struct addr *from, bool use_candidate)
{
    assert_int_equal(send_check(b, now, from, use_candidate), OK);
    enum ice_event event = b->res.event, then = answer_all(b, now);
    return then != ICE_NOTHING ? then : event;
}
