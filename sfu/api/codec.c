/* codec.c: tables of ops and of notifications, and the JSON of each. */
#include "api/codec.h"
#include "common/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum err deny(struct api_error *why, const char *code, const char *text)
{
    why->code = code;
    snprintf(why->text, sizeof why->text, "%s", text);
    return ERR_DENIED;
}

/* NULL: no string, or one that a C string can't hold. */
static const char *text_of(const json_t *json, const char *key)
{
    const json_t *v = json_object_get(json, key);
    const char *s = json_string_value(v);
    return s && strlen(s) == json_string_length(v) ? s : NULL;
}

static const char *name_of(const json_t *json, const char *key)
{
    const char *s = text_of(json, key);
    size_t len = s ? strlen(s) : 0;
    return len >= 1 && len < ROOM_NAME_CAP ? s : NULL;
}

static enum err fill_tracks(struct msg *m, const json_t *json, struct api_error *why)
{
    const json_t *list = json_object_get(json, "tracks");
    if (!json_is_array(list) || json_array_size(list) > SESSION_UPTRACKS)
        return deny(why, "bad_request", "tracks must be an array of at most 8");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *t = json_array_get(list, i);
        const char *mid = text_of(t, "mid");
        const char *source = text_of(t, "source");
        struct msg_track *to = &m->tracks.list[m->tracks.n];
        if (!mid || strlen(mid) > SDP_MID_MAX || !source || source_of_name(source, &to->source))
            return deny(why, "bad_request", "a track needs a mid and a source");
        snprintf(to->mid, sizeof to->mid, "%s", mid);
        m->tracks.n++;
    }
    return OK;
}

static uint16_t pixels(const json_t *v)
{
    double n = json_number_value(v);
    return n <= 0 ? 0 : n >= 65535 ? 65535 : (uint16_t)n;
}

static enum err fill_view(struct msg *m, const json_t *json, struct api_error *why)
{
    const json_t *list = json_object_get(json, "views"), *max = json_object_get(json, "maxVideo");
    size_t n = json_array_size(list);
    if (!json_is_array(list) || n > MSG_VIEWS)
        return deny(why, "bad_request", "views must be an array of at most 64");
    m->view.max_video = json_is_integer(max) && json_integer_value(max) >= 0 && json_integer_value(max) < 1000
                            ? (int)json_integer_value(max)
                            : -1;
    m->view.list = calloc(n + 1, sizeof *m->view.list);
    if (!m->view.list)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        const json_t *v = json_array_get(list, i);
        const char *participant = name_of(v, "participantId"), *source = text_of(v, "source");
        struct msg_view *to = &m->view.list[m->view.n];
        to->source = SOURCE_CAMERA;
        if (!participant || (source && source_of_name(source, &to->source)))
            return deny(why, "bad_request", "a view needs a participantId and a source that exists");
        snprintf(to->participant, sizeof to->participant, "%s", participant);
        to->width = pixels(json_object_get(v, "width"));
        to->height = pixels(json_object_get(v, "height"));
        to->pinned = json_is_true(json_object_get(v, "pinned"));
        m->view.n++;
    }
    return OK;
}

static enum err fill_offer(struct msg *m, const json_t *json, struct api_error *why)
{
    const char *sdp = text_of(json, "sdp");
    if (!sdp)
        return deny(why, "bad_request", "sdp must be a string");
    m->offer.sdp = strdup(sdp);
    return m->offer.sdp ? OK : ERR_NOMEM;
}

static enum err fill_audio(struct msg *m, const json_t *json, struct api_error *why)
{
    const json_t *blocked = json_object_get(json, "blocked");
    if (!json_is_boolean(blocked))
        return deny(why, "bad_request", "blocked must be true or false");
    m->audio.blocked = json_is_true(blocked);
    return OK;
}

#define NAMES_PARTICIPANT 1
#define NAMES_ROOM        2
#define NAMES_BOTH        (NAMES_ROOM | NAMES_PARTICIPANT)

