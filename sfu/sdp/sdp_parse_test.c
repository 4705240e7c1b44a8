/* sdp_parse.c and sdp_media.c: real offers, and edited ones. */
#include "sdp/sdp_sample.h"

static void a_chromium_offer_is_read(void **state)
{
    (void)state;
    struct sample *s = sample_load("chromium_sfu.sdp");
    assert_int_equal(sample_parse(s), OK);
    const struct sdp_media *mic = &s->sdp.media[0], *camera = &s->sdp.media[1], *slot = &s->sdp.media[5];
    assert_int_equal(s->sdp.n_media, 8);
    assert_true(s->sdp.bundle && s->sdp.allow_mixed);
    assert_int_equal(s->sdp.transport.setup, SDP_ACTPASS);
    assert_int_equal(s->sdp.transport.n_fingerprints, 1);
    assert_int_equal(s->sdp.transport.fingerprints[0].len, 32);
    assert_int_equal(s->sdp.transport.ufrag.len, 4);
    assert_int_equal(s->sdp.transport.pwd.len, 24);
    assert_int_equal(mic->dir, SDP_SEND);
    assert_int_equal(mic->pts[0].codec, CODEC_OPUS);
    assert_int_equal(mic->pts[0].channels, 2);
    assert_int_equal(mic->pts[0].fb, SDP_FB_TWCC);
    assert_int_equal(mic->pts[1].codec, CODEC_OTHER);
    assert_int_equal(mic->n_ssrcs, 1);
    assert_int_equal(camera->n_rids, 3);
    assert_text(camera->rids[0], "q");
    assert_text(camera->rids[2], "f");
    assert_int_equal(camera->pts[0].fb, SDP_FB_NACK | SDP_FB_PLI | SDP_FB_FIR | SDP_FB_REMB | SDP_FB_TWCC);
    assert_true(camera->pts[1].is_rtx);
    assert_int_equal(camera->pts[1].apt, camera->pts[0].pt);
    assert_int_equal(slot->kind, SDP_VIDEO);
    assert_int_equal(slot->dir, SDP_RECV);
    assert_int_equal(s->sdp.media[7].kind, SDP_DATA);
    assert_int_equal(s->sdp.media[7].sctp_port, 5000);
    assert_int_equal(s->sdp.media[7].max_message_size, 262144);
    sample_free(s);
}

static void a_firefox_offer_is_read_and_simulcast_orders_its_rids(void **state)
{
    (void)state;
    struct sample *s = sample_load("firefox.sdp");
    assert_int_equal(sample_parse(s), OK);
    const struct sdp_media *camera = &s->sdp.media[1], *data = &s->sdp.media[2];
    assert_int_equal(s->sdp.transport.n_fingerprints, 1); /* the session's */
    assert_text(s->sdp.transport.ufrag, "1f2e3d4c");
    assert_int_equal(camera->n_rids, 3); /* declared h, f, q */
    assert_text(camera->rids[0], "q");
    assert_text(camera->rids[1], "h");
    assert_text(camera->rids[2], "f");
    assert_int_equal(camera->ssrcs[0].rtx, camera->ssrcs[1].ssrc);
    assert_true(camera->ssrcs[1].is_rtx);
    assert_text(camera->stream, "{6a4b1d0e-9c6e-4b8e-8f63-7d6b6f3a2b1c}");
    assert_int_equal(s->sdp.media[0].extmaps[1].dir, SDP_RECV);
    assert_false(data->rejected); /* port 0, but bundle-only */
    assert_true(data->bundled);
    sample_free(s);
}

static void offers_of_safari_libdatachannel_and_aiortc_are_read(void **state)
{
    (void)state;
    struct sample *s = sample_load("safari.sdp");
    assert_int_equal(sample_parse(s), OK);
    assert_int_equal(s->sdp.media[1].pts[0].codec, CODEC_H264);
    sample_free(s);
    s = sample_load("libdatachannel.sdp");
    assert_int_equal(sample_parse(s), OK);
    assert_int_equal(s->sdp.transport.setup, SDP_ACTPASS); /* all of it is the session's */
    assert_int_equal(s->sdp.n_candidates, 3);
    assert_int_equal(s->sdp.candidates[2].tcptype, SDP_TCP_ACTIVE);
    sample_free(s);
    s = sample_load("aiortc.sdp");
    assert_int_equal(sample_parse(s), OK);
    assert_int_equal(s->sdp.transport.setup, SDP_ACTIVE);
    assert_int_equal(s->sdp.transport.n_fingerprints, 2); /* not the sha-1 one */
    assert_true(s->sdp.candidates[1].hidden);
    sample_free(s);
}

