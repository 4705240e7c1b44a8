/* Any JSON as the payload of any client event, from hosts, members and strangers: nothing breaks, every payload that
 * goes out can be encoded, and no effect is for a socket that was never there. The input is lines:
 * <socket 1…6> <event, a letter from 'A' on, or t: tick, l: lose, c: command> <JSON> */
#include "meeting/dispatch.h"
#include "meeting/testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct world *w)
{
    MUST(!w->fx.n_lost);
    for (size_t i = 0; i < w->fx.n; i++) {
        const struct effect *e = &w->fx.list[i];
        const uint64_t *sockets = effects_sockets(&w->fx, e);
        for (size_t s = 0; e->type == FX_EMIT && s < e->n; s++)
            MUST(sockets[s] >= 1 && sockets[s] <= 6);
        if (e->type == FX_EMIT || e->type == FX_ACK)
            MUST(json_is_object(e->payload) && json_dumpb(e->payload, NULL, 0, 0));
    }
}

static void command_line(struct world *w, char which, json_t *payload)
{
    static const char *const names[] = {"admin:settings", "admin:invite", "admin:kick", "admin:mute", "admin:end"};
    struct meeting_event ev = {.type = MEETING_COMMAND};
    ev.verb = meeting_verb_find(names[(unsigned char)which % ARRAY_LEN(names)]);
    ev.payload = payload;
    ev.fresh = world_fresh(w);
    effects_reset(&w->fx);
    meetings_apply(w->ms, w->now, WORLD_ID, &ev, &w->fx);
    json_decref(payload);
}

static void line(struct world *w, const char *at, size_t len)
{
    if (len < 2)
        return;
    uint64_t socket = 1 + (unsigned char)at[0] % 6;
    json_t *payload = json_loadb(at + 2, len - 2, JSON_DECODE_ANY, NULL);
    w->next_ack = at[0] >= 'a';
    if (at[1] == 't') {
        world_pass(w, 15 * SEC);
        tick(w);
        json_decref(payload);
    } else if (at[1] == 'l') {
        lose(w, socket, at[0] & 1);
        json_decref(payload);
    } else if (at[1] == 'c') {
        command_line(w, at[0], payload);
    } else {
        const char *name = dispatch_name((unsigned char)(at[1] - 'A') % 32);
        send_json(w, socket, name ? name : "unknown", payload);
    }
    check(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world w;
    world_open_with(&w, &(struct meetings_config){.mesh_max = 2});
    effects_reset(&w.fx);
    meetings_sfu(w.ms, w.now, true, true, &w.fx);
    world_meeting(&w, (struct meeting_config){0});
    enter(&w, 1, HOST "," AUTO, NULL);
    enter(&w, 2, "", NULL);
    enter(&w, 3, BOT, NULL);
    const char *p = (const char *)data, *end = p + size;
    while (p < end) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        size_t len = (size_t)((nl ? nl : end) - p);
        line(&w, p, len);
        p += len + 1;
    }
    world_close(&w);
    return 0;
}
