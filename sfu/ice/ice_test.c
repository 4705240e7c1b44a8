/* The lite agent against the controlling side's messages and the vectors of RFC 5769. */
#include "ice/ice_test_bench.h"

#include <stdio.h>

static const uint8_t rfc5769_request[] = {
    0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87,
    0xdf, 0xae, 0x80, 0x22, 0x00, 0x10, 0x53, 0x54, 0x55, 0x4e, 0x20, 0x74, 0x65, 0x73, 0x74, 0x20, 0x63, 0x6c,
    0x69, 0x65, 0x6e, 0x74, 0x00, 0x24, 0x00, 0x04, 0x6e, 0x00, 0x01, 0xff, 0x80, 0x29, 0x00, 0x08, 0x93, 0x2f,
    0xf9, 0xb1, 0x51, 0x26, 0x3b, 0x36, 0x00, 0x06, 0x00, 0x09, 0x65, 0x76, 0x74, 0x6a, 0x3a, 0x68, 0x36, 0x76,
    0x59, 0x20, 0x20, 0x20, 0x00, 0x08, 0x00, 0x14, 0x9a, 0xea, 0xa7, 0x0c, 0xbf, 0xd8, 0xcb, 0x56, 0x78, 0x1e,
    0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49, 0xc1, 0xb5, 0x71, 0xa2, 0x80, 0x28, 0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf,
};

static const uint8_t rfc5769_response_v4[] = {
    0x01, 0x01, 0x00, 0x3c, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
    0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63,
    0x74, 0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43,
    0x00, 0x08, 0x00, 0x14, 0x2b, 0x91, 0xf5, 0x99, 0xfd, 0x9e, 0x90, 0xc3, 0x8c, 0x74, 0x89, 0xf9,
    0x2a, 0xf9, 0xba, 0x53, 0xf0, 0x6b, 0xe7, 0xd7, 0x80, 0x28, 0x00, 0x04, 0xc0, 0x7d, 0x4c, 0x96,
};

static const uint8_t rfc5769_response_v6[] = {
    0x01, 0x01, 0x00, 0x48, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf,
    0xae, 0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63, 0x74, 0x6f, 0x72, 0x20, 0x00, 0x20,
    0x00, 0x14, 0x00, 0x02, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25, 0xf4, 0xb5, 0xbe,
    0xd2, 0xb9, 0xd9, 0x00, 0x08, 0x00, 0x14, 0xa3, 0x82, 0x95, 0x4e, 0x4b, 0xe6, 0x7b, 0xf1, 0x17, 0x84, 0xc9, 0x7c,
    0x82, 0x92, 0xc2, 0x75, 0xbf, 0xe3, 0xed, 0x41, 0x80, 0x28, 0x00, 0x04, 0xc8, 0xfb, 0x0b, 0x4c,
};

static void rfc5769_2_1_request_is_authentic_but_from_a_controlled_agent(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    struct ice_creds server = creds("evtj", "VOkJxbRl1RmTxUk/WvJxBt"),
                     client = creds("h6vY", "xxxxxxxxxxxxxxxxxxxxxxxx");
    ice_lite_init(&b.ice, T0, &server, secret);
    ice_lite_set_remote(&b.ice, &client);
    struct addr from = addr("192.0.2.1", 32853);
    assert_int_equal(deliver(&b, T0, &from, bytes_of(rfc5769_request, sizeof(rfc5769_request))), ERR_DENIED);
    b.check = (struct ice_check){.local = &client, .remote = &server};
    memcpy(b.check.txid, rfc5769_request + 8, ICE_TXID_LEN);
    assert_int_equal(error_code(&b), 487);
    assert_int_equal(b.ice.state, ICE_NEW);

    server.pwd[0] = 'X';
    ice_lite_init(&b.ice, T0, &server, secret);
    assert_int_equal(deliver(&b, T0, &from, bytes_of(rfc5769_request, sizeof(rfc5769_request))), ERR_AUTH);
    assert_int_equal(error_code(&b), 401);
}

