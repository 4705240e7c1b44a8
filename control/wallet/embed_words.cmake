# cmake -DOUT=file.c -DWORDS=english.txt -P embed_words.cmake: the word list of BIP-39 as bip39_words[2048].
file(STRINGS ${WORDS} words)
list(LENGTH words n)
if(NOT n EQUAL 2048)
  message(FATAL_ERROR "${WORDS} has ${n} words, not 2048")
endif()
list(JOIN words "\",\n    \"" body)
file(WRITE ${OUT} "/* Generated from english.txt by embed_words.cmake. */
#include \"wallet/bip39.h\"

const char bip39_words[BIP39_WORDS][BIP39_WORD_CAP] = {
    \"${body}\",
};
")
