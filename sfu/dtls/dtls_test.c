/* Two associations over a simulated network that loses, repeats and reorders; its time is ours. */
#include "dtls/dtls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <stdio.h>
#include <sys/time.h>

#define T0        (1000 * SEC)
#define WALL      ((usec_t)1800000000 * SEC)
#define N_PACKETS 256
#define DELAY     (10 * MSEC)

struct packet {
    usec_t at; /* 0: free */
    unsigned to;
    uint16_t len;
    uint8_t data[DTLS_DATAGRAM_CAP];
};

struct sim {
    struct dtls *ends[2]; /* client, server */
    enum dtls_event last[2];
    unsigned n_keys[2], n_ended[2];
    struct packet packets[N_PACKETS];
    usec_t now;
    uint32_t seed;
    unsigned loss_percent, repeat_percent;
    unsigned n_sent;
    uint8_t app[2][DTLS_APP_CAP];
    size_t app_len[2];
};

/* OpenSSL's retransmission timer asks libc what time it is: here it asks us, so that a slow machine is no slow network.
 * Standing still, all that is sent again is our own copy; in step with the network it is OpenSSL's. */
static usec_t openssl_clock = WALL;
static bool openssl_clock_goes;

// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): libc's are its own
int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    (void)zone;
    *tv = (struct timeval){.tv_sec = openssl_clock / SEC, .tv_usec = openssl_clock % SEC};
    return 0;
}

static uint32_t sim_random(struct sim *s)
{
    s->seed = s->seed * 1664525U + 1013904223U;
    return s->seed >> 8;
}

static void sim_queue(struct sim *s, unsigned to, const uint8_t *p, uint16_t len)
{
    for (unsigned i = 0; i < N_PACKETS; i++) {
        if (s->packets[i].at)
            continue;
        s->packets[i].at = s->now + DELAY + sim_random(s) % (5 * MSEC);
        s->packets[i].to = to;
        s->packets[i].len = len;
        memcpy(s->packets[i].data, p, len);
        return;
    }
    fail_msg("too many datagrams are under way: somebody floods");
}

static void sim_send(struct sim *s, unsigned from, const struct dtls_flight *flight)
{
    for (unsigned i = 0; i < flight->n_datagrams; i++) {
        s->n_sent++;
        if (sim_random(s) % 100 < s->loss_percent)
            continue;
        sim_queue(s, !from, flight->data[i], flight->len[i]);
        if (sim_random(s) % 100 < s->repeat_percent)
            sim_queue(s, !from, flight->data[i], flight->len[i]);
    }
}

static void sim_note(struct sim *s, unsigned end, enum dtls_event event)
{
    s->n_keys[end] += event == DTLS_KEYS;
    s->n_ended[end] += event == DTLS_ENDED;
    if (event == DTLS_APP_DATA) {
        struct bytes b = dtls_app_data(s->ends[end]);
        memcpy(s->app[end], b.p, b.len);
        s->app_len[end] = b.len;
    }
}

static struct packet *sim_next(struct sim *s)
{
    struct packet *next = NULL;
    for (unsigned i = 0; i < N_PACKETS; i++)
        if (s->packets[i].at && (!next || s->packets[i].at < next->at))
            next = &s->packets[i];
    return next;
}

/* One thing happens: the earliest datagram arrives, or the earliest deadline comes. False: none before `until`. */
static bool sim_step(struct sim *s, usec_t until)
{
    struct packet *p = sim_next(s);
    usec_t a = dtls_deadline(s->ends[0]), b = dtls_deadline(s->ends[1]);
    usec_t timer = a < b ? a : b, at = p && p->at < timer ? p->at : timer;
    if (at > until)
        return false;
    s->now = at;
    if (openssl_clock_goes)
        openssl_clock = WALL + at;
    struct dtls_flight flight = {0};
    if (p && p->at == at) {
        p->at = 0;
        sim_note(s, p->to, dtls_recv(s->ends[p->to], at, bytes_of(p->data, p->len), &flight));
        sim_send(s, p->to, &flight);
        return true;
    }
    unsigned end = a <= b ? 0 : 1;
    sim_note(s, end, dtls_tick(s->ends[end], at, &flight));
    sim_send(s, end, &flight);
    return true;
}

