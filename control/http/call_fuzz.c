/* Any Cookie header: what a name finds is the value of the first cookie of exactly that name, in no way more. */
#include "http/http_priv.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The same, the long way. Answers how long the value is, -1: there is none. */
static long find(const char *header, const char *name, const char **value)
{
    size_t name_len = strlen(name);
    for (const char *p = header; *p;) {
        const char *end = strchr(p, ';') ? strchr(p, ';') : p + strlen(p);
        while (p < end && (*p == ' ' || *p == '\t'))
            p++;
        if ((size_t)(end - p) > name_len && memcmp(p, name, name_len) == 0 && p[name_len] == '=') {
            *value = p + name_len + 1;
            return (long)(end - *value);
        }
        p = *end ? end + 1 : end;
    }
    return -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const names[] = {"sid", "s", "__Host-sid", ""};
    char *text = malloc(len + 1);
    if (!text)
        abort();
    if (len)
        memcpy(text, data, len);
    text[len] = '\0'; /* no header has a NUL: h1.h */
    struct call_header header = {"cookie", text};
    struct call c = {.headers = &header, .n_headers = 1};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *value = NULL, *got = call_cookie(&c, names[i]);
        long wanted = find(text, names[i], &value);
        if ((wanted < 0) != (got == NULL))
            abort();
        if (got && (strlen(got) != (size_t)wanted || memcmp(got, value, (size_t)wanted) != 0))
            abort();
    }
    free(c.cookies);
    free(text);
    return 0;
}