static void a_stopped_m_line_is_rejected_and_new_ones_follow(void **state)
{
    (void)state;
    struct sample *s = sample_load("chromium_reoffer.sdp");
    assert_int_equal(sample_parse(s), OK);
    assert_int_equal(s->sdp.n_media, 11);
    assert_true(s->sdp.media[1].rejected);
    assert_false(s->sdp.media[1].bundled);
    assert_int_equal(s->sdp.media[3].dir, SDP_INACTIVE);
    assert_int_equal(s->sdp.media[8].dir, SDP_SEND);
    assert_int_equal(s->sdp.media[10].dir, SDP_RECV);
    sample_free(s);
}

static void what_we_cannot_serve_is_refused_with_the_reason(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *why;
        enum err e;
    } cases[] = {
        {"v=0", "v=1", "v=0", ERR_SYNTAX},
        {"a=group:BUNDLE", "a=group:LS", "BUNDLE", ERR_UNSUPPORTED},
        {"a=group:BUNDLE", "a=group:BUNDLE nobody", "first mid", ERR_SYNTAX},
        {"a=group:BUNDLE 0", "a=group:BUNDLE 0\r\na=group:BUNDLE 0", "more than one", ERR_UNSUPPORTED},
        {"a=ice-ufrag:", "a=x:", "ice-ufrag", ERR_SYNTAX},
        {"a=ice-pwd:", "a=x:", "ice-ufrag", ERR_SYNTAX},
        {"a=ice-pwd:", "a=ice-pwd:short\r\na=x:", "ice-pwd", ERR_SYNTAX},
        {"a=ice-ufrag:", "a=ice-ufrag:!!!!\r\na=x:", "ice-ufrag", ERR_SYNTAX},
        {"a=fingerprint:sha-256", "a=fingerprint:sha-1", "fingerprint", ERR_SYNTAX},
        {"a=fingerprint:sha-256 ", "a=fingerprint:sha-256 AA:", "fingerprint", ERR_SYNTAX},
        {"a=setup:actpass", "a=setup:holdconn", "setup", ERR_UNSUPPORTED},
        {"a=mid:1", "a=mid:0", "same a=mid", ERR_SYNTAX},
        {"a=mid:1", "a=x", "no a=mid", ERR_UNSUPPORTED},
        {"a=mid:1", "a=mid:12345678901234567", "a=mid", ERR_SYNTAX},
        {"a=mid:1", "a=mid:a b", "a=mid", ERR_SYNTAX},
        {"a=extmap:14 ", "a=extmap:2 ", "extension id 2", ERR_SYNTAX},
        {"a=extmap:14 ", "a=extmap:0 ", "a=extmap", ERR_SYNTAX},
        {"a=rtpmap:96 VP8", "a=rtpmap:111 VP8", "payload type", OK}, /* 111 isn't in that m= line: skipped */
        {"SAVPF 96 97", "SAVPF 96 128", "0 to 127", ERR_SYNTAX},
        {"SAVPF 96 97 ", "SAVPF 96 97 111 ", "", OK},
        {"a=rtpmap:96 VP8/90000", "a=rtpmap:96 VP8/0", "a=rtpmap:96", ERR_SYNTAX},
        {"a=rid:h send", "a=rid:q send", "a=rid twice", ERR_SYNTAX},
        {"a=rid:h send", "a=rid:h;x send", "a=rid", ERR_SYNTAX},
        {"m=video 9", "m=video 99999", "m= line", ERR_SYNTAX},
        {"a=sendonly", "a=send\x01only", "control character", ERR_SYNTAX},
        {"a=sendonly", "sendonly", "<letter>=", ERR_SYNTAX},
        {"a=sctp-port:5000", "a=sctp-port:x", "sctp-port", ERR_SYNTAX},
    };
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        struct sample *s = sample_load("chromium_sfu.sdp");
        sample_edit(s, cases[i].from, cases[i].to);
        assert_int_equal(sample_parse(s), cases[i].e);
        if (cases[i].e)
            assert_non_null(strstr(s->why.text, cases[i].why));
        sample_free(s);
    }
}