static void sim_run(struct sim *s, usec_t until)
{
    for (unsigned i = 0; i < 5000; i++)
        if (!sim_step(s, until)) {
            s->now = until;
            return;
        }
    fail_msg("it never comes to rest");
}

struct setup {
    struct dtls_identity *ids[2];
    struct dtls_config cfg[2];
};

static void setup_init(struct setup *u)
{
    memset(u, 0, sizeof(*u));
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(dtls_identity_new(WALL, &u->ids[i]), OK);
    for (unsigned i = 0; i < 2; i++)
        u->cfg[i] = (struct dtls_config){.identity = u->ids[i],
                                         .role = i == 0 ? DTLS_CLIENT : DTLS_SERVER,
                                         .peer = *dtls_identity_digest(u->ids[!i])};
}

static void setup_free(struct setup *u)
{
    dtls_identity_unref(u->ids[0]);
    dtls_identity_unref(u->ids[1]);
}

static struct sim *sim_new(const struct setup *u, uint32_t seed, unsigned loss_percent)
{
    struct sim *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    *s = (struct sim){.now = T0, .seed = seed, .loss_percent = loss_percent, .repeat_percent = loss_percent};
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(dtls_new(&u->cfg[i], &s->ends[i]), OK);
    struct dtls_flight flight = {0};
    assert_int_equal(dtls_start(s->ends[0], s->now, &flight), DTLS_NOTHING);
    assert_int_equal(flight.n_datagrams, 1);
    sim_send(s, 0, &flight);
    return s;
}

static void sim_free(struct sim *s)
{
    dtls_free(s->ends[0]);
    dtls_free(s->ends[1]);
    free(s);
}

static void assert_same_keys(const struct sim *s, enum srtpkey_suite suite)
{
    const struct dtls_keys *c = dtls_keys(s->ends[0]), *v = dtls_keys(s->ends[1]);
    assert_non_null(c);
    assert_non_null(v);
    size_t key_len = srtpkey_len(suite), salt_len = srtpkey_salt_len(suite);
    assert_int_equal(c->local.suite, suite);
    assert_int_equal(v->remote.suite, suite);
    assert_memory_equal(c->local.key, v->remote.key, key_len);
    assert_memory_equal(c->remote.key, v->local.key, key_len);
    assert_memory_equal(c->local.salt, v->remote.salt, salt_len);
    assert_memory_equal(c->remote.salt, v->local.salt, salt_len);
    assert_memory_not_equal(c->local.key, c->remote.key, key_len);
}

static void both_ends_get_the_same_keys_in_two_round_trips(void **state)
{
    (void)state;
    struct setup u;
    setup_init(&u);
    struct sim *s = sim_new(&u, 1, 0);
    sim_run(s, T0 + 80 * MSEC);
    assert_same_keys(s, SRTPKEY_GCM_128);
    assert_int_equal(s->n_keys[0], 1);
    assert_int_equal(s->n_keys[1], 1);
    assert_true(s->n_sent <= 6);
    sim_free(s);
    setup_free(&u);
}

static void a_lossy_and_reordering_network_only_delays_it(void **state)
{
    (void)state;
    struct setup u;
    setup_init(&u);
    for (uint32_t seed = 1; seed <= 80; seed++) {
        openssl_clock_goes = seed > 40;
        openssl_clock = WALL + T0;
        struct sim *s = sim_new(&u, seed * 7919, 30);
        sim_run(s, T0 + 5 * SEC);
        assert_same_keys(s, SRTPKEY_GCM_128);
        assert_int_equal(s->n_keys[0] + s->n_keys[1], 2);
        sim_free(s);
    }
    openssl_clock_goes = false;
    setup_free(&u);
}

