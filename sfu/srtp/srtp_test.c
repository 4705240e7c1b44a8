/* The standards' vectors, then the judge: what we seal, with either engine, libsrtp2 must open. */
#include "srtp/srtpctx.h"
#include "srtp/srtpseal_priv.h"
#include "srtp/srtpseal.h"
#include "srtp/srtpseal_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>

#define SSRC 0x1234abcd

static const enum srtpkey_suite suites[] = {SRTPKEY_GCM_128, SRTPKEY_GCM_256, SRTPKEY_CM_SHA1_80};
static const enum srtpseal_engine engines[] = {SRTPSEAL_FASTEST, SRTPSEAL_PORTABLE};

static const struct srtpkey rfc3711_b3 = {
    .suite = SRTPKEY_CM_SHA1_80,
    .key = {0xE1, 0xF9, 0x7A, 0x0D, 0x3E, 0x01, 0x8B, 0xE0, 0xD6, 0x4F, 0xA3, 0x2C, 0x06, 0xDE, 0x41, 0x39},
    .salt = {0x0E, 0xC6, 0x75, 0xAD, 0x49, 0x8A, 0xFE, 0xEB, 0xB6, 0x96, 0x0B, 0x3A, 0xAB, 0xE6},
};

static struct bytes unhex(const char *hex, uint8_t *out)
{
    size_t n = 0;
    for (; hex[0] && hex[1]; hex += 2) {
        char digits[3] = {hex[0], hex[1], 0};
        out[n++] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return bytes_of(out, n);
}

static void rfc3711_b3_session_keys_are_derived(void **state)
{
    (void)state;
    uint8_t out[128], want[128];
    struct bytes w = unhex("C61E7A93744F39EE10734AFE3FF7A087", want);
    assert_int_equal(evpseal_derive(&rfc3711_b3, SEAL_RTP_CIPHER, out, w.len), OK);
    assert_memory_equal(out, want, w.len);
    w = unhex("30CBBC08863D8C85D49DB34A9AE1", want);
    assert_int_equal(evpseal_derive(&rfc3711_b3, SEAL_RTP_SALT, out, w.len), OK);
    assert_memory_equal(out, want, w.len);
    w = unhex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA48F0A0ACF3C34E2359E6CDBCEE049646C43D9327AD175578EF72270986371C10C"
              "9A369AC2F94A8C5FBCDDDC256D6E919A48B610EF17C2041E474035766B68642C59BBFC2F34DB60DBDFB2",
              want);
    assert_int_equal(evpseal_derive(&rfc3711_b3, SEAL_RTP_AUTH, out, w.len), OK);
    assert_memory_equal(out, want, w.len);
    assert_int_equal(evpseal_derive(&rfc3711_b3, SEAL_RTP_AUTH, out, 129), ERR_FULL);
}

#define GALLIA_HEADER "8040f17b8041f8d35501a0b2"
#define GALLIA_TEXT   "47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573"

/* The whole payload from elsewhere, and then the first `prefix` bytes of it in place. */
static void gcm_vector(enum srtpkey_suite suite, size_t prefix, const char *sealed)
{
    uint8_t text[64], want[128], p[128];
    struct bytes payload = unhex(GALLIA_TEXT, text), expected = unhex(sealed, want);
    struct seal_secret secret = {.suite = suite};
    for (unsigned i = 0; i < 32; i++)
        secret.cipher[i] = (uint8_t)i;
    struct seal_work w = {.p = p, .prefix_len = prefix};
    unhex("51753c6580c2726f20718414", w.iv);
    w.payload = bytes_of(payload.p + prefix, payload.len - prefix);
    struct mbseal *mb = NULL;
    struct evpseal_key evp;
    assert_int_equal(evpseal_key_init(&evp, &secret), OK);
    w.header_len = unhex(GALLIA_HEADER, p).len;
    memcpy(p + w.header_len, text, prefix);
    assert_true(evpseal_gcm(&evp, &w, bytes_of(p, w.header_len)));
    assert_memory_equal(p, expected.p, expected.len);
    evpseal_key_reset(&evp);

    enum err e = mbseal_new(&mb);
    if (e == ERR_UNSUPPORTED)
        return;
    assert_int_equal(e, OK);
    struct mbseal_key key;
    mbseal_key_init(mb, &key, &secret);
    memset(p, 0, sizeof(p));
    unhex(GALLIA_HEADER, p);
    memcpy(p + w.header_len, text, prefix);
    mbseal_gcm(mb, &key, suite == SRTPKEY_GCM_256, &w);
    assert_memory_equal(p, expected.p, expected.len);
    mbseal_free(mb);
}