static const struct op {
    const char *name;
    int names;          /* which names the request must have */
    enum msg_type type; /* for those that go to a participant's worker, … */
    enum err (*fill)(struct msg *m, const json_t *json, struct api_error *why); /* … what else they carry, … */
    unsigned needs; /* … and what they need of the server */
} ops[API_OPS] = {
    [OP_HELLO] = {"hello", 0, MSG_NONE, NULL, 0},
    [OP_ROOM_CREATE] = {"room.create", NAMES_ROOM, MSG_NONE, NULL, 0},
    [OP_ROOM_CLOSE] = {"room.close", NAMES_ROOM, MSG_NONE, NULL, 0},
    [OP_PARTICIPANT_JOIN] = {"participant.join", NAMES_BOTH, MSG_JOIN, NULL, API_REGISTERS},
    [OP_PARTICIPANT_LEAVE] = {"participant.leave", NAMES_BOTH, MSG_LEAVE, NULL, API_UNREGISTERS | API_ABSENT_IS_FINE},
    [OP_SESSION_TRACKS] = {"session.tracks", NAMES_BOTH, MSG_TRACKS, fill_tracks, 0},
    [OP_SESSION_OFFER] = {"session.offer", NAMES_BOTH, MSG_OFFER, fill_offer, API_WANTS_ENTROPY},
    [OP_SESSION_CANDIDATE] = {"session.candidate", NAMES_BOTH, MSG_NONE, NULL, 0},
    [OP_SESSION_VIEW] = {"session.view", NAMES_BOTH, MSG_VIEW, fill_view, 0},
    [OP_PARTICIPANT_AUDIO] = {"participant.audio", NAMES_BOTH, MSG_BLOCK_AUDIO, fill_audio, 0},
    [OP_SESSION_STATS] = {"session.stats", NAMES_BOTH, MSG_SESSION_STATS, NULL, 0},
    [OP_STATS] = {"stats", 0, MSG_NONE, NULL, 0},
    [OP_STATE_DUMP] = {"state.dump", 0, MSG_NONE, NULL, 0},
};

static enum err read_op(struct api_request *r, struct api_error *why)
{
    const char *op = text_of(r->json, "op");
    unsigned i = 0;
    while (op && i < API_OPS && strcmp(op, ops[i].name) != 0)
        i++;
    if (!op || i == API_OPS) {
        deny(why, "unsupported", "unknown op");
        return ERR_NOT_FOUND;
    }
    r->op = (enum api_op)i;
    r->needs = ops[i].needs;
    r->room = name_of(r->json, "room");
    r->participant = name_of(r->json, "participant");
    r->version = json_integer_value(json_object_get(r->json, "version"));
    if ((ops[i].names & NAMES_ROOM) && !r->room)
        return deny(why, "bad_request", "room must be a string of 1 to 64 bytes");
    if ((ops[i].names & NAMES_PARTICIPANT) && !r->participant)
        return deny(why, "bad_request", "participant must be a string of 1 to 64 bytes");
    return OK;
}

