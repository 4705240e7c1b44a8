/* sdp_candidate.c. */
#include "sdp/sdp_sample.h"

static void a_browsers_candidate_is_read(void **state)
{
    (void)state;
    struct sdp_candidate c;
    char text[ADDR_TEXT_CAP];
    assert_int_equal(
        sdp_candidate_parse(BYTES_LIT("candidate:842163049 1 udp 1677729535 203.0.113.9 41432 typ srflx raddr "
                                      "10.0.0.1 rport 50000 generation 0 ufrag EsAw network-cost 999"),
                            &c),
        OK);
    assert_string_equal(addr_text(&c.addr, text), "203.0.113.9:41432");
    assert_int_equal(c.type, SDP_CAND_SRFLX);
    assert_int_equal(c.priority, 1677729535);
    assert_int_equal(c.component, 1);
    assert_text(c.ufrag, "EsAw");
    assert_int_equal(
        sdp_candidate_parse(BYTES_LIT("a=candidate:1 1 TCP 7 2001:db8::1 9 typ host tcptype active\r\n"), &c), OK);
    assert_string_equal(addr_text(&c.addr, text), "[2001:db8::1]:9");
    assert_int_equal(c.tcptype, SDP_TCP_ACTIVE);
}

static void a_name_is_accepted_and_has_no_address(void **state)
{
    (void)state;
    struct sdp_candidate c;
    assert_int_equal(
        sdp_candidate_parse(BYTES_LIT("candidate:1 1 udp 2113937151 0b5a1f6e-9a5c-4b8e-8c27-5b2f5d3b3a11.local "
                                      "50000 typ host"),
                            &c),
        OK);
    assert_true(c.hidden);
}

static void the_end_of_candidates_is_told_apart(void **state)
{
    (void)state;
    struct sdp_candidate c;
    assert_int_equal(sdp_candidate_parse(BYTES_LIT(""), &c), ERR_NOT_FOUND);
}

static void what_is_no_candidate_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum err e;
    } cases[] = {
        {"candidate:1 1 udp 1 192.0.2.1 1 typ", ERR_SYNTAX},
        {"candidate:1 0 udp 1 192.0.2.1 1 typ host", ERR_SYNTAX},
        {"candidate:1 1 udp 4294967296 192.0.2.1 1 typ host", ERR_SYNTAX},
        {"candidate:1 1 udp 1 192.0.2.1 65536 typ host", ERR_SYNTAX},
        {"candidate:1 1 udp 1 192.0.2.1 1 typ guest", ERR_SYNTAX},
        {"candidate:1 1 udp 1 192.0.2/1 1 typ host", ERR_SYNTAX},
        {"candidate: 1 udp 1 192.0.2.1 1 typ host", ERR_SYNTAX},
        {"candidate:1 1 tcp 1 192.0.2.1 9 typ host", ERR_SYNTAX},
        {"candidate:1 1 tcp 1 192.0.2.1 9 typ host tcptype both", ERR_SYNTAX},
        {"candidate:1 1 udp 1 192.0.2.1 9 typ host tcptype active", ERR_SYNTAX},
        {"candidate:1 1 ssltcp 1 192.0.2.1 9 typ host", ERR_UNSUPPORTED},
    };
    struct sdp_candidate c;
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(sdp_candidate_parse(bytes_str(cases[i].text), &c), cases[i].e);
}

static void the_first_address_and_udp_are_preferred(void **state)
{
    (void)state;
    assert_true(sdp_candidate_priority(false, 0) > sdp_candidate_priority(false, 1));
    assert_true(sdp_candidate_priority(false, 100000) > sdp_candidate_priority(true, 0));
    assert_true(sdp_candidate_priority(true, 0) > sdp_candidate_priority(true, 1));
    assert_int_equal(sdp_candidate_priority(true, 0) >> 21 & 7, 4); /* RFC 6544 4.2: passive */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_browsers_candidate_is_read),
        cmocka_unit_test(a_name_is_accepted_and_has_no_address),
        cmocka_unit_test(the_end_of_candidates_is_told_apart),
        cmocka_unit_test(what_is_no_candidate_is_refused),
        cmocka_unit_test(the_first_address_and_udp_are_preferred),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
