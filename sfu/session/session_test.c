/* A session's states, and what offers make of its m-lines. Whole connections are played in sfu/sim. */
#include "sdp/sdp_client.h"
#include "session/session_priv.h"
#include "srtp/srtpctx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define T0 (1000 * SEC)

static void every_cell_of_the_table_of_states(void **state)
{
    (void)state;
    static const enum session_state expected[SESSION_STATES][SESSION_EVENTS] = {
        {SESSION_HANDSHAKE, SESSION_CHECKING, SESSION_CLOSED},
        {SESSION_HANDSHAKE, SESSION_OPEN, SESSION_CLOSED},
        {SESSION_OPEN, SESSION_OPEN, SESSION_CLOSED},
        {SESSION_CLOSED, SESSION_CLOSED, SESSION_CLOSED},
    };
    for (unsigned s = 0; s < SESSION_STATES; s++)
        for (unsigned e = 0; e < SESSION_EVENTS; e++)
            assert_int_equal(session_next((enum session_state)s, (enum session_event)e), expected[s][e]);
}

static void states_and_drops_have_names_of_their_own(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SESSION_DROPS; i++)
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(session_drop_name((enum session_drop)i), session_drop_name((enum session_drop)k));
    assert_string_equal(session_drop_name(SESSION_DROPS), "unknown");
    assert_string_equal(session_state_name(SESSION_CHECKING), "checking");
    assert_string_equal(session_state_name(SESSION_CLOSED), "closed");
    assert_string_equal(session_state_name(SESSION_STATES), "unknown");
}

struct bench {
    struct dtls_identity *identity;
    struct srtpseal_mgr *mgr;
    struct sdp_media_neg media[SDP_MEDIA_MAX];
    unsigned n_media;
    struct sdp *sdp;
    char *text, *answer;
    struct session *session;
    struct sdp_error why;
    const char *ufrag;
    uint64_t origin; /* of the offer's o= line; 0: 7 */
};

/* The client's next offer is in b->sdp. */
static void write_offer(struct bench *b)
{
    char fingerprint[DTLS_FINGERPRINT_CAP + 16];
    snprintf(fingerprint, sizeof fingerprint, "sha-256 %s", dtls_identity_fingerprint(b->identity));
    struct sdp_transport t = {
        .ufrag = b->ufrag,
        .pwd = "0123456789abcdef01234567",
        .fingerprint = fingerprint,
        .cname = "c",
        .session_id = b->origin ? b->origin : 7,
        .version = 1,
    };
    struct wr w = wr_of(b->text, SDP_TEXT_MAX);
    assert_int_equal(sdp_offer_write(b->media, b->n_media, &t, &w), OK);
    assert_int_equal(sdp_parse(bytes_of(b->text, wr_len(&w)), SDP_OFFER, b->sdp, &b->why), OK);
}

static enum err offer(struct bench *b)
{
    struct wr answer = wr_of(b->answer, SDP_TEXT_MAX);
    write_offer(b);
    struct session_config cfg = {.name = "room/ann", .identity = b->identity, .mgr = b->mgr, .seed = 4};
    struct ice_creds fresh = {"freshufrag", "fedcba987654321001234567"};
    cfg.creds = (struct ice_creds){"0000abcd", "0123456789abcdef01234567"};
    enum err e = b->session ? session_renegotiate(b->session, b->sdp, &fresh, &answer, &b->why)
                            : session_new(&cfg, T0, b->sdp, &answer, &b->why, &b->session);
    b->answer[wr_len(&answer)] = '\0';
    return e;
}

static void bench_open(struct bench *b)
{
    const struct sdp_client_plan plan = {
        .send_audio = true,
        .send_video = true,
        .n_audio_slots = 1,
        .n_video_slots = 2,
        .audio_ssrc = 1,
        .video_ssrc = 2,
        .video_rtx_ssrc = 3,
    };
    *b = (struct bench){.ufrag = "abcdefgh"};
    assert_int_equal(dtls_identity_new(usec_wall(), &b->identity), OK);
    assert_int_equal(srtpseal_mgr_new(SRTPSEAL_FASTEST, &b->mgr), OK);
    b->n_media = sdp_client_media(&plan, b->media, SDP_MEDIA_MAX);
    b->sdp = malloc(sizeof *b->sdp);
    b->text = malloc(SDP_TEXT_MAX + 1);
    b->answer = malloc(SDP_TEXT_MAX + 1);
    assert_true(b->n_media && b->sdp && b->text && b->answer);
    assert_int_equal(offer(b), OK);
}