static void rfc7714_16_1_1_packet_is_sealed_with_aead_aes_128_gcm(void **state)
{
    (void)state;
    static const char sealed[] = GALLIA_HEADER
        "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce";
    for (size_t prefix = 0; prefix <= 38; prefix++)
        gcm_vector(SRTPKEY_GCM_128, prefix, sealed);
}

static void rfc7714_16_2_1_packet_is_sealed_with_aead_aes_256_gcm(void **state)
{
    (void)state;
    static const char sealed[] = GALLIA_HEADER
        "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13";
    for (size_t prefix = 0; prefix <= 38; prefix++)
        gcm_vector(SRTPKEY_GCM_256, prefix, sealed);
}

/* A sender of ours and the judge. */
struct bench {
    struct srtpseal_mgr *mgr;
    struct srtpseal_key *key;
    struct srtpctx *judge;
    struct srtpseal_stream stream;
};

static void bench_init(struct bench *b, enum srtpkey_suite suite, enum srtpseal_engine engine)
{
    struct srtpkey master = rfc3711_b3;
    master.suite = suite;
    memset(b, 0, sizeof(*b));
    assert_int_equal(srtpctx_library_init(), OK);
    assert_int_equal(srtpseal_mgr_new(engine, &b->mgr), OK);
    assert_int_equal(srtpseal_key_new(b->mgr, &master, &b->key), OK);
    assert_int_equal(srtpctx_new(&master, &b->judge), OK);
}

static void bench_free(struct bench *b)
{
    srtpctx_free(b->judge);
    srtpseal_key_free(b->key);
    srtpseal_mgr_free(b->mgr);
}

/* A header of 12 to 40 bytes: with CSRCs and an extension, as the index says. */
static size_t header_write(uint8_t *p, uint64_t index, uint32_t ssrc)
{
    unsigned n_csrc = (unsigned)(index % 4), ext = index % 3 == 1;
    struct wr w = wr_of(p, 64);
    wr_u8(&w, (uint8_t)(0x80 | ext << 4 | n_csrc));
    wr_u8(&w, 96);
    wr_u16(&w, (uint16_t)index);
    wr_u32(&w, (uint32_t)index * 3000);
    wr_u32(&w, ssrc);
    for (unsigned i = 0; i < n_csrc; i++)
        wr_u32(&w, i);
    if (ext) {
        wr_u32(&w, 0xBEDE0002);
        wr_u64(&w, 0x1012345620000000);
    }
    return wr_len(&w);
}

static uint8_t body_byte(uint64_t index, size_t i)
{
    return (uint8_t)(index * 31 + i * 7);
}

struct sealed {
    uint8_t p[SRTPSEAL_PACKET_CAP + SRTPKEY_TAG_MAX];
    size_t len, header_len, body_len;
    uint64_t index;
};

static void seal_one(struct bench *b, struct sealed *s, uint64_t index, size_t body_len)
{
    uint8_t body[SRTPSEAL_PACKET_CAP];
    for (size_t i = 0; i < body_len; i++)
        body[i] = body_byte(index, i);
    s->index = index;
    s->body_len = body_len;
    s->header_len = header_write(s->p, index, SSRC);
    size_t prefix = index % 5 < body_len ? index % 5 : 0;
    memcpy(s->p + s->header_len, body, prefix);
    struct srtpseal_packet packet = {.index = index, .dst = s->p, .dst_cap = sizeof(s->p)};
    packet.header_len = s->header_len;
    packet.prefix_len = prefix;
    packet.payload = bytes_of(body + prefix, body_len - prefix);
    s->len = srtpseal_put(b->mgr, b->key, &b->stream, &packet);
    assert_int_equal(s->len, s->header_len + body_len + srtpseal_rtp_overhead(b->key));
}