static void all_three_profiles_can_be_agreed_on(void **state)
{
    (void)state;
    static const struct {
        const char *client;
        enum srtpkey_suite want;
    } cases[] = {
        {"SRTP_AES128_CM_SHA1_80", SRTPKEY_CM_SHA1_80},
        {"SRTP_AEAD_AES_256_GCM", SRTPKEY_GCM_256},
        {"SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_128_GCM", SRTPKEY_GCM_128},
    };
    struct setup u;
    setup_init(&u);
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        u.cfg[0].profiles = cases[i].client;
        struct sim *s = sim_new(&u, 1, 0);
        sim_run(s, T0 + SEC);
        assert_same_keys(s, cases[i].want);
        sim_free(s);
    }
    setup_free(&u);
}

static void no_common_profile_gives_no_keys(void **state)
{
    (void)state;
    struct setup u;
    setup_init(&u);
    u.cfg[0].profiles = "SRTP_AES128_CM_SHA1_80";
    u.cfg[1].profiles = "SRTP_AEAD_AES_256_GCM";
    struct sim *s = sim_new(&u, 1, 0);
    sim_run(s, T0 + 60 * SEC);
    assert_null(dtls_keys(s->ends[0]));
    assert_null(dtls_keys(s->ends[1]));
    assert_int_equal(dtls_state(s->ends[0]), DTLS_FAILED);
    sim_free(s);
    u.cfg[0].profiles = "SRTP_NONSENSE";
    struct dtls *d = NULL;
    assert_int_equal(dtls_new(&u.cfg[0], &d), ERR_SYNTAX);
    setup_free(&u);
}

static void a_wrong_fingerprint_on_either_side_gives_no_keys_to_that_side(void **state)
{
    (void)state;
    for (unsigned wrong = 0; wrong < 2; wrong++) {
        struct setup u;
        setup_init(&u);
        u.cfg[wrong].peer.digest[31] ^= 1;
        struct sim *s = sim_new(&u, 1, 0);
        sim_run(s, T0 + 60 * SEC);
        assert_null(dtls_keys(s->ends[wrong]));
        assert_int_equal(dtls_state(s->ends[wrong]), DTLS_FAILED);
        assert_int_equal(s->n_keys[wrong], 0);
        assert_int_equal(s->n_ended[wrong], 1);
        assert_null(dtls_keys(s->ends[!wrong])); /* in 1.2 the other one learns of it before its own end */
        sim_free(s);
        setup_free(&u);
    }
}

static void silence_fails_the_handshake_after_30_s(void **state)
{
    (void)state;
    struct setup u;
    setup_init(&u);
    struct sim *s = sim_new(&u, 1, 100);
    sim_run(s, T0 + 30 * SEC - 1);
    assert_int_equal(dtls_state(s->ends[0]), DTLS_HANDSHAKE);
    assert_in_range(s->n_sent, 8, 13); /* 50 ms, doubling, at most 6 s apart */
    sim_run(s, T0 + 30 * SEC);
    assert_int_equal(dtls_state(s->ends[0]), DTLS_FAILED);
    assert_int_equal(dtls_deadline(s->ends[0]), USEC_NEVER);
    sim_free(s);
    setup_free(&u);
}

static void a_lost_last_flight_is_sent_again_when_the_client_asks(void **state)
{
    (void)state;
    struct setup u;
    setup_init(&u);
    struct sim *s = sim_new(&u, 1, 0);
    while (s->n_keys[1] == 0)
        assert_true(sim_step(s, T0 + SEC));
    memset(s->packets, 0, sizeof(s->packets)); /* the server's Finished is lost */
    assert_null(dtls_keys(s->ends[0]));
    sim_run(s, T0 + SEC);
    assert_same_keys(s, SRTPKEY_GCM_128);
    sim_free(s);
    setup_free(&u);
}

