/* Whatever parses as an offer can be decided and answered, and our answer parses and comes to the same. */
#include "sdp/sdp_client.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct room {
    struct sdp offer, answer;
    struct sdp_media_neg neg[SDP_MEDIA_MAX];
    uint8_t text[4 * SDP_TEXT_MAX];
};

static void check(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static bool decide_all(struct room *r)
{
    bool any = false;
    for (unsigned i = 0; i < r->offer.n_media; i++) {
        struct sdp_wish wish = {.accept = true, .dir = SDP_SENDRECV, .ssrc = 2 * i + 1, .rtx_ssrc = 2 * i + 2};
        sdp_decide(&r->offer.media[i], &wish, &sdp_policy_client, &r->neg[i]);
        any |= r->neg[i].accepted;
    }
    return any;
}

static void compare(const struct room *r)
{
    check(r->answer.n_media == r->offer.n_media, "another number of m-lines");
    for (unsigned i = 0; i < r->answer.n_media; i++) {
        const struct sdp_media_neg *ours = &r->neg[i];
        const struct sdp_media *m = &r->answer.media[i];
        check(m->rejected == !ours->accepted, "accepted differs");
        check(bytes_eq(m->mid, bytes_str(ours->mid)), "mid differs");
        if (m->rejected || m->kind == SDP_DATA)
            continue;
        check(m->dir == ours->dir && m->n_rids == ours->n_rids, "direction or rids differ");
        struct sdp_media_neg theirs;
        struct sdp_wish wish = {.accept = true, .dir = SDP_SENDRECV};
        sdp_decide(m, &wish, &sdp_policy_client, &theirs);
        check(theirs.n_codecs == ours->n_codecs, "codecs differ");
        for (unsigned c = 0; c < ours->n_codecs; c++)
            check(theirs.codecs[c].pt == ours->codecs[c].pt && theirs.codecs[c].rtx_pt == ours->codecs[c].rtx_pt &&
                      theirs.codecs[c].fb == ours->codecs[c].fb &&
                      theirs.codecs[c].params.profile == ours->codecs[c].params.profile,
                  "a codec differs");
        check(memcmp(theirs.exts.id, ours->exts.id, sizeof ours->exts.id) == 0, "extensions differ");
        check(theirs.remote_ssrc == ours->ssrc && theirs.remote_rtx_ssrc == ours->rtx_ssrc, "ssrcs differ");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct room *r = malloc(sizeof *r);
    struct sdp_error why;
    struct sdp_local_candidate candidate = {.tcp = true};
    const struct sdp_transport t = {
        .ice_lite = true,
        .ufrag = "ufrag",
        .pwd = "0123456789abcdef012345",
        .fingerprint = "sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
                       "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF",
        .candidates = &candidate,
        .n_candidates = 1,
        .cname = "sfu",
        .sctp_port = 5000,
        .max_message_size = 262144,
    };
    if (!r || addr_parse("192.0.2.1", 40000, &candidate.addr))
        abort();
    if (sdp_parse(bytes_of(data, len), SDP_ANSWER, &r->answer, &why))
        check(why.text[0] != '\0', "refused without a reason");
    if (sdp_parse(bytes_of(data, len), SDP_OFFER, &r->offer, &why)) {
        check(why.text[0] != '\0', "refused without a reason");
        goto out;
    }
    struct wr w = wr_of(r->text, sizeof r->text);
    bool any = decide_all(r);
    check(sdp_answer_write(&r->offer, r->neg, &t, &w) == OK, "the answer doesn't fit");
    if (!any || wr_len(&w) > SDP_TEXT_MAX)
        goto out;
    enum err e = sdp_parse(bytes_of(r->text, wr_len(&w)), SDP_ANSWER, &r->answer, &why);
    check(e == OK, why.text);
    compare(r);
out:
    free(r);
    return 0;
}