static void bench_close(struct bench *b)
{
    session_free(b->session);
    dtls_identity_unref(b->identity);
    srtpseal_mgr_free(b->mgr);
    free(b->sdp);
    free(b->text);
    free(b->answer);
}

static struct uptrack *find_uptrack(struct session *s, const char *mid)
{
    struct uptrack *t;
    for (unsigned i = 0; (t = session_uptrack_at(s, i)); i++)
        if (strcmp(uptrack_mid(t), mid) == 0)
            return t;
    return NULL;
}

static unsigned count_uptracks(struct session *s)
{
    unsigned n = 0;
    while (session_uptrack_at(s, n))
        n++;
    return n;
}

static unsigned count_slots(struct session *s)
{
    unsigned n = 0;
    while (session_slot_at(s, n))
        n++;
    return n;
}

static void an_offers_lines_become_tracks_and_slots(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b);
    assert_int_equal(count_uptracks(b.session), 2);
    assert_int_equal(count_slots(b.session), 3);
    assert_true(find_uptrack(b.session, "1")->is_video);
    assert_int_equal(find_uptrack(b.session, "1")->ssrc, 2);
    assert_null(find_uptrack(b.session, "2"));
    assert_string_equal(session_slot_at(b.session, 2)->mid, "4");
    assert_non_null(strstr(b.answer, "a=ice-ufrag:0000abcd"));
    assert_non_null(strstr(b.answer, "a=ice-lite"));
    assert_int_equal(session_state(b.session), SESSION_CHECKING);
    bench_close(&b);
}

static void another_ufrag_is_an_ice_restart(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b);
    assert_int_equal(offer(&b), OK);
    assert_non_null(strstr(b.answer, "a=ice-ufrag:0000abcd"));
    b.ufrag = "hgfedcba";
    assert_int_equal(offer(&b), OK);
    assert_non_null(strstr(b.answer, "a=ice-ufrag:freshufrag"));
    assert_true(session_is_ufrag(b.session, BYTES_LIT("freshufrag")));
    assert_true(session_is_ufrag(b.session, BYTES_LIT("0000abcd"))); /* until the new one's pair is chosen */
    bench_close(&b);
}

static void a_new_session_of_a_client_that_keeps_its_certificate_is_another_connection(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b);
    assert_int_equal(offer(&b), OK);
    assert_false(session_is_other(b.session, b.sdp));
    b.origin = 8; /* some write another with each offer */
    assert_int_equal(offer(&b), OK);
    assert_false(session_is_other(b.session, b.sdp));
    b.origin = 9;
    b.ufrag = "hgfedcba";
    write_offer(&b);
    assert_true(session_is_other(b.session, b.sdp));
    bench_close(&b);
}

static void fewer_lines_than_before_are_refused_and_nothing_changes(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b);
    b.n_media = 3;
    b.ufrag = "hgfedcba";
    assert_int_equal(offer(&b), ERR_SYNTAX);
    assert_true(b.why.text[0]);
    assert_int_equal(count_slots(b.session), 3);
    assert_false(session_is_ufrag(b.session, BYTES_LIT("freshufrag")));
    b.n_media = 5;
    b.ufrag = "abcdefgh";
    assert_int_equal(offer(&b), OK);
    bench_close(&b);
}

