/* email.c: what an address of an account may look like, and the form in which it is compared. */
#include "access/email.h"
#include "common/text.h"

#include <stdbool.h>
#include <string.h>

#define LETTERS   "abcdefghijklmnopqrstuvwxyz"
#define DIGITS    "0123456789"
#define LOCAL_MAX 64
#define LABEL_MAX 63

enum err email_fold(const char *text, char out[EMAIL_CAP])
{
    struct bytes bare = text_bare(text);
    if (bare.len >= EMAIL_CAP)
        return ERR_SYNTAX;
    memcpy(out, bare.p, bare.len);
    out[bare.len] = '\0';
    for (char *p = out; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p |= 0x20;
    return OK;
}

/* RFC 5322 3.2.3: dot-atom, up to the '@'. */
static bool local_ok(const char *p, size_t len)
{
    if (len == 0 || len > LOCAL_MAX || strspn(p, LETTERS DIGITS "!#$%&'*+-/=?^_`{|}~.") != len)
        return false;
    return p[0] != '.' && p[len - 1] != '.' && !memmem(p, len, "..", 2);
}

/* RFC 1035 2.3.1, and RFC 1123 2.1: a label may begin with a digit. */
static bool label_ok(const char *p, size_t len)
{
    return len > 0 && len <= LABEL_MAX && strspn(p, LETTERS DIGITS "-") == len && p[0] != '-' && p[len - 1] != '-';
}

/* At least two labels, and the last isn't a number: "1.2.3.4" is no domain. */
static bool domain_ok(const char *p)
{
    unsigned n_labels = 0;
    for (;;) {
        size_t len = strcspn(p, ".");
        if (!label_ok(p, len))
            return false;
        n_labels++;
        if (!p[len])
            return n_labels >= 2 && strspn(p, DIGITS) < len;
        p += len + 1;
    }
}

enum err email_read(const char *text, char out[EMAIL_CAP])
{
    char folded[EMAIL_CAP];
    if (email_fold(text, folded))
        return ERR_SYNTAX;
    size_t local = strcspn(folded, "@");
    if (!folded[local] || !local_ok(folded, local) || !domain_ok(folded + local + 1))
        return ERR_SYNTAX;
    memcpy(out, folded, sizeof folded);
    return OK;
}
