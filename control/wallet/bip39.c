/* bip39.c: words to entropy and its checksum, words to a seed. */
#include "wallet/bip39.h"
#include "common/openssl.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define BITS_A_WORD 11
#define ROUNDS      2048
#define SALT_CAP    (sizeof "mnemonic" + 100)
#define SPACES      " \t\r\n"

/* A mnemonic as BIP-39 means it: words by number, and its text with one space between them. Secret: wiped by its user.
 */
struct phrase {
    unsigned n_words;
    uint16_t words[BIP39_MAX_WORDS];
    char text[BIP39_TEXT_CAP];
    size_t text_len;
};

/* Its number, or -1. */
static int word_find(const char *word, size_t len)
{
    int low = 0, high = BIP39_WORDS - 1;
    while (low <= high) {
        int middle = (low + high) / 2;
        const char *there = bip39_words[middle];
        int order = strncmp(word, there, len);
        if (order == 0 && there[len])
            order = -1; /* it only begins like that */
        if (order == 0)
            return middle;
        if (order < 0)
            high = middle - 1;
        else
            low = middle + 1;
    }
    return -1;
}

static void phrase_add(struct phrase *p, int word)
{
    if (p->text_len)
        p->text[p->text_len++] = ' ';
    size_t len = strlen(bip39_words[word]);
    memcpy(p->text + p->text_len, bip39_words[word], len);
    p->text_len += len;
    p->words[p->n_words++] = (uint16_t)word;
}

static enum err phrase_read(const char *text, struct phrase *p)
{
    memset(p, 0, sizeof *p);
    for (text += strspn(text, SPACES); *text; text += strspn(text, SPACES)) {
        size_t len = strcspn(text, SPACES);
        if (p->n_words == BIP39_MAX_WORDS)
            return ERR_SYNTAX;
        int word = len < BIP39_WORD_CAP ? word_find(text, len) : -1;
        if (word < 0) {
            p->n_words++;
            return ERR_NOT_FOUND;
        }
        phrase_add(p, word);
        text += len;
    }
    return p->n_words >= 12 && p->n_words % 3 == 0 ? OK : ERR_SYNTAX;
}

/* 33 bits are 32 of entropy and 1 of its SHA-256. */
static enum err phrase_checksum(const struct phrase *p)
{
    uint8_t bits[BIP39_MAX_WORDS * BITS_A_WORD / 8 + 1] = {0}, digest[SHA256_DIGEST_LENGTH];
    for (unsigned i = 0; i < p->n_words * BITS_A_WORD; i++) {
        unsigned bit = p->words[i / BITS_A_WORD] >> (BITS_A_WORD - 1 - i % BITS_A_WORD) & 1;
        bits[i / 8] |= (uint8_t)(bit << (7 - i % 8));
    }
    unsigned n_check = p->n_words / 3, entropy_len = n_check * 4;
    SHA256(bits, entropy_len, digest);
    bool good = bits[entropy_len] == (uint8_t)(digest[0] & (0xff00 >> n_check));
    OPENSSL_cleanse(bits, sizeof bits);
    OPENSSL_cleanse(digest, sizeof digest);
    return good ? OK : ERR_AUTH;
}

enum err bip39_check(const char *mnemonic, unsigned *n_words)
{
    struct phrase p;
    enum err e = phrase_read(mnemonic, &p);
    if (!e)
        e = phrase_checksum(&p);
    *n_words = p.n_words;
    OPENSSL_cleanse(&p, sizeof p);
    return e;
}

enum err bip39_seed(const char *mnemonic, const char *passphrase, uint8_t seed[BIP39_SEED_LEN])
{
    char salt[SALT_CAP];
    int salt_len = snprintf(salt, sizeof salt, "mnemonic%s", passphrase);
    if (salt_len >= (int)sizeof salt)
        return ERR_FULL;
    struct phrase p;
    enum err e = phrase_read(mnemonic, &p);
    if (!e)
        e = phrase_checksum(&p);
    if (!e && PKCS5_PBKDF2_HMAC(p.text, (int)p.text_len, (const uint8_t *)salt, salt_len, ROUNDS, EVP_sha512(),
                                BIP39_SEED_LEN, seed) != 1)
        e = ERR_NOMEM;
    OPENSSL_cleanse(&p, sizeof p);
    OPENSSL_cleanse(salt, sizeof salt);
    return e;
}
