/* sfu_codec.c: lines of JSON, put together and read. */
#include "sfuclient/sfu_codec.h"

#include <stdlib.h>

void sfu_msg_reset(struct sfu_msg *m)
{
    json_decref(m->json);
    *m = (struct sfu_msg){0};
}

void sfu_decoder_init(struct sfu_decoder *d)
{
    *d = (struct sfu_decoder){0};
}

void sfu_decoder_reset(struct sfu_decoder *d)
{
    buf_reset(&d->line);
    sfu_decoder_init(d);
}

static const char *text_of(const json_t *object, const char *name, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : otherwise;
}

static enum err read_response(struct sfu_msg *m, const json_t *id)
{
    const json_t *ok = json_object_get(m->json, "ok");
    if (!json_is_integer(id) || json_integer_value(id) < 0 || !json_is_boolean(ok))
        return ERR_SYNTAX;
    const json_t *error = json_object_get(m->json, "error");
    m->type = SFU_MSG_RESPONSE;
    m->id = (uint64_t)json_integer_value(id);
    m->ok = json_is_true(ok);
    m->code = m->ok ? NULL : text_of(error, "code", "internal");
    m->message = m->ok ? NULL : text_of(error, "message", "");
    return OK;
}

static enum err read_message(struct bytes line, struct sfu_msg *m)
{
    struct sfu_msg out = {.json = json_loadb((const char *)line.p, line.len, JSON_REJECT_DUPLICATES, NULL)};
    enum err e = json_is_object(out.json) ? OK : ERR_SYNTAX;
    const json_t *id = json_object_get(out.json, "id");
    if (!e && id) {
        e = read_response(&out, id);
    } else if (!e) {
        out.type = SFU_MSG_NOTIFICATION;
        out.event = text_of(out.json, "event", NULL);
        e = out.event ? OK : ERR_SYNTAX;
    }
    if (e)
        sfu_msg_reset(&out);
    else
        *m = out;
    return e;
}

enum err sfu_decode(struct sfu_decoder *d, struct rd *in, struct sfu_msg *m)
{
    for (;;) {
        size_t left = rd_left(in);
        const uint8_t *end = left ? memchr(in->p, '\n', left) : NULL;
        struct bytes part = rd_bytes(in, end ? (size_t)(end - in->p) : left);
        if (!end || d->line.len) {
            enum err e = buf_put(&d->line, part, SFU_LINE_MAX);
            if (e || !end)
                return e ? e : ERR_SHORT;
        }
        rd_skip(in, 1);
        struct bytes line = d->line.len ? buf_bytes(&d->line) : part;
        buf_take(&d->line, d->line.len);
        if (line.len > SFU_LINE_MAX)
            return ERR_FULL;
        if (line.len)
            return read_message(line, m);
    }
}

enum err sfu_encode(uint64_t id, const char *op, json_t *fields, char **line, size_t *len)
{
    json_t *object = json_pack("{s:I,s:s}", "id", (json_int_t)id, "op", op);
    char *text = NULL;
    if (object && (!fields || json_object_update_missing(object, fields) == 0))
        text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    if (!text)
        return ERR_NOMEM;
    size_t n = strlen(text);
    if (n > SFU_LINE_MAX) {
        free(text);
        return ERR_FULL;
    }
    text[n] = '\n'; /* in the place of the NUL: the line has a length */
    *line = text;
    *len = n + 1;
    return OK;
}