enum err api_request_read(const char *line, size_t len, struct api_request *out, struct api_error *why)
{
    *out = (struct api_request){0};
    json_error_t e;
    out->json = json_loadb(line, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
    if (!json_is_object(out->json)) {
        deny(why, "bad_request", "a line must be one JSON object");
        return ERR_SYNTAX;
    }
    const json_t *id = json_object_get(out->json, "id");
    if (!json_is_integer(id)) {
        deny(why, "bad_request", "id must be a whole number");
        return ERR_SYNTAX;
    }
    out->id = json_integer_value(id);
    out->has_id = true;
    return read_op(out, why);
}

void api_request_reset(struct api_request *r)
{
    json_decref(r->json);
    *r = (struct api_request){0};
}

enum err api_request_msg(const struct api_request *r, struct msg **out, struct api_error *why)
{
    const struct op *op = &ops[r->op];
    struct msg *m = msg_new(op->type, r->room, r->participant);
    enum err e = !m ? ERR_NOMEM : op->fill ? op->fill(m, r->json, why) : OK;
    if (e == ERR_NOMEM) {
        why->code = "internal";
        snprintf(why->text, sizeof why->text, "out of memory");
    }
    if (e) {
        msg_free(m);
        return e;
    }
    *out = m;
    return OK;
}

const char *api_error_code(enum err e)
{
    switch (e) {
    case ERR_NOT_FOUND:
        return "not_found";
    case ERR_STATE:
        return "state";
    case ERR_FULL:
        return "full";
    case ERR_UNSUPPORTED:
    case ERR_SYNTAX:
    case ERR_SHORT:
    case ERR_DENIED:
        return "bad_request";
    default:
        return "internal";
    }
}

static int add_part(const char *part, size_t len, void *line)
{
    buf_add(line, part, len);
    return 0;
}

/* One line; json is taken. */
static char *line_of(json_t *json)
{
    struct buf line = {.bad = !json};
    if (json && json_dump_callback(json, add_part, &line, JSON_COMPACT))
        line.bad = true;
    json_decref(json);
    buf_add(&line, "\n", 1);
    return buf_give(&line);
}

char *api_response_ok(json_int_t id, json_t *extra)
{
    json_t *json = json_pack("{s:I, s:b}", "id", id, "ok", 1);
    if (json && extra)
        json_object_update(json, extra);
    json_decref(extra);
    return line_of(json);
}

char *api_response_error(json_int_t id, const char *code, const char *text)
{
    return line_of(json_pack("{s:I, s:b, s:{s:s, s:s}}", "id", id, "ok", 0, "error", "code", code, "message", text));
}

static json_t *quality_json(const struct session_quality *q, struct json_t *into)
{
    double score = 5 - 20 * (q->uplink_loss > q->downlink_loss ? q->uplink_loss : q->downlink_loss) - q->rtt_ms / 200;
    json_t *both = json_pack("{s:{s:f, s:f, s:f}, s:{s:f, s:f}, s:f}", "uplink", "loss", q->uplink_loss, "rtt_ms",
                             q->rtt_ms, "jitter_ms", q->jitter_ms, "downlink", "loss", q->downlink_loss, "rtt_ms",
                             q->rtt_ms, "score", score < 1 ? 1 : score);
    if (both && into)
        json_object_update(into, both);
    json_decref(both);
    return into;
}

static json_t *session_stats_json(const struct session_stats *st)
{
    json_t *tracks = json_array();
    json_t *session =
        json_pack("{s:s, s:I, s:I, s:I, s:I}", "state", session_state_name(st->state), "packets_in",
                  (json_int_t)st->counters.packets_in, "bytes_in", (json_int_t)st->counters.bytes_in, "rtcp_in",
                  (json_int_t)st->counters.rtcp_in, "rtcp_out", (json_int_t)st->counters.rtcp_out);
    quality_json(&st->quality, session);
    json_t *drops = json_object();
    for (unsigned i = 0; i < SESSION_DROPS; i++)
        json_object_set_new(drops, session_drop_name((enum session_drop)i),
                            json_integer((json_int_t)st->counters.drops[i]));
    json_object_set_new(session, "drops", drops);
    for (unsigned i = 0; i < st->n_tracks; i++)
        json_array_append_new(
            tracks,
            json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:I, s:I, s:I, s:I, s:I, s:I}", "mid", st->tracks[i].mid, "kind",
                      st->tracks[i].is_video ? "video" : "audio", "direction", st->tracks[i].is_slot ? "out" : "in",
                      "participantId", st->tracks[i].participant[0] ? st->tracks[i].participant : NULL, "source",
                      st->tracks[i].participant[0] || !st->tracks[i].is_slot ? source_name(st->tracks[i].source) : NULL,
                      "ssrc", (json_int_t)st->tracks[i].report.ssrc, "packets",
                      (json_int_t)st->tracks[i].report.packets, "bytes", (json_int_t)st->tracks[i].report.bytes, "lost",
                      (json_int_t)st->tracks[i].report.lost, "resent", (json_int_t)st->tracks[i].report.resent,
                      "recovered", (json_int_t)st->tracks[i].report.recovered));
    return json_pack("{s:o, s:o}", "session", session, "tracks", tracks);
}

