/* BIP-32: the vectors published with it. Their "ext prv" and "ext pub", decoded from Base58: key, chain code, point. */
#include "wallet/bip32.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "common/openssl.h"
#include <openssl/crypto.h>

/* A row with a seed begins a chain at m; the others go one step further. */
static const struct {
    const char *seed;
    uint32_t index;
    const char *key, *chain, *point;
} vectors[] = {
    /* test vector 1 */
    {"000102030405060708090a0b0c0d0e0f", 0, "e8f32e723decf4051aefac8e2c93c9c5b214313817cdb01a1494b917c8436b35",
     "873dff81c02f525623fd1fe5167eac3a55a049de3d314bb42ee227ffed37d508",
     "0339a36013301597daef41fbe593a02cc513d0b55527ec2df1050e2e8ff49c85c2"},
    {NULL, 0u | BIP32_HARDENED, "edb2e14f9ee77d26dd93b4ecede8d16ed408ce149b6cd80b0715a2d911a0afea",
     "47fdacbd0f1097043b78c63c20c34ef4ed9a111d980047ad16282c7ae6236141",
     "035a784662a4a20a65bf6aab9ae98a6c068a81c52e4b032c0fb5400c706cfccc56"},
    {NULL, 1, "3c6cb8d0f6a264c91ea8b5030fadaa8e538b020f0a387421a12de9319dc93368",
     "2a7857631386ba23dacac34180dd1983734e444fdbf774041578e9b6adb37c19",
     "03501e454bf00751f24b1b489aa925215d66af2234e3891c3b21a52bedb3cd711c"},
    {NULL, 2u | BIP32_HARDENED, "cbce0d719ecf7431d88e6a89fa1483e02e35092af60c042b1df2ff59fa424dca",
     "04466b9cc8e161e966409ca52986c584f07e9dc81f735db683c3ff6ec7b1503f",
     "0357bfe1e341d01c69fe5654309956cbea516822fba8a601743a012a7896ee8dc2"},
    {NULL, 2, "0f479245fb19a38a1954c5c7c0ebab2f9bdfd96a17563ef28a6a4b1a2a764ef4",
     "cfb71883f01676f587d023cc53a35bc7f88f724b1f8c2892ac1275ac822a3edd",
     "02e8445082a72f29b75ca48748a914df60622a609cacfce8ed0e35804560741d29"},
    {NULL, 1000000000, "471b76e389e528d6de6d816857e012c5455051cad6660850e58372a6c3e6e7c8",
     "c783e67b921d2beb8f6b389cc646d7263b4145701dadd2161548a8b078e65e9e",
     "022a471424da5e657499d1ff51cb43c47481a03b1e77f951fe64cec9f5a48f7011"},
    /* test vector 2 */
    {"fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a29f9c999693908d8a8784817e7b787572"
     "6f6c696663605d5a5754514e4b484542",
     0, "4b03d6fc340455b363f51020ad3ecca4f0850280cf436c70c727923f6db46c3e",
     "60499f801b896d83179a4374aeb7822aaeaceaa0db1f85ee3e904c4defbd9689",
     "03cbcaa9c98c877a26977d00825c956a238e8dddfbd322cce4f74b0b5bd6ace4a7"},
    {NULL, 0, "abe74a98f6c7eabee0428f53798f0ab8aa1bd37873999041703c742f15ac7e1e",
     "f0909affaa7ee7abe5dd4e100598d4dc53cd709d5a5c2cac40e7412f232f7c9c",
     "02fc9e5af0ac8d9b3cecfe2a888e2117ba3d089d8585886c9c826b6b22a98d12ea"},
    {NULL, 2147483647u | BIP32_HARDENED, "877c779ad9687164e9c2f4f0f4ff0340814392330693ce95a58fe18fd52e6e93",
     "be17a268474a6bb9c61e1d720cf6215e2a88c5406c4aee7b38547f585c9a37d9",
     "03c01e7425647bdefa82b12d9bad5e3e6865bee0502694b94ca58b666abc0a5c3b"},
    {NULL, 1, "704addf544a06e5ee4bea37098463c23613da32020d604506da8c0518e1da4b7",
     "f366f48f1ea9f2d1d3fe958c95ca84ea18e4c4ddb9366c336c927eb246fb38cb",
     "03a7d1d856deb74c508e05031f9895dab54626251b3806e16b4bd12e781a7df5b9"},
    {NULL, 2147483646u | BIP32_HARDENED, "f1c7c871a54a804afe328b4c83a1c33b8e5ff48f5087273f04efa83b247d6a2d",
     "637807030d55d01f9a0cb3a7839515d796bd07706386a6eddf06cc29a65a0e29",
     "02d2b36900396c9282fa14628566582f206a5dd0bcc8d5e892611806cafb0301f0"},
    {NULL, 2, "bb7d39bdb83ecf58f2fd82b6d918341cbef428661ef01ab97c28a4842125ac23",
     "9452b549be8cea3ecb7a84bec10dcfd94afe4d129ebfd3b3cb58eedf394ed271",
     "024d902e1a2fc7a8755ab5b694c575fce742c48d9ff192e63df5193e4c7afe1f9c"},
    /* test vector 3 */
    {"4b381541583be4423346c643850da4b320e46a87ae3d2a4e6da11eba819cd4acba45d239319ac14f863b8d5ab5a0d0c6"
     "4d2e8a1e7d1457df2e5a3c51c73235be",
     0, "00ddb80b067e0d4993197fe10f2657a844a384589847602d56f0c629c81aae32",
     "01d28a3e53cffa419ec122c968b3259e16b65076495494d97cae10bbfec3c36f",
     "03683af1ba5743bdfc798cf814efeeab2735ec52d95eced528e692b8e34c4e5669"},
    {NULL, 0u | BIP32_HARDENED, "491f7a2eebc7b57028e0d3faa0acda02e75c33b03c48fb288c41e2ea44e1daef",
     "e5fea12a97b927fc9dc3d2cb0d1ea1cf50aa5a1fdc1f933e8906bb38df3377bd",
     "026557fdda1d5d43d79611f784780471f086d58e8126b8c40acb82272a7712e7f2"},
    /* test vector 4 */
    {"3ddd5602285899a946114506157c7997e5444528f3003f6134712147db19b678", 0,
     "12c0d59c7aa3a10973dbd3f478b65f2516627e3fe61e00c345be9a477ad2e215",
     "d0c8a1f6edf2500798c3e0b54f1b56e45f6d03e6076abd36e5e2f54101e44ce6",
     "026f6fedc9240f61daa9c7144b682a430a3a1366576f840bf2d070101fcbc9a02d"},
    {NULL, 0u | BIP32_HARDENED, "00d948e9261e41362a688b916f297121ba6bfb2274a3575ac0e456551dfd7f7e",
     "cdc0f06456a14876c898790e0b3b1a41c531170aec69da44ff7b7265bfe7743b",
     "039382d2b6003446792d2917f7ac4b3edf079a1a94dd4eb010dc25109dda680a9d"},
    {NULL, 1u | BIP32_HARDENED, "3a2086edd7d9df86c3487a5905a1712a9aa664bce8cc268141e07549eaa8661d",
     "a48ee6674c5264a237703fd383bccd9fad4d9378ac98ab05e6e7029b06360c0d",
     "032edaf9e591ee27f3c69c36221e3c54c38088ef34e93fbb9bb2d4d9b92364cbbd"},
};