static void a_rejected_line_ends_its_track_and_can_be_used_again(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b);
    uint32_t ssrc = session_slot_at(b.session, 2)->ssrc;
    for (unsigned i = 0; i < 20; i++) { /* more often than there are places */
        b.media[1].accepted = b.media[4].accepted = false;
        assert_int_equal(offer(&b), OK);
        assert_false(session_uptrack_at(b.session, 1)->active);
        assert_false(session_slot_at(b.session, 2)->active);
        b.media[1].accepted = b.media[4].accepted = true;
        snprintf(b.media[1].mid, sizeof b.media[1].mid, "u%u", i);
        snprintf(b.media[4].mid, sizeof b.media[4].mid, "d%u", i);
        b.media[1].ssrc = 100 + i;
        assert_int_equal(offer(&b), OK);
        assert_int_equal(count_uptracks(b.session), 2);
        assert_int_equal(count_slots(b.session), 3);
        assert_true(find_uptrack(b.session, b.media[1].mid)->active);
        assert_int_equal(find_uptrack(b.session, b.media[1].mid)->ssrc, 100 + i);
        assert_string_equal(session_slot_at(b.session, 2)->mid, b.media[4].mid);
        assert_true(session_slot_at(b.session, 2)->active);
        assert_int_equal(session_slot_at(b.session, 2)->ssrc, ssrc);
    }
    bench_close(&b);
}

static void a_line_used_again_may_turn_round(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b);
    b.media[1].accepted = false;
    assert_int_equal(offer(&b), OK);
    b.media[1].accepted = true;
    b.media[1].dir = SDP_RECV; /* what was the camera's is a slot now */
    b.media[1].ssrc = b.media[1].rtx_ssrc = 0;
    snprintf(b.media[1].mid, sizeof b.media[1].mid, "new");
    assert_int_equal(offer(&b), OK);
    assert_int_equal(count_slots(b.session), 4);
    assert_string_equal(session_slot_at(b.session, 3)->mid, "new");
    assert_true(session_slot_at(b.session, 3)->active);
    assert_null(find_uptrack(b.session, "new"));
    assert_false(session_uptrack_at(b.session, 1)->active);
    bench_close(&b);
}

static void an_inactive_line_keeps_its_place(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b);
    struct uptrack *t = find_uptrack(b.session, "1");
    b.media[1].dir = SDP_INACTIVE;
    assert_int_equal(offer(&b), OK);
    assert_false(t->active);
    b.media[1].dir = SDP_SEND;
    assert_int_equal(offer(&b), OK);
    assert_ptr_equal(find_uptrack(b.session, "1"), t);
    assert_true(t->active);
    bench_close(&b);
}

static void more_tracks_than_there_are_places_are_rejected(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b);
    for (unsigned i = 0; i < 10; i++) {
        struct sdp_media_neg *m = &b.media[b.n_media];
        *m = b.media[0];
        m->ssrc = 1000 + i;
        snprintf(m->mid, sizeof m->mid, "%u", b.n_media++);
    }
    assert_int_equal(offer(&b), OK);
    assert_int_equal(count_uptracks(b.session), SESSION_UPTRACKS);
    assert_non_null(strstr(b.answer, "m=audio 0 "));
    bench_close(&b);
}

static void media_before_the_keys_is_counted(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b);
    struct pkt pkt = {.len = 100, .data = {0x80, 96}};
    struct media m;
    struct uptrack *t = NULL;
    struct session_asks asks;
    assert_int_equal(session_recv_rtp(b.session, T0, &pkt, &m, &t), ERR_STATE);
    session_recv_rtcp(b.session, T0, 0, &pkt, &asks);
    assert_int_equal(asks.n, 0);
    assert_int_equal(session_counters(b.session)->drops[DROP_NOT_OPEN], 2);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_of_the_table_of_states),
        cmocka_unit_test(states_and_drops_have_names_of_their_own),
        cmocka_unit_test(an_offers_lines_become_tracks_and_slots),
        cmocka_unit_test(another_ufrag_is_an_ice_restart),
        cmocka_unit_test(a_new_session_of_a_client_that_keeps_its_certificate_is_another_connection),
        cmocka_unit_test(fewer_lines_than_before_are_refused_and_nothing_changes),
        cmocka_unit_test(a_rejected_line_ends_its_track_and_can_be_used_again),
        cmocka_unit_test(a_line_used_again_may_turn_round),
        cmocka_unit_test(an_inactive_line_keeps_its_place),
        cmocka_unit_test(more_tracks_than_there_are_places_are_rejected),
        cmocka_unit_test(media_before_the_keys_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
