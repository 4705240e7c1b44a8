/* A line of the Unix socket: whatever it says, it is refused with a reason or becomes a message that keeps its bounds;
 * and every answer is one line. */
#include "api/codec.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool b)
{
    if (!b)
        abort();
}

static void check_message(const struct msg *m)
{
    must(strlen(m->room) < ROOM_NAME_CAP && strlen(m->participant) < ROOM_NAME_CAP);
    if (m->type == MSG_TRACKS)
        must(m->tracks.n <= SESSION_UPTRACKS);
    if (m->type != MSG_VIEW)
        return;
    must(m->view.n <= MSG_VIEWS && m->view.max_video >= -1 && m->view.max_video < 1000);
    for (unsigned i = 0; i < m->view.n; i++)
        must(m->view.list[i].participant[0] && (unsigned)m->view.list[i].source < SOURCES);
}

static void check_line(char *line)
{
    must(line && strchr(line, '\n') == line + strlen(line) - 1);
    free(line);
}

static void check_request(const struct api_request *r)
{
    struct msg *m = NULL;
    struct api_error why = {NULL, ""};
    enum err e = api_request_msg(r, &m, &why);
    if (e == ERR_DENIED)
        must(why.code && why.text[0]);
    if (e)
        return;
    check_message(m);
    struct msg *reply = msg_new(MSG_REPLY, m->room, m->participant);
    must(reply);
    const char *said = m->type == MSG_OFFER ? m->offer.sdp : NULL;
    reply->reply.err = said ? ERR_SYNTAX : OK;
    reply->reply.text = said ? strdup(said) : NULL; /* what it came with goes back as if it were the reason */
    check_line(api_response_of(r->id, reply));
    msg_free(reply);
    struct msg *note = msg_new(MSG_STATE, m->room, m->participant);
    must(note);
    note->state.state = SESSION_OPEN;
    check_line(api_notification_of(note));
    msg_free(note);
    msg_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct api_request r;
    struct api_error why = {NULL, ""};
    enum err e = api_request_read((const char *)data, len, &r, &why);
    if (e)
        must(why.code && why.text[0]);
    else if (r.room && r.participant)
        check_request(&r);
    if (e && r.has_id)
        check_line(api_response_error(r.id, why.code, why.text));
    api_request_reset(&r);
    return 0;
}