static void handshake_memory_goes_after_the_linger_and_keys_stay(void **state)
{
    (void)state;
    struct setup u;
    setup_init(&u);
    struct sim *s = sim_new(&u, 1, 0);
    sim_run(s, T0 + SEC);
    assert_in_range(dtls_deadline(s->ends[1]), T0 + DTLS_LINGER, T0 + DTLS_LINGER + SEC);
    sim_run(s, T0 + DTLS_LINGER + SEC);
    assert_int_equal(dtls_deadline(s->ends[1]), USEC_NEVER);
    assert_same_keys(s, SRTPKEY_GCM_128);
    struct dtls_flight out = {0};
    assert_int_equal(dtls_send(s->ends[1], BYTES_LIT("x"), &out), ERR_STATE);
    assert_int_equal(dtls_recv(s->ends[1], s->now, BYTES_LIT("\x17\xfe\xfd"), &out), DTLS_NOTHING);
    assert_int_equal(dtls_n_ignored(s->ends[1]), 1);
    dtls_forget_keys(s->ends[1]);
    assert_null(dtls_keys(s->ends[1]));
    sim_free(s);
    setup_free(&u);
}

static void application_data_and_close_notify_pass_when_kept_open(void **state)
{
    (void)state;
    struct setup u;
    setup_init(&u);
    u.cfg[0].keep_open = u.cfg[1].keep_open = true;
    struct sim *s = sim_new(&u, 1, 0);
    sim_run(s, T0 + 60 * SEC);
    struct dtls_flight out = {0};
    uint8_t big[1400] = {0};
    assert_int_equal(dtls_send(s->ends[0], BYTES_LIT("hello"), &out), OK);
    sim_send(s, 0, &out);
    sim_run(s, T0 + 61 * SEC);
    assert_int_equal(s->app_len[1], 5);
    assert_memory_equal(s->app[1], "hello", 5);
    out.n_datagrams = 0;
    assert_int_equal(dtls_send(s->ends[0], bytes_of(big, sizeof(big)), &out), ERR_FULL); /* no datagram of ours */
    dtls_close(s->ends[0], &out);
    assert_int_equal(out.n_datagrams, 1);
    sim_send(s, 0, &out);
    sim_run(s, T0 + 62 * SEC);
    assert_int_equal(dtls_state(s->ends[1]), DTLS_CLOSED);
    assert_int_equal(s->n_ended[1], 1);
    sim_free(s);
    setup_free(&u);
}

static void garbage_does_not_stop_a_handshake(void **state)
{
    (void)state;
    struct setup u;
    setup_init(&u);
    struct sim *s = sim_new(&u, 1, 0);
    struct dtls_flight out = {0};
    for (unsigned i = 0; i < 2000; i++) {
        uint8_t junk[200];
        for (unsigned k = 0; k < sizeof(junk); k++)
            junk[k] = (uint8_t)sim_random(s);
        junk[0] = (uint8_t)(20 + i % 44);
        size_t len = 1 + i % sizeof(junk);
        assert_int_equal(dtls_recv(s->ends[i & 1], s->now, bytes_of(junk, len), &out), DTLS_NOTHING);
    }
    assert_int_equal(out.n_datagrams, 0);
    static const struct bytes forged[] = {
        BYTES_LIT("\x15\xfe\xfd\0\0\0\0\0\0\0\1\0\2\2\x28"), /* fatal: handshake_failure */
        BYTES_LIT("\x15\xfe\xfd\0\0\0\0\0\0\0\2\0\2\1\0"),   /* close_notify */
        BYTES_LIT("\x17\xfe\xfd\0\0\0\0\0\0\0\3\0\1x"),
    };
    for (usec_t until = T0; until < T0 + 100 * MSEC; until += 2 * MSEC) { /* at every moment of the handshake */
        sim_run(s, until);
        for (unsigned i = 0; i < 2 * ARRAY_LEN(forged); i++)
            if (dtls_state(s->ends[i & 1]) == DTLS_HANDSHAKE)
                assert_int_equal(dtls_recv(s->ends[i & 1], s->now, forged[i / 2], &out), DTLS_NOTHING);
    }
    sim_run(s, T0 + SEC);
    assert_same_keys(s, SRTPKEY_GCM_128);
    for (unsigned i = 0; i < 100; i++)
        (void)dtls_recv(s->ends[1], s->now, BYTES_LIT("\x15\xfe\xfd\0\1\0\0\0\0\0\x63\0\2\2\x28"), &out);
    assert_int_equal(dtls_state(s->ends[1]), DTLS_OPEN); /* alerts that aren't sealed count for nothing now */
    sim_free(s);
    setup_free(&u);
}

