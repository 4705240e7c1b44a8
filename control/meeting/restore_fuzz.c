/* Any JSON as what was kept of participants, before and after a restart: nothing breaks, nobody is there twice, and who
 * doesn't come back has left when the time is over. The input is lines: <id, a letter><JSON>, or .<JSON> of what the
 * media server has. */
#include "meeting/testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void restored(struct world *w, const struct meeting_event *ev)
{
    effects_reset(&w->fx);
    meetings_apply(w->ms, w->now, WORLD_ID, ev, &w->fx);
    MUST(!w->fx.n_lost);
}

static void line(struct world *w, const char *at, size_t len, unsigned *n_ids)
{
    if (len < 1)
        return;
    char id[2] = {at[0], '\0'};
    json_t *payload = json_loadb(at + 1, len - 1, JSON_DECODE_ANY, NULL);
    struct meeting_event ev = {.type = MEETING_RESTORE, .participant = id, .payload = payload};
    size_t before = meetings_count(w->ms).participants;
    if (at[0] == '.')
        ev = (struct meeting_event){.type = MEETING_SFU_HAS, .payload = payload};
    restored(w, &ev);
    size_t after = meetings_count(w->ms).participants;
    MUST(after == before || (at[0] != '.' && after == before + 1));
    *n_ids += after > before;
    MUST(*n_ids <= 256);
    json_decref(payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world w;
    unsigned n_ids = 0;
    world_open(&w);
    effects_reset(&w.fx);
    meetings_sfu(w.ms, w.now, true, false, &w.fx);
    world_meeting(&w, (struct meeting_config){
                          .uses_sfu = true, .created_at = WORLD_WALL, .started_at = WORLD_WALL, .seen_at = WORLD_WALL});
    const char *p = (const char *)data, *end = p + size;
    while (p < end) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        size_t len = (size_t)((nl ? nl : end) - p);
        line(&w, p, len, &n_ids);
        p += len + 1;
    }
    for (unsigned i = 0; i < 4; i++) {
        world_pass(&w, 15 * SEC);
        effects_reset(&w.fx);
        meetings_tick(w.ms, w.now, &w.fx);
    }
    MUST(meetings_count(w.ms).participants == 0);
    world_close(&w);
    return 0;
}
