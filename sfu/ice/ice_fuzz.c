/* Whatever comes, nothing is learnt without the password; a request made valid by us and then changed must not pass. */
#include "ice/ice_check.h"
#include "ice/ice_lite.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct ice_creds server = {.ufrag = "evtj", .pwd = "VOkJxbRl1RmTxUk/WvJxBt"};
static const struct ice_creds client = {.ufrag = "h6vY", .pwd = "xxxxxxxxxxxxxxxxxxxxxxxx"};

static void must(bool condition)
{
    if (!condition)
        abort();
}

static void answer_read(struct bytes reply, struct bytes request)
{
    struct ice_check check = {.local = &client, .remote = &server};
    struct addr mapped;
    int code;
    must(reply.len <= ICE_REPLY_CAP && reply.len >= ICE_STUN_HEADER);
    memcpy(check.txid, request.p + 8, ICE_TXID_LEN);
    enum err e = ice_check_read(&check, reply, &mapped, &code);
    must(e == OK || e == ERR_DENIED); /* what we write, we can read */
}

static const uint64_t secret[2] = {1, 2};

/* Its sender is asked, within three times what it sent; what it says next isn't believed for an answer. */
static void ask(struct ice_lite *ice, struct bytes in, size_t replied)
{
    static const uint64_t times[] = {1, 2};
    uint8_t question[ICE_REQUEST_CAP];
    struct addr to;
    size_t sent = replied;
    for (unsigned i = 0; i < ARRAY_LEN(times); i++) {
        struct wr w = wr_of(question, sizeof(question));
        if (ice_lite_ask(ice, (usec_t)times[i] * SEC, &to, &w))
            sent += wr_len(&w);
        must(!w.bad);
    }
    must(sent == replied || sent <= ICE_UNPROVED_FACTOR * in.len);
    uint8_t reply[ICE_REPLY_CAP];
    struct wr w = wr_of(reply, sizeof(reply));
    struct ice_result res;
    (void)!ice_lite_recv(ice, 3 * SEC, &to, in, &w, &res);
    must(ice->state == ICE_NEW);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ice_lite ice;
    struct addr from;
    must(addr_parse("192.0.2.1", 32853, &from) == OK);
    ice_lite_init(&ice, 1, &server, secret);
    ice_lite_set_remote(&ice, &client);
    struct bytes in = bytes_of(data, size), ufrag;
    if (ice_peek_username(in, &ufrag) == OK)
        must(ufrag.len < size);

    uint8_t reply[ICE_REPLY_CAP];
    struct wr w = wr_of(reply, sizeof(reply));
    struct ice_result res;
    enum err e = ice_lite_recv(&ice, 1, &from, in, &w, &res);
    must(!w.bad);
    must((e == OK) == (ice.n_remotes == 1) && ice.state == ICE_NEW); /* nobody is believed for asking */
    must(e != OK || wr_len(&w) > 0);
    ask(&ice, in, wr_len(&w));
    if (wr_len(&w))
        answer_read(bytes_of(reply, wr_len(&w)), in);

    struct ice_check check = {.local = &client, .remote = &server};
    struct addr mapped;
    int code;
    if (size >= 20)
        memcpy(check.txid, data + 8, ICE_TXID_LEN);
    (void)!ice_check_read(&check, in, &mapped, &code);
    return 0;
}
