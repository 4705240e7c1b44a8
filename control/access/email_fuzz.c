/* Any text as an e-mail address: what is taken is in lower case, has one @, and is taken again as it is. */
#include "access/email.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(int b)
{
    if (!b)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char out[EMAIL_CAP], again[EMAIL_CAP], folded[EMAIL_CAP];
    char *text = malloc(len + 1);
    must(text != NULL);
    if (len)
        memcpy(text, data, len);
    text[len] = '\0';
    if (email_read(text, out) == OK) {
        const char *at = strchr(out, '@');
        must(at && at != out && !strchr(at + 1, '@') && strchr(at, '.'));
        for (const char *p = out; *p; p++)
            must(*p > ' ' && *p < 0x7f && (*p < 'A' || *p > 'Z') && !strchr("<>()[],;:\\\"", *p));
        must(email_read(out, again) == OK && strcmp(out, again) == 0);
        must(email_fold(text, folded) == OK && strcmp(out, folded) == 0);
    }
    if (email_fold(text, folded) == OK)
        must(strlen(folded) <= strlen(text) && email_fold(folded, again) == OK && strcmp(folded, again) == 0);
    free(text);
    return 0;
}
