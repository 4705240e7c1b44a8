#include "billing/form.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

void form_init(struct form *f)
{
    *f = (struct form){0};
}

static void form_byte(struct buf *text, char c)
{
    buf_add(text, &c, 1);
}

void form_part(struct form *f, struct bytes part)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < part.len; i++) {
        uint8_t c = part.p[i];
        if (isalnum(c) || c == '-' || c == '.' || c == '_' || c == '*') {
            form_byte(&f->text, (char)c);
            continue;
        }
        form_byte(&f->text, '%');
        form_byte(&f->text, digits[c >> 4]);
        form_byte(&f->text, digits[c & 15]);
    }
}

void form_name(struct form *f, const char *name)
{
    if (f->text.len)
        form_byte(&f->text, '&');
    form_part(f, bytes_str(name));
    form_byte(&f->text, '=');
}

void form_text(struct form *f, const char *name, const char *value)
{
    form_name(f, name);
    form_part(f, bytes_str(value));
}

void form_int(struct form *f, const char *name, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    form_text(f, name, text);
}

char *form_take(struct form *f)
{
    return buf_give(&f->text);
}