char *api_response_of(json_int_t id, const struct msg *reply)
{
    if (reply->type == MSG_SESSION_STATS_REPLY)
        return reply->session ? api_response_ok(id, session_stats_json(reply->session))
                              : api_response_error(id, "internal", "out of memory");
    enum err e = reply->reply.err;
    const char *text = reply->reply.text;
    if (e)
        return api_response_error(id, api_error_code(e), text ? text : err_name(e));
    return api_response_ok(id, text ? json_pack("{s:s}", "sdp", text) : NULL);
}

static void state_into(json_t *json, const struct msg *note)
{
    json_object_set_new(json, "state", json_string(session_state_name(note->state.state)));
    if (note->state.reason[0])
        json_object_set_new(json, "reason", json_string(note->state.reason));
}

static void slots_into(json_t *json, const struct msg *note)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < note->slots.n; i++) {
        const struct msg_slot *s = &note->slots.list[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:s?, s:s?}", "mid", s->mid, "kind",
                                              s->is_video ? "video" : "audio", "participantId",
                                              s->participant[0] ? s->participant : NULL, "source",
                                              s->participant[0] ? source_name(s->source) : NULL));
    }
    json_object_set_new(json, "slots", list);
}

static void speakers_into(json_t *json, const struct msg *note)
{
    json_t *list = json_array();
    const int dominant = note->speakers.dominant;
    for (unsigned i = 0; i < note->speakers.n; i++)
        json_array_append_new(list, json_pack("{s:s, s:i}", "participantId", note->speakers.list[i].participant,
                                              "level", (int)note->speakers.list[i].level));
    json_object_set_new(json, "speakers", list);
    json_object_set_new(json, "dominant",
                        dominant >= 0 ? json_string(note->speakers.list[dominant].participant) : json_null());
}

static void quality_into(json_t *json, const struct msg *note)
{
    quality_json(&note->quality, json);
}

static const struct event {
    const char *name; /* NULL: no notification */
    void (*into)(json_t *json, const struct msg *note);
    bool may_be_lost; /* the next one says it again */
} events[MSG_TYPES] = {
    [MSG_STATE] = {"session.state", state_into, false},
    [MSG_SLOTS] = {"session.slots", slots_into, false},
    [MSG_SPEAKERS_NOTE] = {"room.speakers", speakers_into, true},
    [MSG_QUALITY] = {"session.quality", quality_into, true},
};

bool api_notification_may_be_lost(const struct msg *note)
{
    return events[note->type].may_be_lost;
}

char *api_notification_of(const struct msg *note)
{
    const struct event *event = &events[note->type];
    json_t *json = event->name ? json_pack("{s:s, s:s}", "event", event->name, "room", note->room) : NULL;
    if (!json)
        return NULL;
    if (note->participant[0])
        json_object_set_new(json, "participant", json_string(note->participant));
    event->into(json, note);
    return line_of(json);
}

char *api_notification_lost(unsigned long n)
{
    return line_of(json_pack("{s:s, s:I}", "event", "lost", "n", (json_int_t)n));
}

json_t *api_stats_json(const struct worker_stats *st)
{
    struct counted_list all = st->shell;
    json_t *out = json_object(), *drops = json_object();
    hub_counters_show(&st->hub, &all);
    for (unsigned i = 0; i < all.n; i++)
        json_object_set_new(all.list[i].is_drop ? drops : out, all.list[i].name,
                            json_integer((json_int_t)all.list[i].n));
    json_object_set_new(out, "drops", drops);
    return out;
}
