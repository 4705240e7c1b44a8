/* What may be called under the strict rules may be called under the loose ones too, begins with https://, and has none
 * of the characters by which a request could be split. */
#include "client/url.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    const char *why = NULL;
    if (!text)
        return 0;
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    enum err strict = url_check(text, 0, &why);
    if (strict && !why)
        abort();
    enum err loose = url_check(text, URL_ALLOW_HTTP | URL_ALLOW_PRIVATE, &why);
    if (!strict && (loose || strncasecmp(text, "https://", 8) != 0 || strpbrk(text, "\r\n\t \\")))
        abort();
    if (strict == ERR_SYNTAX && !loose && strncasecmp(text, "http", 4) != 0)
        abort();
    free(text);
    return 0;
}