static void rfc5769_2_2_and_2_3_responses_give_the_mapped_address(void **state)
{
    (void)state;
    struct ice_creds client = creds("h6vY", "xxxxxxxxxxxxxxxxxxxxxxxx"),
                     server = creds("evtj", "VOkJxbRl1RmTxUk/WvJxBt");
    struct ice_check check = {.local = &client, .remote = &server};
    memcpy(check.txid, rfc5769_request + 8, ICE_TXID_LEN);
    struct addr mapped, v4 = addr("192.0.2.1", 32853), v6 = addr("2001:db8:1234:5678:11:2233:4455:6677", 32853);
    int code = 0;
    assert_int_equal(ice_check_read(&check, bytes_of(rfc5769_response_v4, sizeof(rfc5769_response_v4)), &mapped, &code),
                     OK);
    assert_true(addr_eq(&mapped, &v4));
    assert_int_equal(ice_check_read(&check, bytes_of(rfc5769_response_v6, sizeof(rfc5769_response_v6)), &mapped, &code),
                     OK);
    assert_true(addr_eq(&mapped, &v6));
    check.txid[3] ^= 1;
    assert_int_equal(ice_check_read(&check, bytes_of(rfc5769_response_v6, sizeof(rfc5769_response_v6)), &mapped, &code),
                     ERR_NOT_FOUND);
    check.txid[3] ^= 1;
    server.pwd[3] = 'x';
    assert_int_equal(ice_check_read(&check, bytes_of(rfc5769_response_v4, sizeof(rfc5769_response_v4)), &mapped, &code),
                     ERR_AUTH);
}

static void a_check_is_answered_with_the_address_it_came_from(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    const char *ips[] = {"198.51.100.7", "2001:db8::7"};
    for (unsigned i = 0; i < ARRAY_LEN(ips); i++) {
        struct addr from = addr(ips[i], 5000), mapped;
        int code = 0;
        assert_int_equal(send_check(&b, T0, &from, false), OK);
        assert_false(b.res.learned); /* not before it answers */
        assert_int_equal(ice_check_read(&b.check, bytes_of(b.reply, b.reply_len), &mapped, &code), OK);
        assert_true(addr_eq(&mapped, &from));
    }
}

static void the_first_check_gives_a_provisional_path_and_use_candidate_the_chosen_one(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    struct addr one = addr("192.0.2.1", 1), two = addr("192.0.2.2", 2);
    assert_int_equal(check_and_answer(&b, T0, &one, false), ICE_PATH_CHANGED);
    assert_int_equal(b.ice.state, ICE_PROVISIONAL);
    assert_true(addr_eq(&b.ice.path, &one));
    assert_int_equal(check_and_answer(&b, T0, &two, false), ICE_NOTHING);
    assert_true(addr_eq(&b.ice.path, &one));
    assert_int_equal(check_and_answer(&b, T0, &two, true), ICE_PATH_CHANGED);
    assert_int_equal(b.ice.state, ICE_CONNECTED);
    assert_true(addr_eq(&b.ice.path, &two));
    assert_int_equal(check_and_answer(&b, T0, &two, true), ICE_NOTHING);
    assert_int_equal(b.ice.n_remotes, 2);
}

static void a_wrong_password_learns_nothing_and_gets_401(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    struct addr from = addr("192.0.2.1", 1);
    struct ice_creds wrong = creds("serverufrag", "notthepasswordofthisone1");
    b.check.remote = &wrong;
    assert_int_equal(send_check(&b, T0, &from, true), ERR_AUTH);
    assert_int_equal(error_code(&b), 401);
    assert_int_equal(b.ice.state, ICE_NEW);
    assert_int_equal(b.ice.n_remotes, 0);
    assert_false(b.res.learned);
}

static void a_username_of_another_client_or_server_gets_401(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    struct addr from = addr("192.0.2.1", 1);
    struct ice_creds other = creds("clntX", "clientpasswordclientpass"), longer = b.server;
    b.check.local = &other;
    assert_int_equal(send_check(&b, T0, &from, true), ERR_AUTH);
    b.check.local = &b.client;
    longer.ufrag[strlen(longer.ufrag)] = 'x';
    b.check.remote = &longer;
    assert_int_equal(send_check(&b, T0, &from, true), ERR_AUTH);
    assert_int_equal(b.ice.state, ICE_NEW);
}

static void any_client_is_taken_while_its_ufrag_is_unknown(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    ice_lite_init(&b.ice, T0, &b.server, secret);
    struct addr from = addr("192.0.2.1", 1);
    assert_int_equal(send_check(&b, T0, &from, true), OK);
}

static void every_changed_byte_makes_a_check_worthless(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    struct addr from = addr("192.0.2.1", 1);
    assert_int_equal(send_check(&b, T0, &from, true), OK);
    ice_lite_init(&b.ice, T0, &b.server, secret);
    for (size_t i = 0; i < b.request_len; i++) {
        uint8_t copy[ICE_REQUEST_CAP];
        memcpy(copy, b.request, b.request_len);
        copy[i] ^= 0x20;
        assert_int_not_equal(deliver(&b, T0, &from, bytes_of(copy, b.request_len)), OK);
        assert_int_equal(b.ice.n_remotes, 0);
    }
    for (size_t len = 0; len < b.request_len; len++)
        assert_int_equal(deliver(&b, T0, &from, bytes_of(b.request, len)), ERR_SYNTAX);
}

