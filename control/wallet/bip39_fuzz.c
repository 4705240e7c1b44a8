/* Any text as a mnemonic: what is accepted has 12…24 words of the list, and is accepted again when it is written
 * plainly.
 */
#include "wallet/bip39.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Words that are known, parted by one space; NULL if one isn't. */
static char *plain(const char *text)
{
    char *out = calloc(1, strlen(text) + 2), *copy = strdup(text), *rest = NULL;
    if (!out || !copy)
        abort();
    for (char *word = strtok_r(copy, " \t\r\n", &rest); word; word = strtok_r(NULL, " \t\r\n", &rest)) {
        unsigned i = 0;
        while (i < BIP39_WORDS && strcmp(bip39_words[i], word) != 0)
            i++;
        if (i == BIP39_WORDS)
            abort();
        strcat(strcat(out, *out ? " " : ""), word);
    }
    free(copy);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text)
        abort();
    if (size)
        memcpy(text, data, size);
    text[size] = 0;
    unsigned n = 0, again = 0;
    if (bip39_check(text, &n) == OK) {
        char *same = plain(text);
        if (n < 12 || n > BIP39_MAX_WORDS || bip39_check(same, &again) != OK || again != n)
            abort();
        free(same);
    } else if (n > BIP39_MAX_WORDS) {
        abort();
    }
    free(text);
    return 0;
}
