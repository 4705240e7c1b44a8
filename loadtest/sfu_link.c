/* sfu_link.c: requests to the media server and its answers, a line each. */
#include "loadtest/sfu_link.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define VERSION     1
#define HELLO_WAIT  5000 /* ms */
#define SOURCES_MAX 2

enum op { OP_HELLO, OP_JOIN, OP_TRACKS, OP_OFFER, OP_LEAVE, OP_CLOSE_ROOM, OPS };

static const char *const op_names[OPS] = {
    "hello", "participant.join", "session.tracks", "session.offer", "participant.leave", "room.close",
};

struct sfu_link {
    struct stream stream;
    pid_t pid;
    unsigned n_waiting;
};

static void request(struct sfu_link *link, enum op op, uint64_t tag, json_t *fields)
{
    json_object_set_new(fields, "id", json_integer((json_int_t)tag * OPS + op));
    json_object_set_new(fields, "op", json_string(op_names[op]));
    char *text = json_dumps(fields, JSON_COMPACT);
    json_decref(fields);
    if (!text)
        return;
    stream_put(&link->stream, bytes_str(text));
    stream_put(&link->stream, BYTES_LIT("\n"));
    free(text);
    link->n_waiting++;
}

static json_t *fields_of(const struct sfu_link_who *who)
{
    return json_pack("{s:s, s:s}", "room", who->room, "participant", who->participant);
}

static json_t *tracks_of(bool audio, bool video)
{
    json_t *tracks = json_array();
    if (audio)
        json_array_append_new(tracks, json_pack("{s:s, s:s}", "mid", "0", "source", "microphone"));
    if (video)
        json_array_append_new(tracks, json_pack("{s:s, s:s}", "mid", audio ? "1" : "0", "source", "camera"));
    return tracks;
}

void sfu_link_offer(struct sfu_link *link, const struct sfu_link_who *who, bool audio, bool video, struct bytes sdp)
{
    request(link, OP_JOIN, who->tag, fields_of(who));
    json_t *tracks = fields_of(who);
    json_object_set_new(tracks, "tracks", tracks_of(audio, video));
    request(link, OP_TRACKS, who->tag, tracks);
    json_t *offer = fields_of(who);
    json_object_set_new(offer, "sdp", json_stringn((const char *)sdp.p, sdp.len));
    request(link, OP_OFFER, who->tag, offer);
}

void sfu_link_leave(struct sfu_link *link, const struct sfu_link_who *who)
{
    request(link, OP_LEAVE, who->tag, fields_of(who));
}

void sfu_link_close_room(struct sfu_link *link, const char *room)
{
    request(link, OP_CLOSE_ROOM, 0, json_pack("{s:s}", "room", room));
}

void sfu_link_io(struct sfu_link *link)
{
    stream_flush(&link->stream);
    stream_read(&link->stream);
}

/* --- what comes --- */

static struct bytes json_text(const json_t *v)
{
    return json_is_string(v) ? bytes_of(json_string_value(v), json_string_length(v)) : (struct bytes){0};
}

static bool response_read(struct sfu_link *link, json_t *json, struct signal *out)
{
    json_int_t id = json_integer_value(json_object_get(json, "id"));
    if (id < 0)
        return false;
    enum op op = (enum op)((uint64_t)id % OPS);
    bool ok = json_is_true(json_object_get(json, "ok"));
    if (link->n_waiting)
        link->n_waiting--;
    *out = (struct signal){.tag = (uint64_t)id / OPS};
    if (op == OP_OFFER && ok) {
        out->type = SIGNAL_ANSWER;
        out->text = json_text(json_object_get(json, "sdp"));
        return true;
    }
    out->type = SIGNAL_REFUSED;
    out->text = json_text(json_object_get(json_object_get(json, "error"), "message"));
    return !ok && op != OP_LEAVE && op != OP_CLOSE_ROOM;
}

static bool line_read(struct sfu_link *link, struct bytes line, struct signal *out)
{
    json_t *json = json_loadb((const char *)line.p, line.len, 0, NULL);
    if (!json)
        return false;
    if (json_object_get(json, "event") || !response_read(link, json, out)) {
        json_decref(json);
        return false;
    }
    out->json = json;
    return true;
}

bool sfu_link_next(struct sfu_link *link, struct signal *signal)
{
    for (;;) {
        struct bytes in = stream_peek(&link->stream);
        const uint8_t *end = in.len ? memchr(in.p, '\n', in.len) : NULL;
        if (!end)
            return false;
        struct bytes line = bytes_of(in.p, (size_t)(end - in.p));
        bool news = line_read(link, line, signal);
        stream_take(&link->stream, line.len + 1);
        if (news)
            return true;
    }
}

/* --- opening and closing --- */

static int connect_to(const char *path, pid_t *pid)
{
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof sa.sun_path)
        return -1;
    memcpy(sa.sun_path, path, strlen(path)); /* the rest is zeros */
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    struct ucred cred;
    socklen_t len = sizeof cred;
    bool ok = connect(fd, (struct sockaddr *)&sa, sizeof sa) == 0 &&
              getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
    if (!ok) {
        close(fd);
        return -1;
    }
    *pid = cred.pid;
    return fd;
}

static enum err say_hello(struct sfu_link *link)
{
    request(link, OP_HELLO, 0, json_pack("{s:i}", "version", VERSION));
    while (link->n_waiting && !link->stream.failed) {
        struct pollfd p = {.fd = link->stream.fd, .events = POLLIN};
        stream_flush(&link->stream);
        if (poll(&p, 1, HELLO_WAIT) <= 0)
            return ERR_IO;
        stream_read(&link->stream);
        struct signal s;
        if (!sfu_link_next(link, &s))
            continue;
        signal_reset(&s);
        return ERR_UNSUPPORTED;
    }
    return link->stream.failed ? ERR_IO : OK;
}

enum err sfu_link_open(const char *path, struct sfu_link **out)
{
    struct sfu_link *link = calloc(1, sizeof *link);
    if (!link)
        return ERR_NOMEM;
    int fd = connect_to(path, &link->pid);
    stream_init(&link->stream, fd, SFU_LINK_MAX);
    enum err e = fd < 0 ? ERR_IO : say_hello(link);
    if (e) {
        sfu_link_close(link);
        return e;
    }
    *out = link;
    return OK;
}

void sfu_link_close(struct sfu_link *link)
{
    if (!link)
        return;
    stream_reset(&link->stream);
    free(link);
}

int sfu_link_fd(const struct sfu_link *link)
{
    return link->stream.fd;
}

bool sfu_link_wants_write(const struct sfu_link *link)
{
    return stream_wants_write(&link->stream);
}

pid_t sfu_link_pid(const struct sfu_link *link)
{
    return link->pid;
}

bool sfu_link_failed(const struct sfu_link *link)
{
    return link->stream.failed;
}

unsigned sfu_link_n_waiting(const struct sfu_link *link)
{
    return link->n_waiting;
}
