/* sdp_client.c against our own answers and a browser's. */
#include "sdp/sdp_client.h"
#include "sdp/sdp_sample.h"

static const struct sdp_client_plan plan = {
    .send_audio = true,
    .send_video = true,
    .data = true,
    .n_audio_slots = 2,
    .n_video_slots = 2,
    .audio_ssrc = 11,
    .video_ssrc = 22,
    .video_rtx_ssrc = 23,
};

/* The client's offer, read and answered as the server does it. */
static struct sample *offer_and_answer(struct sdp_media_neg *mine, unsigned *n)
{
    const struct sdp_transport t = {
        .ufrag = "clnt",
        .pwd = "0123456789abcdef012345",
        .fingerprint = SAMPLE_FINGERPRINT,
        .cname = "load",
        .sctp_port = 5000,
        .max_message_size = 1000,
    };
    struct sample *s = calloc(1, sizeof *s);
    assert_non_null(s);
    *n = sdp_client_media(&plan, mine, SDP_MEDIA_MAX);
    struct wr w = wr_of(s->text, SDP_TEXT_MAX);
    assert_int_equal(sdp_offer_write(mine, *n, &t, &w), OK);
    s->len = wr_len(&w);
    assert_int_equal(sample_parse(s), OK);
    sample_decide(s, SDP_SENDRECV, &sdp_policy_client);
    sample_answer(s);
    return s;
}

static void both_sides_come_to_the_same(void **state)
{
    (void)state;
    static struct sdp_media_neg mine[SDP_MEDIA_MAX];
    unsigned n = 0;
    struct sample *s = offer_and_answer(mine, &n);
    assert_int_equal(n, 7);
    assert_int_equal(s->neg[1].remote_ssrc, 22); /* the server's view of the camera */
    assert_int_equal(s->neg[1].remote_rtx_ssrc, 23);
    assert_int_equal(s->neg[1].codecs[0].rtx_pt, SDP_CLIENT_PT_RTX);
    assert_int_equal(sdp_client_agree(&s->answer, mine, n, &s->why), OK);
    assert_int_equal(mine[0].dir, SDP_SEND);
    assert_int_equal(mine[0].ssrc, 11);
    assert_int_equal(mine[1].rtx_ssrc, 23);
    assert_int_equal(mine[5].dir, SDP_RECV);
    assert_int_equal(mine[5].remote_ssrc, 105);
    assert_int_equal(mine[5].remote_rtx_ssrc, 205);
    assert_int_equal(mine[5].codecs[0].pt, SDP_CLIENT_PT_VP8);
    assert_int_equal(mine[5].exts.id[EXT_TWCC], s->neg[5].exts.id[EXT_TWCC]);
    assert_int_not_equal(mine[5].exts.id[EXT_TWCC], 0);
    assert_int_equal(mine[6].max_message_size, 262144);
    sample_free(s);
}

static void an_answer_of_another_shape_is_refused(void **state)
{
    (void)state;
    static struct sdp_media_neg mine[SDP_MEDIA_MAX];
    unsigned n = 0;
    struct sample *s = offer_and_answer(mine, &n);
    assert_int_equal(sdp_client_agree(&s->answer, mine, n - 1, &s->why), ERR_STATE);
    mine[3].mid[0] = 'x';
    assert_int_equal(sdp_client_agree(&s->answer, mine, n, &s->why), ERR_STATE);
    assert_int_equal(mine[5].remote_ssrc, 0); /* nothing changed */
    sample_free(s);
}

static void chromiums_answer_to_our_offer_is_understood(void **state)
{
    (void)state;
    static struct sdp_media_neg mine[SDP_MEDIA_MAX];
    struct sample *s = sample_load("chromium_answer.sdp");
    unsigned n = sdp_client_media(&plan, mine, SDP_MEDIA_MAX);
    assert_int_equal(sdp_parse(bytes_of(s->text, s->len), SDP_ANSWER, &s->sdp, &s->why), OK);
    assert_int_equal(sdp_client_agree(&s->sdp, mine, n, &s->why), OK);
    assert_int_equal(s->sdp.transport.setup, SDP_ACTIVE);
    assert_int_equal(mine[1].dir, SDP_SEND);
    assert_int_equal(mine[2].dir, SDP_INACTIVE); /* it has nothing to send */
    assert_true(mine[6].accepted);
    sample_free(s);
}

static void a_plan_that_is_too_large_gives_nothing(void **state)
{
    (void)state;
    static struct sdp_media_neg mine[SDP_MEDIA_MAX];
    struct sdp_client_plan large = plan;
    large.n_video_slots = SDP_MEDIA_MAX - 4;
    assert_int_equal(sdp_client_media(&large, mine, SDP_MEDIA_MAX), 0);
    large.n_video_slots = UINT32_MAX;
    assert_int_equal(sdp_client_media(&large, mine, SDP_MEDIA_MAX), 0);
    large.n_video_slots = SDP_MEDIA_MAX - 5;
    assert_int_equal(sdp_client_media(&large, mine, SDP_MEDIA_MAX), SDP_MEDIA_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_come_to_the_same),
        cmocka_unit_test(an_answer_of_another_shape_is_refused),
        cmocka_unit_test(chromiums_answer_to_our_offer_is_understood),
        cmocka_unit_test(a_plan_that_is_too_large_gives_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
