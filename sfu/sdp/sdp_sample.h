/* sdp_sample.h: for the tests of this layer: offers that real clients made (sdp_offer_corpus/), edited, parsed and
 * answered. */
#pragma once
#include "sdp/sdp_answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define SAMPLE_FINGERPRINT                                                                                             \
    "sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"

struct sample {
    char text[SDP_TEXT_MAX + 64];
    size_t len;
    struct sdp sdp;
    struct sdp_error why;
    struct sdp_media_neg neg[SDP_MEDIA_MAX];
    char answer_text[2 * SDP_TEXT_MAX];
    struct sdp answer;
};

/* The caller frees it with sample_free(). */
static inline struct sample *sample_load(const char *name)
{
    const char *here = __FILE__, *slash = strrchr(here, '/');
    char path[1024];
    snprintf(path, sizeof path, "%.*ssdp_offer_corpus/%s", slash ? (int)(slash + 1 - here) : 0, here, name);
    struct sample *s = calloc(1, sizeof *s);
    FILE *f = fopen(path, "rb");
    assert_non_null(s);
    assert_non_null(f);
    s->len = fread(s->text, 1, SDP_TEXT_MAX, f);
    fclose(f);
    return s;
}

static inline void sample_free(struct sample *s)
{
    free(s);
}

/* Replaces the first `from`, which must be there; a `to` that is longer must fit. */
static inline void sample_edit(struct sample *s, const char *from, const char *to)
{
    char *at = strstr(s->text, from);
    assert_non_null(at);
    size_t tail = s->len - (size_t)(at - s->text) - strlen(from);
    assert_true(s->len - strlen(from) + strlen(to) < sizeof s->text);
    memmove(at + strlen(to), at + strlen(from), tail + 1);
    memcpy(at, to, strlen(to));
    s->len = s->len - strlen(from) + strlen(to);
    s->text[s->len] = '\0';
}

static inline void sample_edit_all(struct sample *s, const char *from, const char *to)
{
    while (strstr(s->text, from))
        sample_edit(s, from, to);
}

static inline enum err sample_parse(struct sample *s)
{
    return sdp_parse(bytes_of(s->text, s->len), SDP_OFFER, &s->sdp, &s->why);
}

/* Decides every m-line with the same wish, m-line i sending 100 + i (RTX 200 + i). */
static inline void sample_decide(struct sample *s, enum sdp_dir dir, const struct sdp_policy *policy)
{
    for (unsigned i = 0; i < s->sdp.n_media; i++) {
        struct sdp_wish wish = {.accept = true, .dir = dir, .ssrc = 100 + i, .rtx_ssrc = 200 + i, .stream = "slot"};
        sdp_decide(&s->sdp.media[i], &wish, policy, &s->neg[i]);
    }
}

/* Writes the answer and parses it back. */
static inline void sample_answer(struct sample *s)
{
    struct sdp_local_candidate candidates[2] = {{.tcp = false}, {.tcp = true}};
    assert_int_equal(addr_parse("192.0.2.7", 40000, &candidates[0].addr), OK);
    assert_int_equal(addr_parse("2001:db8::7", 40001, &candidates[1].addr), OK);
    const struct sdp_transport t = {
        .ice_lite = true,
        .ufrag = "abcdefgh",
        .pwd = "0123456789abcdef01234567",
        .fingerprint = SAMPLE_FINGERPRINT,
        .candidates = candidates,
        .n_candidates = 2,
        .cname = "sfu",
        .session_id = 7,
        .version = 1,
        .sctp_port = 5000,
        .max_message_size = 262144,
    };
    struct wr w = wr_of(s->answer_text, sizeof s->answer_text - 1);
    assert_int_equal(sdp_answer_write(&s->sdp, s->neg, &t, &w), OK);
    s->answer_text[wr_len(&w)] = '\0';
    enum err e = sdp_parse(bytes_of(s->answer_text, wr_len(&w)), SDP_ANSWER, &s->answer, &s->why);
    assert_string_equal(s->why.text, "");
    assert_int_equal(e, OK);
}

#define assert_text(range, s) assert_true(bytes_eq((range), bytes_str(s)))
