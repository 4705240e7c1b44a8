/* sdp_neg.c and sdp_answer.c: what real offers come to. */
#include "sdp/sdp_sample.h"

static void an_answer_mirrors_the_offer(void **state)
{
    (void)state;
    struct sample *s = sample_load("chromium_sfu.sdp");
    assert_int_equal(sample_parse(s), OK);
    sample_decide(s, SDP_SENDRECV, &sdp_policy_client);
    sample_answer(s);
    assert_true(s->answer.ice_lite && s->answer.bundle);
    assert_non_null(strstr(s->answer_text, "a=end-of-candidates\r\n"));
    assert_text(s->answer.transport.ufrag, "abcdefgh");
    assert_int_equal(s->answer.transport.setup, SDP_PASSIVE);
    assert_int_equal(s->answer.n_media, s->sdp.n_media);
    for (unsigned i = 0; i < s->answer.n_media; i++)
        assert_true(bytes_eq(s->answer.media[i].mid, s->sdp.media[i].mid));
    assert_int_equal(s->answer.media[0].dir, SDP_RECV);
    assert_int_equal(s->answer.media[0].n_ssrcs, 0);
    assert_int_equal(s->answer.media[1].n_rids, 3);
    assert_int_equal(s->answer.media[1].rids_dir, SDP_RECV);
    assert_int_equal(s->answer.media[5].dir, SDP_SEND);
    assert_int_equal(s->answer.media[5].ssrcs[0].ssrc, 105);
    assert_int_equal(s->answer.media[5].ssrcs[0].rtx, 205);
    assert_text(s->answer.media[5].ssrcs[0].cname, "sfu");
    assert_text(s->answer.media[5].stream, "slot");
    assert_int_equal(s->answer.media[7].kind, SDP_DATA);
    assert_false(s->answer.media[7].rejected);
    sample_free(s);
}

static void an_answer_to_firefox_takes_its_simulcast(void **state)
{
    (void)state;
    struct sample *s = sample_load("firefox_sfu.sdp");
    assert_int_equal(sample_parse(s), OK);
    sample_decide(s, SDP_SENDRECV, &sdp_policy_client);
    sample_answer(s);
    assert_int_equal(s->neg[1].n_rids, 3);
    assert_string_equal(s->neg[1].rids[0], "q");
    assert_string_equal(s->neg[1].rids[2], "f");
    assert_int_equal(s->neg[1].remote_ssrc, 0);      /* three are declared, but which is which the rids tell */
    assert_int_equal(s->neg[1].exts.id[EXT_RID], 9); /* offered sendonly */
    assert_non_null(strstr(s->answer_text, "a=extmap:9/recvonly urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"));
    assert_int_equal(s->neg[1].exts.id[EXT_PLAYOUT_DELAY], 0); /* recvonly there: of no use when it sends */
    assert_int_equal(s->neg[4].exts.id[EXT_PLAYOUT_DELAY], 6);
    assert_int_equal(s->neg[4].exts.id[EXT_RID], 0);
    assert_int_equal(s->neg[1].codecs[0].codec, CODEC_VP8);
    assert_int_equal(s->answer.media[4].dir, SDP_SEND);
    assert_int_equal(s->answer.media[4].ssrcs[0].rtx, 204);
    sample_free(s);
}

static void the_candidates_are_in_the_answer_once_udp_first(void **state)
{
    (void)state;
    struct sample *s = sample_load("chromium_mesh.sdp");
    assert_int_equal(sample_parse(s), OK);
    sample_decide(s, SDP_RECV, &sdp_policy_client);
    sample_answer(s);
    assert_int_equal(s->answer.n_candidates, 2);
    const struct sdp_candidate *udp = &s->answer.candidates[0], *tcp = &s->answer.candidates[1];
    assert_int_equal(udp->tcptype, SDP_TCP_NONE);
    assert_int_equal(addr_port(&udp->addr), 40000);
    assert_int_equal(udp->priority, 2130706431); /* RFC 8445 5.1.2.2: host, the only address */
    assert_int_equal(tcp->tcptype, SDP_TCP_PASSIVE);
    assert_int_equal(addr_port(&tcp->addr), 40001);
    assert_true(tcp->priority < udp->priority);
    sample_free(s);
}

