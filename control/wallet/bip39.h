/* bip39.h: a wallet's seed from its words (BIP-39, English list). Pure; keeps nothing: what it
 * worked with is wiped from its stack. The word list is sorted and each word is known by its first four letters. */
#pragma once
#include "common/err.h"
#include <stddef.h>
#include <stdint.h>

#define BIP39_WORDS     2048
#define BIP39_WORD_CAP  9
#define BIP39_MAX_WORDS 24
#define BIP39_SEED_LEN  64
#define BIP39_TEXT_CAP  (BIP39_MAX_WORDS * BIP39_WORD_CAP)

extern const char bip39_words[BIP39_WORDS][BIP39_WORD_CAP];

/* Lower-case words with spaces, tabs or line ends around them; *n_words is how many were read, also on failure.
 * ERR_SYNTAX: not 12, 15, 18, 21 or 24 of them. ERR_NOT_FOUND: the word with that number (from 1) isn't in the list.
 * ERR_AUTH: the checksum is wrong: a word was mistyped, or they are in the wrong order. */
MUST_CHECK enum err bip39_check(const char *mnemonic, unsigned *n_words);

/* The seed, after the same checks; the caller wipes it. passphrase: ASCII, at most 100 bytes, else ERR_FULL; or "". */
MUST_CHECK enum err bip39_seed(const char *mnemonic, const char *passphrase, uint8_t seed[BIP39_SEED_LEN]);