static void a_payload_type_that_means_two_things_is_refused(void **state)
{
    (void)state;
    struct sample *s = sample_load("chromium_sfu.sdp");
    sample_edit(s, "SAVPF 96 97 ", "SAVPF 96 97 111 ");
    sample_edit(s, "a=rtpmap:96 VP8", "a=rtpmap:111 VP9/90000\r\na=rtpmap:96 VP8");
    assert_int_equal(sample_parse(s), ERR_SYNTAX);
    assert_non_null(strstr(s->why.text, "payload type 111"));
    sample_free(s);
}

static void rtcp_mux_is_required_but_one_m_line_says_it_for_all(void **state)
{
    (void)state;
    struct sample *s = sample_load("chromium_mesh.sdp");
    sample_edit(s, "a=rtcp-mux\r\n", "");
    assert_int_equal(sample_parse(s), OK);
    assert_true(s->sdp.media[0].rtcp_mux);
    sample_edit(s, "a=rtcp-mux\r\n", "");
    assert_int_equal(sample_parse(s), ERR_UNSUPPORTED);
    assert_non_null(strstr(s->why.text, "rtcp-mux"));
    sample_free(s);
}

static void one_m_line_needs_no_bundle(void **state)
{
    (void)state;
    struct sample *s = sample_load("aiortc.sdp");
    sample_edit(s, "a=group:BUNDLE 0\r\n", "");
    assert_int_equal(sample_parse(s), OK);
    assert_false(s->sdp.bundle);
    assert_true(s->sdp.media[0].bundled);
    sample_edit(s, "m=audio 39220", "m=audio 0");
    assert_int_equal(sample_parse(s), ERR_SYNTAX);
    assert_non_null(strstr(s->why.text, "alive"));
    sample_free(s);
}

static void bounds_are_kept(void **state)
{
    (void)state;
    struct sample *s = sample_load("chromium_mesh.sdp");
    assert_int_equal(sdp_parse(bytes_of(s->text, SDP_TEXT_MAX + 1), SDP_OFFER, &s->sdp, &s->why), ERR_FULL);
    s->len = (size_t)snprintf(s->text, sizeof s->text, "v=0\r\n");
    for (unsigned i = 0; i <= SDP_MEDIA_MAX; i++)
        s->len += (size_t)snprintf(s->text + s->len, sizeof s->text - s->len, "m=audio 0 RTP/SAVPF 0\r\n");
    assert_int_equal(sample_parse(s), ERR_FULL);
    s->len = (size_t)snprintf(s->text, sizeof s->text, "v=0\r\nm=video 9 RTP/SAVPF");
    for (unsigned i = 0; i <= SDP_PTS_MAX; i++)
        s->len += (size_t)snprintf(s->text + s->len, sizeof s->text - s->len, " %u", i);
    assert_int_equal(sample_parse(s), ERR_FULL);
    assert_non_null(strstr(s->why.text, "payload types"));
    sample_free(s);
}

static void a_parameter_is_found_whole_and_without_case(void **state)
{
    (void)state;
    struct bytes f = BYTES_LIT("level-asymmetry-allowed=1; Packetization-Mode=1 ;profile-level-id=42e01f");
    assert_text(codec_fmtp_find(f, "packetization-mode"), "1");
    assert_text(codec_fmtp_find(f, "profile-level-id"), "42e01f");
    assert_int_equal(codec_fmtp_find(f, "profile").len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chromium_offer_is_read),
        cmocka_unit_test(a_firefox_offer_is_read_and_simulcast_orders_its_rids),
        cmocka_unit_test(offers_of_safari_libdatachannel_and_aiortc_are_read),
        cmocka_unit_test(a_stopped_m_line_is_rejected_and_new_ones_follow),
        cmocka_unit_test(what_we_cannot_serve_is_refused_with_the_reason),
        cmocka_unit_test(a_payload_type_that_means_two_things_is_refused),
        cmocka_unit_test(rtcp_mux_is_required_but_one_m_line_says_it_for_all),
        cmocka_unit_test(one_m_line_needs_no_bundle),
        cmocka_unit_test(bounds_are_kept),
        cmocka_unit_test(a_parameter_is_found_whole_and_without_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
