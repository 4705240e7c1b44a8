/* form.h: writes a body of application/x-www-form-urlencoded (URL Standard 5.2). Grows as needed; a failed allocation
 * shows when it is taken. */
#pragma once
#include "common/buf.h"

struct form {
    struct buf text;
};

void form_init(struct form *f);
void form_text(struct form *f, const char *name, const char *value);
void form_int(struct form *f, const char *name, int64_t value);
/* A value in parts: its name, then each part. */
void form_name(struct form *f, const char *name);
void form_part(struct form *f, struct bytes part);
char *form_take(struct form *f); /* NUL-terminated; the caller frees it. NULL: no memory. Call it once, in any case */
