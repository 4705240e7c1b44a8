/* Chat, reactions, captions: what people say. Chat and reactions come back to who sent them. */
#include "meeting/meeting_priv.h"

#include <string.h>

enum meeting_code chat_message(struct call *c)
{
    struct meeting *m = c->m;
    const char *text = field_str(c->payload, "text", "");
    if (text_is_blank(text))
        return call_fail(c, CODE_BAD_REQUEST, "The message is empty");
    json_t *message = json_pack("{s:s, s:s, s:s, s:s, s:I}", "id", c->ev->fresh.id, "from", c->who->id, "name",
                                c->who->name, "text", text, "timestamp", (json_int_t)(c->now.wall / MSEC));
    if (!message)
        return call_fail(c, CODE_UNAVAILABLE, "The server is out of memory");
    json_array_append(m->chat, message);
    if (json_array_size(m->chat) > CHAT_HISTORY)
        json_array_remove(m->chat, 0);
    broadcast(m, NULL, "chat:message", message, c->fx);
    analytics(m, "feature.chat", c->who->id, json_pack("{s:i}", "length", (int)text_utf16_len(text)), c->fx);
    c->data = json_pack("{s:s}", "id", c->ev->fresh.id);
    return CODE_OK;
}

void chat_tell_history(struct meeting *m, const struct participant *p, struct effects *fx)
{
    if (json_array_size(m->chat)) /* a copy: the list goes on changing; its messages don't */
        tell(m, p, "chat:history", json_pack("{s:o}", "messages", json_copy(m->chat)), fx);
}

static bool chat_has(const struct meeting *m, const char *id)
{
    size_t i;
    json_t *message;
    json_array_foreach(m->chat, i, message)
        if (strcmp(field_str(message, "id", ""), id) == 0)
            return true;
    return false;
}

enum meeting_code chat_react(struct call *c)
{
    const char *id = field_str(c->payload, "messageId", ""), *emoji = field_str(c->payload, "emoji", "");
    if (text_is_blank(emoji))
        return call_fail(c, CODE_BAD_REQUEST, "The reaction is empty");
    if (!chat_has(c->m, id))
        return call_fail(c, CODE_NOT_FOUND, "There is no such message");
    broadcast(c->m, NULL, "chat:react",
              json_pack("{s:s, s:s, s:s}", "messageId", id, "participantId", c->who->id, "emoji", emoji), c->fx);
    analytics(c->m, "feature.chat_reaction", c->who->id, json_pack("{s:s}", "emoji", emoji), c->fx);
    return CODE_OK;
}

enum meeting_code react(struct call *c)
{
    const char *emoji = field_str(c->payload, "emoji", "");
    if (text_is_blank(emoji))
        return call_fail(c, CODE_BAD_REQUEST, "The reaction is empty");
    broadcast(c->m, NULL, "react", json_pack("{s:s, s:s}", "participantId", c->who->id, "emoji", emoji), c->fx);
    analytics(c->m, "feature.reaction", c->who->id, json_pack("{s:s}", "emoji", emoji), c->fx);
    return CODE_OK;
}

/* Captions come many a second: they are counted once for each participant. */
enum meeting_code caption(struct call *c)
{
    struct participant *p = c->who;
    broadcast(c->m, p, "caption",
              json_pack("{s:s, s:s, s:s, s:b}", "from", p->id, "name", p->name, "text",
                        field_str(c->payload, "text", ""), "final", field_bool(c->payload, "final", true)),
              c->fx);
    if (!p->captioned)
        analytics(c->m, "feature.captions", p->id, json_object(), c->fx);
    p->captioned = true;
    return CODE_OK;
}