static void judge(struct bench *b, struct sealed *s)
{
    uint8_t header[64];
    assert_int_equal(header_write(header, s->index, SSRC), s->header_len);
    assert_int_equal(srtpctx_open_rtp(b->judge, s->p, &s->len), OK);
    assert_int_equal(s->len, s->header_len + s->body_len);
    assert_memory_equal(s->p, header, s->header_len);
    for (size_t i = 0; i < s->body_len; i++)
        assert_int_equal(s->p[s->header_len + i], body_byte(s->index, i));
}

static void libsrtp_opens_all_sizes_over_a_roc_wrap(void **state)
{
    (void)state;
    for (unsigned e = 0; e < ARRAY_LEN(engines); e++)
        for (unsigned i = 0; i < ARRAY_LEN(suites); i++) {
            struct bench b;
            struct sealed s;
            bench_init(&b, suites[i], engines[e]);
            for (uint64_t n = 0; n <= 1400; n++) {
                seal_one(&b, &s, 65000 + n, n);
                srtpseal_flush(b.mgr);
                judge(&b, &s);
            }
            bench_free(&b);
        }
}

static void many_packets_may_be_pending_before_a_flush(void **state)
{
    (void)state;
    enum { N = 150 };
    struct sealed *all = calloc(N, sizeof(*all));
    assert_non_null(all);
    for (unsigned i = 0; i < ARRAY_LEN(suites); i++) {
        struct bench b;
        bench_init(&b, suites[i], SRTPSEAL_FASTEST);
        for (unsigned n = 0; n < N; n++)
            seal_one(&b, &all[n], n + 1, 1 + (n * 37) % 1300);
        srtpseal_flush(b.mgr);
        for (unsigned n = 0; n < N; n++)
            judge(&b, &all[n]);
        bench_free(&b);
    }
    free(all);
}

static void a_pending_packet_shows_no_plaintext(void **state)
{
    (void)state;
    struct bench b;
    struct sealed s = {0};
    bench_init(&b, SRTPKEY_CM_SHA1_80, SRTPSEAL_FASTEST);
    seal_one(&b, &s, 5, 600);
    for (size_t i = 0; i + 8 <= 600; i++) {
        uint8_t window[8];
        for (size_t k = 0; k < sizeof(window); k++)
            window[k] = body_byte(5, i + k);
        assert_memory_not_equal(s.p + s.header_len + i, window, sizeof(window));
    }
    srtpseal_flush(b.mgr);
    judge(&b, &s);
    bench_free(&b);
}

static size_t put_index(struct bench *b, uint64_t index)
{
    uint8_t p[256];
    struct srtpseal_packet packet = {.index = index, .dst = p, .dst_cap = sizeof(p), .payload = BYTES_LIT("abc")};
    packet.header_len = header_write(p, index, SSRC);
    size_t len = srtpseal_put(b->mgr, b->key, &b->stream, &packet);
    srtpseal_flush(b->mgr);
    return len;
}

static void an_index_is_used_once_and_holes_may_be_filled_within_the_window(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, SRTPKEY_GCM_128, SRTPSEAL_FASTEST);
    assert_true(put_index(&b, 10));
    assert_int_equal(put_index(&b, 10), 0);
    assert_true(put_index(&b, 12));
    assert_true(put_index(&b, 11));
    assert_int_equal(put_index(&b, 11), 0);
    assert_true(put_index(&b, 0)); /* the very first, late */
    assert_int_equal(put_index(&b, 0), 0);
    assert_true(put_index(&b, 12 + SRTPSEAL_WINDOW));
    assert_int_equal(put_index(&b, 12), 0); /* used, and just outside */
    assert_true(put_index(&b, 13));         /* a hole, just inside */
    assert_int_equal(put_index(&b, 13), 0);
    assert_true(put_index(&b, 1000000));
    assert_int_equal(put_index(&b, 1000000 - SRTPSEAL_WINDOW), 0);
    assert_true(put_index(&b, 1000001 - SRTPSEAL_WINDOW));
    assert_int_equal(put_index(&b, (uint64_t)1 << 48), 0);
    bench_free(&b);
}

