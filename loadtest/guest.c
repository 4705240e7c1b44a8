/* guest.c: one HTTP request, and the meeting out of its answer. */
#include "loadtest/guest.h"

#include "common/bytes.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define ANSWER_CAP ((size_t)64 * 1024)
#define PATIENCE   10 /* s */
#define BODY       "{\"title\":\"Load test\"}"

static enum err ask(int fd, const struct addr *peer, const char *host)
{
    char request[1024];
    struct timeval wait = {.tv_sec = PATIENCE};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    int n = snprintf(request, sizeof request,
                     "POST /api/meetings/guest HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n"
                     "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                     host, sizeof BODY - 1, BODY);
    if (n < 0 || (size_t)n >= sizeof request)
        return ERR_FULL;
    if (connect(fd, &peer->sa, addr_len(peer)) || send(fd, request, (size_t)n, MSG_NOSIGNAL) != n)
        return ERR_IO;
    return OK;
}

/* A 2xx answer whose body is, or has as its one chunk, an object with meetingId. ERR_SHORT: more of it is to come. */
static enum err meeting_of(struct bytes answer, char *meeting, char *admin_token, size_t cap)
{
    if (answer.len < 12)
        return ERR_SHORT;
    if (memcmp(answer.p, "HTTP/1.1 ", 9) != 0)
        return ERR_SYNTAX;
    if (answer.p[9] != '2')
        return ERR_DENIED;
    const uint8_t *head_end = memmem(answer.p, answer.len, "\r\n\r\n", 4);
    const uint8_t *body = head_end ? memchr(head_end, '{', answer.len - (size_t)(head_end - answer.p)) : NULL;
    if (!body)
        return ERR_SHORT;
    size_t len = answer.len - (size_t)(body - answer.p);
    json_t *json = json_loadb((const char *)body, len, JSON_DISABLE_EOF_CHECK, NULL);
    if (!json)
        return ERR_SHORT;
    const char *id = json_string_value(json_object_get(json, "meetingId"));
    const char *token = json_string_value(json_object_get(json, "adminToken"));
    enum err e = !id || !token ? ERR_SYNTAX : strlen(id) >= cap || strlen(token) >= cap ? ERR_FULL : OK;
    if (!e) {
        snprintf(meeting, cap, "%s", id);
        snprintf(admin_token, cap, "%s", token);
    }
    json_decref(json);
    return e;
}

enum err guest_meeting(const struct addr *peer, const char *host, char *meeting, char *admin_token, size_t cap)
{
    char answer[ANSWER_CAP];
    int fd = socket(peer->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return ERR_IO;
    size_t len = 0;
    enum err e = ask(fd, peer, host);
    if (!e)
        e = ERR_SHORT;
    while (e == ERR_SHORT) {
        ssize_t n = recv(fd, answer + len, ANSWER_CAP - len, 0);
        len += n > 0 ? (size_t)n : 0;
        e = n > 0 ? meeting_of(bytes_of(answer, len), meeting, admin_token, cap) : ERR_IO;
    }
    close(fd);
    return e;
}