static void directions_are_reversed_and_narrowed_by_the_wish(void **state)
{
    (void)state;
    static const struct {
        const char *offered;
        enum sdp_dir wish, ours;
    } cases[] = {
        /* clang-format off */
        {"a=sendrecv", SDP_SENDRECV, SDP_SENDRECV},
        {"a=sendrecv", SDP_RECV, SDP_RECV},
        {"a=sendrecv", SDP_SEND, SDP_SEND},
        {"a=sendonly", SDP_SENDRECV, SDP_RECV},
        {"a=sendonly", SDP_SEND, SDP_INACTIVE},
        {"a=recvonly", SDP_SENDRECV, SDP_SEND},
        {"a=recvonly", SDP_RECV, SDP_INACTIVE},
        {"a=inactive", SDP_SENDRECV, SDP_INACTIVE},
        /* clang-format on */
    };
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        struct sample *s = sample_load("chromium_mesh.sdp");
        sample_edit(s, "a=sendrecv", cases[i].offered);
        assert_int_equal(sample_parse(s), OK);
        sample_decide(s, cases[i].wish, &sdp_policy_client);
        assert_int_equal(s->neg[0].dir, cases[i].ours);
        assert_int_equal(s->neg[0].ssrc, cases[i].ours & SDP_SEND ? 100 : 0);
        assert_int_equal(s->neg[0].remote_ssrc != 0, (cases[i].ours & SDP_RECV) != 0);
        sample_free(s);
    }
}

static void our_dtls_role_is_passive_unless_the_client_is(void **state)
{
    (void)state;
    static const struct {
        const char *offered;
        enum sdp_setup ours;
    } cases[] = {{"a=setup:actpass", SDP_PASSIVE}, {"a=setup:active", SDP_PASSIVE}, {"a=setup:passive", SDP_ACTIVE}};
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        struct sample *s = sample_load("chromium_mesh.sdp");
        sample_edit(s, "a=setup:actpass", cases[i].offered);
        assert_int_equal(sample_parse(s), OK);
        sample_decide(s, SDP_RECV, &sdp_policy_client);
        sample_answer(s);
        assert_int_equal(s->answer.transport.setup, cases[i].ours);
        sample_free(s);
    }
}

static void codecs_come_in_our_order_with_the_clients_payload_types(void **state)
{
    (void)state;
    struct sample *s = sample_load("safari.sdp");
    assert_int_equal(sample_parse(s), OK);
    sample_decide(s, SDP_RECV, &sdp_policy_client);
    const struct sdp_media_neg *v = &s->neg[1];
    static const uint8_t pts[] = {102, 104, 106, 96, 98, 108}; /* VP8, VP9, H264, AV1; no H265, RED, ULPFEC */
    assert_int_equal(v->n_codecs, ARRAY_LEN(pts));
    for (unsigned i = 0; i < v->n_codecs; i++) {
        assert_int_equal(v->codecs[i].pt, pts[i]);
        assert_int_equal(v->codecs[i].rtx_pt, pts[i] + 1);
    }
    assert_int_equal(v->codecs[1].params.profile, 0);
    assert_int_equal(v->codecs[2].params.profile, 2);
    assert_int_equal(v->codecs[3].params.profile, 0x640c1f);
    assert_int_equal(v->codecs[0].fb, SDP_FB_NACK | SDP_FB_PLI | SDP_FB_FIR | SDP_FB_TWCC); /* no goog-remb */
    assert_int_equal(s->neg[0].n_codecs, 1);
    assert_int_equal(s->neg[0].codecs[0].pt, 111);
    assert_true(s->neg[0].codecs[0].params.fec);
    sample_free(s);
}

static void h264_without_packetization_mode_1_is_left_out(void **state)
{
    (void)state;
    struct sample *s = sample_load("firefox.sdp");
    assert_int_equal(sample_parse(s), OK);
    sample_decide(s, SDP_RECV, &sdp_policy_client);
    for (unsigned i = 0; i < s->neg[1].n_codecs; i++)
        assert_int_not_equal(s->neg[1].codecs[i].pt, 97);
    assert_int_equal(s->neg[1].codecs[0].pt, 120);
    assert_int_equal(s->neg[1].codecs[0].rtx_pt, 124);
    assert_true(s->neg[0].codecs[0].params.stereo);
    sample_free(s);
}