static void a_packet_that_does_not_fit_is_refused_and_its_index_stays_free(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, SRTPKEY_GCM_128, SRTPSEAL_FASTEST);
    uint8_t p[64];
    size_t header_len = header_write(p, 12, SSRC);
    struct srtpseal_packet packet = {.index = 12, .dst = p, .dst_cap = header_len + 3 + 15, .header_len = header_len};
    packet.payload = BYTES_LIT("abc");
    assert_int_equal(srtpseal_put(b.mgr, b.key, &b.stream, &packet), 0);
    packet.dst_cap++;
    packet.header_len = 11;
    assert_int_equal(srtpseal_put(b.mgr, b.key, &b.stream, &packet), 0);
    packet.header_len = header_len;
    packet.index = 13; /* not what the header says */
    assert_int_equal(srtpseal_put(b.mgr, b.key, &b.stream, &packet), 0);
    packet.index = 12;
    assert_int_equal(srtpseal_put(b.mgr, b.key, &b.stream, &packet), header_len + 3 + 16);
    bench_free(&b);
}

static void a_stream_whose_first_packets_were_lost_in_a_wrap_is_opened(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(suites); i++) {
        struct bench b;
        struct sealed bad, s;
        bench_init(&b, suites[i], SRTPSEAL_FASTEST);
        seal_one(&b, &bad, 65536 + 3, 700);
        seal_one(&b, &s, 65536 + 4, 700);
        srtpseal_flush(b.mgr);
        bad.p[300] ^= 1;
        assert_int_equal(srtpctx_open_rtp(b.judge, bad.p, &bad.len), ERR_AUTH);
        assert_int_equal(srtpctx_n_streams(b.judge), 0); /* a guess that was wrong isn't final */
        judge(&b, &s);
        seal_one(&b, &s, 65536 + 5, 100);
        srtpseal_flush(b.mgr);
        judge(&b, &s);
        bench_free(&b);
    }
}

static void libsrtp_opens_our_rtcp(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(suites); i++) {
        struct bench b;
        uint32_t index = 0;
        bench_init(&b, suites[i], SRTPSEAL_FASTEST);
        for (size_t len = 8; len <= 1200; len += 4) {
            uint8_t p[1200 + SRTPKEY_RTCP_MAX], plain[1200];
            for (size_t k = 0; k < len; k++)
                plain[k] = body_byte(len, k);
            struct wr w = wr_of(plain, 8);
            wr_u32(&w, 0x80C90000U | (uint32_t)(len / 4 - 1));
            wr_u32(&w, SSRC);
            memcpy(p, plain, len);
            assert_int_equal(srtpseal_rtcp(b.mgr, b.key, &index, p, len, len + SRTPKEY_RTCP_MAX - 1), 0);
            size_t sealed = srtpseal_rtcp(b.mgr, b.key, &index, p, len, sizeof(p));
            assert_true(sealed > len && sealed <= len + SRTPKEY_RTCP_MAX);
            assert_int_equal(srtpctx_open_rtcp(b.judge, p, &sealed), OK);
            assert_int_equal(sealed, len);
            assert_memory_equal(p, plain, len);
        }
        uint8_t last[64] = {0x80, 0xC9};
        index = 0x80000000;
        assert_int_equal(srtpseal_rtcp(b.mgr, b.key, &index, last, 8, sizeof(last)), 0);
        bench_free(&b);
    }
}