static size_t unhex(const char *text, uint8_t *out, size_t cap)
{
    size_t len = 0;
    assert_int_equal(OPENSSL_hexstr2buf_ex(out, cap, &len, text, '\0'), 1);
    return len;
}

static void assert_hex(const uint8_t *p, size_t len, const char *text)
{
    uint8_t want[64];
    assert_int_equal(unhex(text, want, sizeof want), len);
    assert_memory_equal(p, want, len);
}

static void the_vectors_of_the_standard_give_their_keys(void **state)
{
    (void)state;
    struct bip32_node node = {
        {0},
        {0},
    };
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        if (vectors[i].seed) {
            uint8_t seed[64];
            assert_int_equal(bip32_master(seed, unhex(vectors[i].seed, seed, sizeof seed), &node), OK);
        } else {
            assert_int_equal(bip32_descend(&node, vectors[i].index), OK);
        }
        struct bip32_public pub;
        assert_int_equal(bip32_public_of(&node, &pub), OK);
        assert_hex(node.key, sizeof node.key, vectors[i].key);
        assert_hex(node.chain, sizeof node.chain, vectors[i].chain);
        assert_hex(pub.chain, sizeof pub.chain, vectors[i].chain);
        assert_hex(pub.point, sizeof pub.point, vectors[i].point);
    }
}

static void a_child_of_the_public_node_is_the_public_node_of_the_child(void **state)
{
    (void)state;
    struct bip32_public parent;
    unsigned checked = 0;
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        if (i > 0 && !vectors[i].seed && !(vectors[i].index & BIP32_HARDENED)) {
            unhex(vectors[i - 1].point, parent.point, sizeof parent.point);
            unhex(vectors[i - 1].chain, parent.chain, sizeof parent.chain);
            struct bip32_public child;
            assert_int_equal(bip32_public_child(&parent, vectors[i].index, &child), OK);
            assert_hex(child.point, sizeof child.point, vectors[i].point);
            assert_hex(child.chain, sizeof child.chain, vectors[i].chain);
            checked++;
        }
    }
    assert_int_equal(checked, 6);
}

static void the_public_node_has_no_hardened_children(void **state)
{
    (void)state;
    struct bip32_public parent, child;
    unhex(vectors[0].point, parent.point, sizeof parent.point);
    unhex(vectors[0].chain, parent.chain, sizeof parent.chain);
    assert_int_equal(bip32_public_child(&parent, BIP32_HARDENED, &child), ERR_DENIED);
    assert_int_equal(bip32_public_child(&parent, UINT32_MAX, &child), ERR_DENIED);
    assert_int_equal(bip32_public_child(&parent, BIP32_HARDENED - 1, &child), OK);
}

static void what_is_no_point_of_the_curve_is_refused(void **state)
{
    (void)state;
    struct bip32_public bad = {{0}, {0}}, child;
    uint8_t xy[64];
    assert_int_equal(bip32_point(&bad, xy), ERR_SYNTAX);
    assert_int_equal(bip32_public_child(&bad, 0, &child), ERR_STATE);
}

static void a_key_of_zero_gives_no_public_node_and_stays_as_it_is(void **state)
{
    (void)state;
    struct bip32_node zero = {{0}, {0}}, before = zero;
    struct bip32_public pub;
    assert_int_equal(bip32_public_of(&zero, &pub), ERR_STATE);
    assert_int_equal(bip32_descend(&zero, 1), ERR_STATE);
    assert_memory_equal(&zero, &before, sizeof zero);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_the_standard_give_their_keys),
        cmocka_unit_test(a_child_of_the_public_node_is_the_public_node_of_the_child),
        cmocka_unit_test(the_public_node_has_no_hardened_children),
        cmocka_unit_test(what_is_no_point_of_the_curve_is_refused),
        cmocka_unit_test(a_key_of_zero_gives_no_public_node_and_stays_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
