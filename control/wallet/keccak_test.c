/* Keccak-256: known digests, and the same sponge as SHA3-256 against OpenSSL's. */
#include "wallet/keccak.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "common/openssl.h"
#include <openssl/evp.h>

static void assert_keccak(const char *text, const char *want)
{
    uint8_t digest[KECCAK_LEN];
    char hex[2 * KECCAK_LEN + 1];
    keccak_256(bytes_str(text), digest);
    for (unsigned i = 0; i < KECCAK_LEN; i++)
        sprintf(hex + 2 * (size_t)i, "%02x", digest[i]);
    assert_string_equal(hex, want);
}

static void known_texts_have_their_known_digests(void **state)
{
    (void)state;
    assert_keccak("", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    assert_keccak("abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
    assert_keccak("Transfer(address,address,uint256)",
                  "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
}

static void with_the_standards_padding_it_is_sha3_256_at_every_length(void **state)
{
    (void)state;
    uint8_t in[600], ours[KECCAK_LEN], theirs[EVP_MAX_MD_SIZE];
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)(i * 31 + i / 7);
    for (size_t len = 0; len <= sizeof in; len++) {
        keccak_padded(bytes_of(in, len), 0x06, ours);
        assert_int_equal(EVP_Digest(in, len, theirs, NULL, EVP_sha3_256(), NULL), 1);
        assert_memory_equal(ours, theirs, KECCAK_LEN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_texts_have_their_known_digests),
        cmocka_unit_test(with_the_standards_padding_it_is_sha3_256_at_every_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