static void a_fingerprint_is_taken_in_any_case_but_only_of_safe_hashes(void **state)
{
    (void)state;
    static const uint8_t digest[64] = {1, 2, 3};
    struct dtls_fingerprint f, other;
    assert_int_equal(dtls_fingerprint_set(&f, BYTES_LIT("SHA-256"), bytes_of(digest, 32)), OK);
    assert_int_equal(f.hash, DTLS_SHA256);
    assert_memory_equal(f.digest, digest, 32);
    assert_int_equal(dtls_fingerprint_set(&other, BYTES_LIT("sha-256"), bytes_of(digest, 32)), OK);
    assert_true(dtls_fingerprint_eq(&f, &other));
    assert_int_equal(dtls_fingerprint_set(&other, BYTES_LIT("sha-512"), bytes_of(digest, 64)), OK);
    assert_false(dtls_fingerprint_eq(&f, &other));
    assert_int_equal(dtls_fingerprint_set(&f, BYTES_LIT("sha-1"), bytes_of(digest, 20)), ERR_UNSUPPORTED);
    assert_int_equal(dtls_fingerprint_set(&f, BYTES_LIT("sha-512"), bytes_of(digest, 32)), ERR_SYNTAX);
}

static void our_fingerprint_is_written_in_hex(void **state) /* RFC 8122 5 */
{
    (void)state;
    struct setup u;
    setup_init(&u);
    const char *text = dtls_identity_fingerprint(u.ids[0]);
    char second[3];
    assert_int_equal(strlen(text), 95);
    snprintf(second, sizeof second, "%02X", dtls_identity_digest(u.ids[0])->digest[1]);
    assert_memory_equal(text + 3, second, 2);
    assert_int_equal(text[5], ':');
    setup_free(&u);
}

static void an_identity_is_old_after_two_thirds_of_its_time_or_when_the_clock_went_back(void **state)
{
    (void)state;
    const usec_t day = 86400 * (usec_t)SEC;
    struct dtls_identity *id = NULL;
    assert_int_equal(dtls_identity_new(WALL, &id), OK);
    assert_false(dtls_identity_is_old(id, WALL));
    assert_false(dtls_identity_is_old(id, WALL + 20 * day - 1));
    assert_true(dtls_identity_is_old(id, WALL + 20 * day));
    assert_false(dtls_identity_is_old(id, WALL - day));
    assert_true(dtls_identity_is_old(id, WALL - day - 1));
    dtls_identity_unref(dtls_identity_ref(id));
    assert_string_not_equal(dtls_identity_fingerprint(id), "");
    dtls_identity_unref(id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ends_get_the_same_keys_in_two_round_trips),
        cmocka_unit_test(a_lossy_and_reordering_network_only_delays_it),
        cmocka_unit_test(all_three_profiles_can_be_agreed_on),
        cmocka_unit_test(no_common_profile_gives_no_keys),
        cmocka_unit_test(a_wrong_fingerprint_on_either_side_gives_no_keys_to_that_side),
        cmocka_unit_test(silence_fails_the_handshake_after_30_s),
        cmocka_unit_test(a_lost_last_flight_is_sent_again_when_the_client_asks),
        cmocka_unit_test(handshake_memory_goes_after_the_linger_and_keys_stay),
        cmocka_unit_test(application_data_and_close_notify_pass_when_kept_open),
        cmocka_unit_test(garbage_does_not_stop_a_handshake),
        cmocka_unit_test(a_fingerprint_is_taken_in_any_case_but_only_of_safe_hashes),
        cmocka_unit_test(our_fingerprint_is_written_in_hex),
        cmocka_unit_test(an_identity_is_old_after_two_thirds_of_its_time_or_when_the_clock_went_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