static void a_repeated_or_changed_packet_is_not_opened(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(suites); i++) {
        struct bench b;
        struct sealed s, again;
        bench_init(&b, suites[i], SRTPSEAL_FASTEST);
        seal_one(&b, &s, 100, 50);
        srtpseal_flush(b.mgr);
        for (size_t at = 0; at < s.len; at++) {
            again = s;
            again.p[at] ^= 4;
            assert_int_not_equal(srtpctx_open_rtp(b.judge, again.p, &again.len), OK);
        }
        for (size_t len = 0; len < s.len; len++) {
            again = s;
            again.len = len;
            assert_int_not_equal(srtpctx_open_rtp(b.judge, again.p, &again.len), OK);
        }
        assert_int_equal(srtpctx_n_streams(b.judge), 0);
        again = s;
        assert_int_equal(srtpctx_open_rtp(b.judge, s.p, &s.len), OK);
        assert_int_equal(srtpctx_open_rtp(b.judge, again.p, &again.len), ERR_REPLAY);
        assert_int_equal(srtpctx_n_streams(b.judge), 1);
        bench_free(&b);
    }
}

static void the_oldest_stream_goes_when_there_are_too_many(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, SRTPKEY_GCM_128, SRTPSEAL_FASTEST);
    for (uint32_t ssrc = 1; ssrc <= SRTPCTX_STREAMS + 10; ssrc++) {
        uint8_t p[128];
        struct srtpseal_stream stream = {0};
        struct srtpseal_packet packet = {.index = 8, .dst = p, .dst_cap = sizeof(p), .payload = BYTES_LIT("hello")};
        packet.header_len = header_write(p, 8, ssrc);
        size_t len = srtpseal_put(b.mgr, b.key, &stream, &packet);
        uint8_t first[128];
        memcpy(first, p, sizeof(p));
        size_t first_len = len;
        assert_int_equal(srtpctx_open_rtp(b.judge, p, &len), OK);
        assert_int_equal(srtpctx_open_rtp(b.judge, first, &first_len), ERR_REPLAY);
    }
    assert_int_equal(srtpctx_n_streams(b.judge), SRTPCTX_STREAMS);
    bench_free(&b);
}

static void unknown_suites_are_refused(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, SRTPKEY_GCM_128, SRTPSEAL_FASTEST);
    struct srtpkey master = {.suite = (enum srtpkey_suite)9};
    struct srtpseal_key *key = NULL;
    struct srtpctx *ctx = NULL;
    assert_int_equal(srtpseal_key_new(b.mgr, &master, &key), ERR_UNSUPPORTED);
    assert_int_equal(srtpctx_new(&master, &ctx), ERR_UNSUPPORTED);
    bench_free(&b);
}

static void *worker(void *arg)
{
    struct bench *b = arg;
    struct sealed s;
    for (uint64_t n = 1; n <= 300; n++) {
        seal_one(b, &s, n, 200);
        srtpseal_flush(b->mgr);
        judge(b, &s);
    }
    return NULL;
}

static void two_workers_seal_and_open_side_by_side(void **state)
{
    (void)state;
    struct bench b[2];
    pthread_t threads[2];
    for (unsigned i = 0; i < 2; i++)
        bench_init(&b[i], i ? SRTPKEY_CM_SHA1_80 : SRTPKEY_GCM_128, SRTPSEAL_FASTEST);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, worker, &b[i]), 0);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        bench_free(&b[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc3711_b3_session_keys_are_derived),
        cmocka_unit_test(rfc7714_16_1_1_packet_is_sealed_with_aead_aes_128_gcm),
        cmocka_unit_test(rfc7714_16_2_1_packet_is_sealed_with_aead_aes_256_gcm),
        cmocka_unit_test(libsrtp_opens_all_sizes_over_a_roc_wrap),
        cmocka_unit_test(many_packets_may_be_pending_before_a_flush),
        cmocka_unit_test(a_pending_packet_shows_no_plaintext),
        cmocka_unit_test(an_index_is_used_once_and_holes_may_be_filled_within_the_window),
        cmocka_unit_test(a_packet_that_does_not_fit_is_refused_and_its_index_stays_free),
        cmocka_unit_test(a_stream_whose_first_packets_were_lost_in_a_wrap_is_opened),
        cmocka_unit_test(libsrtp_opens_our_rtcp),
        cmocka_unit_test(a_repeated_or_changed_packet_is_not_opened),
        cmocka_unit_test(the_oldest_stream_goes_when_there_are_too_many),
        cmocka_unit_test(unknown_suites_are_refused),
        cmocka_unit_test(two_workers_seal_and_open_side_by_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