static void without_username_or_integrity_a_request_gets_400(void **state)
{
    (void)state;
    static const uint8_t bare[] = {0x00, 0x01, 0x00, 0x08, 0x21, 0x12, 0xa4, 0x42, 1,    2,    3,    4,    5, 6,
                                   7,    8,    9,    10,   11,   12,   0x80, 0x28, 0x00, 0x04, 0x00, 0x00, 0, 0};
    struct bench b;
    bench_init(&b);
    uint8_t msg[sizeof(bare)];
    memcpy(msg, bare, sizeof(bare));
    uint32_t crc = 0xFFFFFFFF;
    for (size_t i = 0; i < 20; i++) {
        crc ^= msg[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
    }
    struct wr w = wr_of(msg + 24, 4);
    wr_u32(&w, ~crc ^ 0x5354554e);
    struct addr from = addr("192.0.2.1", 1);
    assert_int_equal(deliver(&b, T0, &from, bytes_of(msg, sizeof(msg))), ERR_SYNTAX);
    memcpy(b.check.txid, msg + 8, ICE_TXID_LEN);
    assert_int_equal(error_code(&b), 400);
    assert_int_equal(b.ice.n_remotes, 0);
}

/* USERNAME "evtj:h6vY", nine empty attributes 0x7000…0x7008, integrity by the password of RFC 5769. */
static const uint8_t unknown_attributes[] = {
    0x00, 0x01, 0x00, 0x54, 0x21, 0x12, 0xa4, 0x42, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09,
    0x0a, 0x0b, 0x00, 0x06, 0x00, 0x09, 0x65, 0x76, 0x74, 0x6a, 0x3a, 0x68, 0x36, 0x76, 0x59, 0x00, 0x00, 0x00,
    0x70, 0x00, 0x00, 0x00, 0x70, 0x01, 0x00, 0x00, 0x70, 0x02, 0x00, 0x00, 0x70, 0x03, 0x00, 0x00, 0x70, 0x04,
    0x00, 0x00, 0x70, 0x05, 0x00, 0x00, 0x70, 0x06, 0x00, 0x00, 0x70, 0x07, 0x00, 0x00, 0x70, 0x08, 0x00, 0x00,
    0x00, 0x08, 0x00, 0x14, 0xcc, 0x85, 0x5a, 0xfb, 0x4a, 0x3c, 0xfa, 0x00, 0xda, 0x2e, 0xa6, 0x94, 0x5f, 0xa3,
    0x35, 0x86, 0xb5, 0x78, 0x3d, 0xbb, 0x80, 0x28, 0x00, 0x04, 0x27, 0xdb, 0xd3, 0x9f};

static void unknown_attributes_get_420_and_teach_nothing(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    struct ice_creds server = creds("evtj", "VOkJxbRl1RmTxUk/WvJxBt");
    ice_lite_init(&b.ice, T0, &server, secret);
    struct addr from = addr("192.0.2.1", 1);
    assert_int_equal(deliver(&b, T0, &from, bytes_of(unknown_attributes, sizeof(unknown_attributes))), ERR_UNSUPPORTED);
    b.check.remote = &server;
    memcpy(b.check.txid, unknown_attributes + 8, ICE_TXID_LEN);
    assert_int_equal(error_code(&b), 420);
    assert_int_equal(b.ice.n_remotes, 0);
}

static void responses_and_indications_are_ignored(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    struct addr from = addr("192.0.2.1", 1);
    assert_int_equal(deliver(&b, T0, &from, bytes_of(rfc5769_response_v4, sizeof(rfc5769_response_v4))), ERR_STATE);
    assert_int_equal(b.reply_len, 0);
}

static void the_ninth_address_pushes_out_the_one_unheard_for_longest(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    for (uint16_t i = 0; i < ICE_REMOTES; i++) {
        struct addr from = addr("192.0.2.1", (uint16_t)(100 + i));
        (void)check_and_answer(&b, T0 + i, &from, i == 0);
        assert_false(b.res.forgot);
    }
    struct addr ninth = addr("192.0.2.1", 200), second = addr("192.0.2.1", 101), path = addr("192.0.2.1", 100);
    assert_int_equal(send_check(&b, T0 + 9, &ninth, false), OK);
    assert_true(b.res.forgot);
    assert_true(addr_eq(&b.res.forgotten, &second)); /* 100 is older, but is the path */
    assert_true(addr_eq(&b.ice.path, &path));
    assert_int_equal(b.ice.n_remotes, ICE_REMOTES);
}

static void silence_is_told_after_5_s_and_consent_is_lost_after_30(void **state)
{
    (void)state;
    struct bench b;
    struct addr from = addr("192.0.2.1", 1), to;
    bench_init(&b);
    assert_int_equal(ice_lite_deadline(&b.ice), T0 + 30 * SEC);
    assert_int_equal(check_and_answer(&b, T0, &from, true), ICE_PATH_CHANGED);
    assert_int_equal(ice_lite_tick(&b.ice, T0 + 5 * SEC - 1), ICE_NOTHING);
    assert_int_equal(ice_lite_tick(&b.ice, T0 + 5 * SEC), ICE_SILENT);
    assert_int_equal(ice_lite_tick(&b.ice, T0 + 6 * SEC), ICE_NOTHING);
    assert_int_equal(send_check(&b, T0 + 7 * SEC, &from, false), OK);
    assert_int_equal(b.res.event, ICE_HEARD);
    assert_true(asked(&b, T0 + 7 * SEC, &to));
    assert_int_equal(answer_from(&b, T0 + 7 * SEC, &from), OK);
    assert_int_equal(ice_lite_tick(&b.ice, T0 + 12 * SEC), ICE_SILENT);
    assert_int_equal(ice_lite_tick(&b.ice, T0 + 37 * SEC - 1), ICE_NOTHING);
    assert_int_equal(ice_lite_tick(&b.ice, T0 + 37 * SEC), ICE_CONSENT_LOST);
    assert_int_equal(ice_lite_tick(&b.ice, T0 + 99 * SEC), ICE_NOTHING);
    assert_int_equal(ice_lite_deadline(&b.ice), USEC_NEVER);
    assert_int_equal(send_check(&b, T0 + 99 * SEC, &from, true), ERR_STATE);
    assert_int_equal(b.reply_len, 0);
}

static void old_credentials_hold_until_a_restart_has_its_pair(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    struct addr old_path = addr("192.0.2.1", 1), new_path = addr("192.0.2.9", 9);
    assert_int_equal(check_and_answer(&b, T0, &old_path, true), ICE_PATH_CHANGED);
    struct ice_creds server2 = creds("second", "secondpasswordsecondpass"),
                     client2 = creds("cli2", "abcdefghijklmnopqrstuvwx");
    ice_lite_restart(&b.ice, &server2);
    ice_lite_set_remote(&b.ice, &client2);
    assert_true(ice_lite_is_ufrag(&b.ice, BYTES_LIT("serverufrag")));
    assert_true(ice_lite_is_ufrag(&b.ice, BYTES_LIT("second")));
    assert_int_equal(send_check(&b, T0 + SEC, &old_path, true), OK); /* consent on the old path goes on */
    b.check.local = &client2;
    b.check.remote = &server2;
    assert_int_equal(check_and_answer(&b, T0 + 2 * SEC, &new_path, false), ICE_NOTHING);
    assert_true(addr_eq(&b.ice.path, &old_path));
    assert_int_equal(check_and_answer(&b, T0 + 2 * SEC, &new_path, true), ICE_PATH_CHANGED);
    assert_true(addr_eq(&b.ice.path, &new_path));
    assert_false(ice_lite_is_ufrag(&b.ice, BYTES_LIT("serverufrag")));
    b.check.local = &b.client;
    b.check.remote = &b.server;
    assert_int_equal(send_check(&b, T0 + 3 * SEC, &old_path, true), ERR_AUTH);
}

static void every_cell_of_the_state_table_is_right(void **state)
{
    (void)state;
    for (unsigned s = 0; s < ICE_STATES; s++)
        assert_int_equal(ice_state_next((enum ice_state)s, ICE_IN_TIMEOUT), ICE_EXPIRED);
    for (unsigned in = 0; in < ICE_INPUTS; in++)
        assert_int_equal(ice_state_next(ICE_EXPIRED, (enum ice_input)in), ICE_EXPIRED);
    assert_int_equal(ice_state_next(ICE_NEW, ICE_IN_CHECK), ICE_PROVISIONAL);
    assert_int_equal(ice_state_next(ICE_NEW, ICE_IN_NOMINATION), ICE_CONNECTED);
    assert_int_equal(ice_state_next(ICE_PROVISIONAL, ICE_IN_CHECK), ICE_PROVISIONAL);
    assert_int_equal(ice_state_next(ICE_PROVISIONAL, ICE_IN_NOMINATION), ICE_CONNECTED);
    assert_int_equal(ice_state_next(ICE_CONNECTED, ICE_IN_CHECK), ICE_CONNECTED);
    assert_int_equal(ice_state_next(ICE_CONNECTED, ICE_IN_NOMINATION), ICE_CONNECTED);
}

static void credentials_have_the_length_and_alphabet_of_rfc8839_5_4(void **state)
{
    (void)state;
    struct ice_creds c;
    struct bytes pwd = BYTES_LIT("1234567890123456789012");
    char longest[ICE_CRED_MAX + 1];
    memset(longest, 'a', sizeof(longest));
    assert_int_equal(ice_creds_set(&c, BYTES_LIT("abcd"), pwd), OK);
    assert_int_equal(ice_creds_set(&c, BYTES_LIT("abc"), pwd), ERR_SYNTAX);
    assert_int_equal(ice_creds_set(&c, BYTES_LIT("ab:d"), pwd), ERR_SYNTAX);
    assert_int_equal(ice_creds_set(&c, BYTES_LIT("abcd"), bytes_of(pwd.p, 21)), ERR_SYNTAX);
    assert_int_equal(ice_creds_set(&c, bytes_of(longest, ICE_CRED_MAX), pwd), OK);
    assert_int_equal(ice_creds_set(&c, bytes_of(longest, ICE_CRED_MAX + 1), pwd), ERR_SYNTAX);
}

static void the_longest_credentials_work_together(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b);
    memset(b.server.ufrag, 's', ICE_CRED_MAX);
    memset(b.client.ufrag, 'c', ICE_CRED_MAX);
    memset(b.server.pwd, 'p', ICE_CRED_MAX);
    ice_lite_init(&b.ice, T0, &b.server, secret);
    ice_lite_set_remote(&b.ice, &b.client);
    struct addr from = addr("2001:db8::1", 1);
    assert_int_equal(send_check(&b, T0, &from, true), OK);
    assert_true(b.reply_len > 0);
}