static void extensions_keep_the_clients_ids_and_ours_only(void **state)
{
    (void)state;
    struct sdp_policy policy = sdp_policy_client;
    policy.exts = EXT_DOWN;
    struct sample *s = sample_load("chromium_sfu.sdp");
    assert_int_equal(sample_parse(s), OK);
    sample_decide(s, SDP_SENDRECV, &policy);
    assert_int_equal(s->neg[1].exts.id[EXT_MID], 4);
    assert_int_equal(s->neg[1].exts.id[EXT_DD], 0);
    assert_int_equal(s->neg[1].exts.id[EXT_TWCC], 0);
    assert_true(s->neg[1].exts.allow_mixed);
    assert_int_equal(s->neg[0].exts.id[EXT_AUDIO_LEVEL], 1);
    sample_answer(s);
    assert_int_equal(s->answer.media[1].n_extmaps, 3);
    assert_int_not_equal(s->neg[1].exts.id[EXT_VIDEO_ORIENTATION], 0);
    assert_int_not_equal(s->neg[1].exts.id[EXT_PLAYOUT_DELAY], 0);
    sample_free(s);
}

static void what_is_not_wanted_is_refused_in_its_place(void **state)
{
    (void)state;
    struct sdp_policy policy = sdp_policy_client;
    policy.sctp = false;
    struct sample *s = sample_load("chromium_sfu.sdp");
    assert_int_equal(sample_parse(s), OK);
    sample_decide(s, SDP_SENDRECV, &policy);
    const struct sdp_wish no = {0};
    sdp_decide(&s->sdp.media[0], &no, &policy, &s->neg[0]);
    sample_answer(s);
    assert_true(s->answer.media[0].rejected);
    assert_text(s->answer.media[0].mid, "0");
    assert_non_null(strstr(s->answer_text, "a=group:BUNDLE 1 2 3 4 5 6\r\n"));
    assert_true(s->answer.media[7].rejected);
    assert_non_null(strstr(s->answer_text, "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"));
    assert_int_equal(s->answer.n_candidates, 2); /* now of the first m-line that is accepted */
    sample_free(s);
}

static void an_m_line_without_a_codec_of_ours_is_refused(void **state)
{
    (void)state;
    struct sample *s = sample_load("chromium_mesh.sdp");
    sample_edit(s, "opus/48000/2", "opus/48000"); /* RFC 7587 7: not Opus */
    assert_int_equal(sample_parse(s), OK);
    sample_decide(s, SDP_RECV, &sdp_policy_client);
    assert_false(s->neg[0].accepted);
    assert_true(s->neg[1].accepted);
    sample_free(s);
}

static void a_renegotiation_keeps_places_and_refuses_the_stopped(void **state)
{
    (void)state;
    struct sample *s = sample_load("chromium_reoffer.sdp");
    assert_int_equal(sample_parse(s), OK);
    sample_decide(s, SDP_SENDRECV, &sdp_policy_client);
    sample_answer(s);
    assert_int_equal(s->answer.n_media, 11);
    assert_true(s->answer.media[1].rejected);
    assert_int_equal(s->answer.media[3].dir, SDP_INACTIVE);
    assert_int_equal(s->answer.media[3].n_ssrcs, 0);
    assert_int_equal(s->answer.media[8].dir, SDP_RECV);
    assert_int_equal(s->answer.media[10].dir, SDP_SEND);
    sample_free(s);
}

static void an_answer_that_does_not_fit_is_an_error(void **state)
{
    (void)state;
    struct sample *s = sample_load("chromium_mesh.sdp");
    assert_int_equal(sample_parse(s), OK);
    sample_decide(s, SDP_RECV, &sdp_policy_client);
    const struct sdp_transport t = {.ufrag = "u", .pwd = "p", .fingerprint = "f", .cname = "c"};
    struct wr w = wr_of(s->answer_text, 300);
    assert_int_equal(sdp_answer_write(&s->sdp, s->neg, &t, &w), ERR_FULL);
    sample_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_mirrors_the_offer),
        cmocka_unit_test(an_answer_to_firefox_takes_its_simulcast),
        cmocka_unit_test(the_candidates_are_in_the_answer_once_udp_first),
        cmocka_unit_test(directions_are_reversed_and_narrowed_by_the_wish),
        cmocka_unit_test(our_dtls_role_is_passive_unless_the_client_is),
        cmocka_unit_test(codecs_come_in_our_order_with_the_clients_payload_types),
        cmocka_unit_test(h264_without_packetization_mode_1_is_left_out),
        cmocka_unit_test(extensions_keep_the_clients_ids_and_ours_only),
        cmocka_unit_test(what_is_not_wanted_is_refused_in_its_place),
        cmocka_unit_test(an_m_line_without_a_codec_of_ours_is_refused),
        cmocka_unit_test(a_renegotiation_keeps_places_and_refuses_the_stopped),
        cmocka_unit_test(an_answer_that_does_not_fit_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
