/* encode.c: a payload is written as JSON once, however many hear it, now or later. */
#include "live/encode.h"
#include "live/live_priv.h"

#include <stdlib.h>
#include <string.h>

static enum err encode_plain(struct live *l, const struct effect *e, struct sio_msg **msg)
{
    json_t *args = json_pack("[O]", e->payload);
    enum err err = args ? sio_encode(l->cfg.sio, 0, e->event, (struct sio_args){.list = args}, msg) : ERR_NOMEM;
    json_decref(args);
    return err;
}

/* The rest of the payload is small: it is written, and `participants` is put in at its end. */
static enum err encode_people(struct live *l, const struct effect *e, struct sio_msg **msg)
{
    static const char key[] = ",\"participants\":";
    json_t *rest = json_copy(e->payload);
    if (rest)
        json_object_del(rest, "participants");
    char *text = rest ? json_dumps(rest, JSON_COMPACT) : NULL;
    size_t len = text ? strlen(text) - 1 : 0, people = strlen(e->people); /* without the } */
    char *all = text ? malloc(len + sizeof key + people + 1) : NULL;
    enum err err = ERR_NOMEM;
    if (all) {
        memcpy(all, text, len);
        memcpy(all + len, key, sizeof key - 1);
        memcpy(all + len + sizeof key - 1, e->people, people);
        len += sizeof key - 1 + people;
        all[len++] = '}';
        err = sio_encode_json(l->cfg.sio, 0, e->event, bytes_of((const uint8_t *)all, len), msg);
    }
    free(all);
    free(text);
    json_decref(rest);
    return err;
}

static void forget(struct encoded *kept)
{
    json_decref(kept->payload);
    sio_msg_unref(kept->msg);
    *kept = (struct encoded){0};
}

static enum err encode_kept(struct live *l, const struct effect *e, struct sio_msg **msg)
{
    struct encoded *kept = &l->encoded[((uintptr_t)e->payload >> 4) % ENCODED_KEPT];
    if (kept->payload != e->payload) {
        forget(kept);
        enum err err = encode_plain(l, e, &kept->msg);
        if (err)
            return err;
        kept->payload = json_incref(e->payload);
    }
    *msg = sio_msg_ref(kept->msg);
    return OK;
}

enum err encode_emit(struct live *l, const struct effect *e, struct sio_msg **msg)
{
    return e->again ? encode_kept(l, e, msg) : e->people ? encode_people(l, e, msg) : encode_plain(l, e, msg);
}

void encode_reset(struct live *l)
{
    for (unsigned i = 0; i < ENCODED_KEPT; i++)
        forget(&l->encoded[i]);
}