static void a_peek_finds_our_ufrag_before_anything_is_verified(void **state)
{
    (void)state;
    struct bytes ufrag, in = bytes_of(rfc5769_request, sizeof(rfc5769_request));
    assert_int_equal(ice_peek_username(in, &ufrag), OK);
    assert_true(bytes_eq(ufrag, BYTES_LIT("evtj")));
    in.len -= 4;
    assert_int_not_equal(ice_peek_username(in, &ufrag), OK);
    assert_int_equal(ice_peek_username(bytes_of(rfc5769_response_v4, sizeof(rfc5769_response_v4)), &ufrag),
                     ERR_NOT_FOUND);
    assert_int_not_equal(ice_peek_username(BYTES_LIT(""), &ufrag), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc5769_2_1_request_is_authentic_but_from_a_controlled_agent),
        cmocka_unit_test(rfc5769_2_2_and_2_3_responses_give_the_mapped_address),
        cmocka_unit_test(a_check_is_answered_with_the_address_it_came_from),
        cmocka_unit_test(the_first_check_gives_a_provisional_path_and_use_candidate_the_chosen_one),
        cmocka_unit_test(a_wrong_password_learns_nothing_and_gets_401),
        cmocka_unit_test(a_username_of_another_client_or_server_gets_401),
        cmocka_unit_test(any_client_is_taken_while_its_ufrag_is_unknown),
        cmocka_unit_test(every_changed_byte_makes_a_check_worthless),
        cmocka_unit_test(without_username_or_integrity_a_request_gets_400),
        cmocka_unit_test(unknown_attributes_get_420_and_teach_nothing),
        cmocka_unit_test(responses_and_indications_are_ignored),
        cmocka_unit_test(the_ninth_address_pushes_out_the_one_unheard_for_longest),
        cmocka_unit_test(silence_is_told_after_5_s_and_consent_is_lost_after_30),
        cmocka_unit_test(old_credentials_hold_until_a_restart_has_its_pair),
        cmocka_unit_test(every_cell_of_the_state_table_is_right),
        cmocka_unit_test(credentials_have_the_length_and_alphabet_of_rfc8839_5_4),
        cmocka_unit_test(the_longest_credentials_work_together),
        cmocka_unit_test(a_peek_finds_our_ufrag_before_anything_is_verified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
