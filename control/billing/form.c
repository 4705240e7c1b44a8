#include "billing/form.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

void form_init(struct form *f)
{
    *f = (struct form){0};
}

static bool form_room(struct form *f, size_t more)
{
    if (f->failed || f->cap - f->len > more)
        return !f->failed;
    size_t cap = (f->len + more + 1) * 2;
    char *text = realloc(f->text, cap);
    if (!text) {
        f->failed = true;
        return false;
    }
    f->text = text;
    f->cap = cap;
    return true;
}

static void form_byte(struct form *f, char c)
{
    if (!form_room(f, 1))
        return;
    f->text[f->len++] = c;
    f->text[f->len] = 0;
}

void form_part(struct form *f, struct bytes part)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < part.len; i++) {
        uint8_t c = part.p[i];
        if (isalnum(c) || c == '-' || c == '.' || c == '_' || c == '*') {
            form_byte(f, (char)c);
            continue;
        }
        form_byte(f, '%');
        form_byte(f, digits[c >> 4]);
        form_byte(f, digits[c & 15]);
    }
}

void form_name(struct form *f, const char *name)
{
    if (f->len)
        form_byte(f, '&');
    form_part(f, bytes_str(name));
    form_byte(f, '=');
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
    char *text = f->text;
    f->text = NULL;
    if (!f->failed)
        return text;
    free(text);
    return NULL;
}
