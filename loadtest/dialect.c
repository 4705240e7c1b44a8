/* dialect.c: Socket.IO packets of a documented client, written and read. */
#include "loadtest/dialect.h"

#include "socketio/sio_packet.h"

#include <stdlib.h>
#include <string.h>

static const struct sio_limits limits = {.max_attachments = 0, .max_depth = 16, .max_values = 200000};

void dialect_init(struct dialect *d, const char *meeting, const char *name)
{
    *d = (struct dialect){.meeting = meeting, .name = name};
}

/* An event as text; args is taken. */
static char *event_text(struct dialect *d, const char *name, json_t *arg)
{
    struct sio_packet p = {.type = SIO_EVENT, .has_id = true, .id = d->next_ack++, .nsp = BYTES_LIT("/")};
    struct eio_frame *f = NULL;
    char *text = NULL;
    p.data = json_pack("[s, o]", name, arg);
    if (p.data && sio_packet_write(&p, &f) == OK)
        text = strndup((const char *)f->data, f->len);
    eio_frame_unref(f);
    json_decref(p.data);
    return text;
}

char *dialect_tracks(struct dialect *d, bool audio, bool video)
{
    json_t *tracks = json_array();
    if (audio)
        json_array_append_new(tracks, json_pack("{s:s, s:s}", "mid", "0", "source", "microphone"));
    if (video)
        json_array_append_new(tracks, json_pack("{s:s, s:s}", "mid", audio ? "1" : "0", "source", "camera"));
    return event_text(d, "sfu:tracks", json_pack("{s:o}", "tracks", tracks));
}

char *dialect_offer(struct dialect *d, struct bytes sdp)
{
    json_t *offer = json_pack("{s:s, s:s%}", "type", "offer", "sdp", (const char *)sdp.p, sdp.len);
    return event_text(d, "signal:offer", json_pack("{s:s, s:o}", "to", "sfu", "offer", offer));
}

char *dialect_leave(struct dialect *d)
{
    return event_text(d, "leave-meeting", json_object());
}

static char *join_text(struct dialect *d)
{
    json_t *arg = json_pack("{s:s, s:s, s:s}", "meetingId", d->meeting, "name", d->name, "topology", "sfu");
    if (d->admin_token) {
        json_object_set_new(arg, "isAdmin", json_true());
        json_object_set_new(arg, "adminToken", json_string(d->admin_token));
    }
    return event_text(d, "join-meeting", arg);
}

static char *settings_text(struct dialect *d)
{
    return event_text(d, "admin:settings", json_pack("{s:i}", "maxParticipants", (int)d->max_participants));
}

static struct bytes text_of(const json_t *v)
{
    return json_is_string(v) ? bytes_of(json_string_value(v), json_string_length(v)) : (struct bytes){0};
}

/* text is borrowed from json, of which the signal keeps a reference. */
static void signal_set(struct dialect_result *out, enum signal_type type, json_t *json, struct bytes text)
{
    out->has_signal = true;
    out->signal = (struct signal){.type = type, .text = text, .json = json_incref(json)};
}

static void refused(struct dialect *d, json_t *data, struct bytes why, struct dialect_result *out)
{
    signal_set(out, d->state == DIALECT_OVER ? SIGNAL_CLOSED : SIGNAL_REFUSED, data, why);
}

static void on_answer(json_t *data, const json_t *arg, struct dialect_result *out)
{
    const char *from = json_string_value(json_object_get(arg, "from"));
    json_t *sdp = json_object_get(json_object_get(arg, "answer"), "sdp");
    if (from && strcmp(from, "sfu") == 0 && json_is_string(sdp))
        signal_set(out, SIGNAL_ANSWER, data, text_of(sdp));
}

static void on_event(struct dialect *d, json_t *data, struct dialect_result *out)
{
    const char *name = json_string_value(json_array_get(data, 0));
    const json_t *arg = json_array_get(data, 1);
    static const char *const ends[] = {"kicked", "meeting:ended", "waiting-room:rejected", "session:expired"};
    if (!name)
        return;
    if (strcmp(name, "joined") == 0 && d->state == DIALECT_JOINING) {
        d->state = DIALECT_JOINED;
        out->reply = d->admin_token ? settings_text(d) : NULL;
        signal_set(out, SIGNAL_READY, data, (struct bytes){0});
    } else if (strcmp(name, "signal:answer") == 0) {
        on_answer(data, arg, out);
    } else if (strcmp(name, "sfu:restart") == 0) {
        signal_set(out, SIGNAL_RESTART, data, text_of(json_object_get(arg, "reason")));
    } else if (strcmp(name, "error") == 0 && d->state != DIALECT_JOINED) {
        refused(d, data, text_of(json_object_get(arg, "message")), out);
    }
    for (unsigned i = 0; i < ARRAY_LEN(ends); i++) {
        if (strcmp(name, ends[i]) == 0) {
            d->state = DIALECT_OVER;
            signal_set(out, SIGNAL_CLOSED, data, bytes_str(ends[i]));
        }
    }
}

/* [{ok: true, …}] or [{ok: false, error: {message}}] */
static void on_ack(struct dialect *d, json_t *data, struct dialect_result *out)
{
    const json_t *answer = json_array_get(data, 0);
    if (json_is_false(json_object_get(answer, "ok")))
        refused(d, data, text_of(json_object_get(json_object_get(answer, "error"), "message")), out);
}

static enum err on_packet(struct dialect *d, const struct sio_packet *p, struct dialect_result *out)
{
    switch (p->type) {
    case SIO_CONNECT:
        if (d->state != DIALECT_CONNECTING)
            return ERR_SYNTAX;
        d->state = DIALECT_JOINING;
        out->reply = join_text(d);
        return out->reply ? OK : ERR_NOMEM;
    case SIO_EVENT:
        on_event(d, p->data, out);
        return OK;
    case SIO_ACK:
        on_ack(d, p->data, out);
        return OK;
    case SIO_CONNECT_ERROR:
        refused(d, p->data, text_of(json_object_get(p->data, "message")), out);
        return OK;
    case SIO_DISCONNECT:
        d->state = DIALECT_OVER;
        signal_set(out, SIGNAL_CLOSED, p->data, BYTES_LIT("disconnect"));
        return OK;
    default:
        return OK;
    }
}

/* The first character is Engine.IO's packet type. */
enum err dialect_recv(struct dialect *d, struct bytes message, struct dialect_result *out)
{
    *out = (struct dialect_result){0};
    if (message.len == 0)
        return ERR_SYNTAX;
    struct bytes rest = bytes_of(message.p + 1, message.len - 1);
    struct sio_packet p;
    enum err e;
    switch (message.p[0]) {
    case '0':
        out->reply = strdup("40");
        return out->reply ? OK : ERR_NOMEM;
    case '1':
        d->state = DIALECT_OVER;
        signal_set(out, SIGNAL_CLOSED, NULL, BYTES_LIT("engine.io close"));
        return OK;
    case '2':
        out->reply = strdup("3");
        return out->reply ? OK : ERR_NOMEM;
    case '4':
        e = sio_packet_read(rest, &limits, &p);
        if (e)
            return e;
        e = on_packet(d, &p, out);
        sio_packet_reset(&p);
        return e;
    case '6':
        return OK;
    default:
        return ERR_SYNTAX;
    }
}
