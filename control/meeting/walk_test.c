/* Thousands of random events, and what must hold after each: a seeded walk, so a failure can be walked again. */
#include "meeting/dispatch.h"
#include "meeting/testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define SOCKETS 24

enum where { OUTSIDE, WAITING, INSIDE, DEAD }; /* of a socket, as its client knows from what it was sent */

struct walker {
    struct world w;
    uint64_t random;
    enum where where[SOCKETS];
    uint64_t socket[SOCKETS]; /* never reused: a dead client comes back with a new one */
    char token[SOCKETS][33];  /* to resume with */
    char in_sfu[64][PARTICIPANT_ID_CAP];
    unsigned n_in_sfu;
    uint64_t last_socket;
    unsigned joined, resumed, kicked, ended, refused; /* that the walk got somewhere */
};

static unsigned pick(struct walker *k, unsigned n)
{
    k->random = k->random * 6364136223846793005U + 1442695040888963407U;
    return n ? (unsigned)(k->random >> 33) % n : 0;
}

static unsigned client_of(const struct walker *k, uint64_t socket)
{
    for (unsigned i = 0; i < SOCKETS; i++)
        if (k->socket[i] == socket)
            return i;
    fail_msg("socket %llu was never opened or is dead", (unsigned long long)socket);
    return 0;
}

static bool is(const struct effect *e, const char *event)
{
    return strcmp(e->event, event) == 0;
}

/* An outsider hears only that it came in, waits, was refused or was let go. */
static void client_hears(struct walker *k, unsigned i, const struct effect *e)
{
    assert_int_not_equal(k->where[i], DEAD);
    if (is(e, "joined")) {
        k->joined++;
        k->where[i] = INSIDE;
        snprintf(k->token[i], sizeof k->token[i], "%s", text_of(e->payload, "resumeToken"));
    } else if (is(e, "waiting-room:waiting") || is(e, "waiting-room:admitted")) {
        assert_int_not_equal(k->where[i], INSIDE);
        k->where[i] = WAITING;
    } else if (is(e, "waiting-room:denied") || is(e, "meeting:ended")) {
        k->where[i] = OUTSIDE;
    } else if (is(e, "admin:kick")) {
        k->kicked++;
        k->where[i] = OUTSIDE;
    } else if (is(e, "error")) {
        k->refused++;
    } else {
        assert_int_equal(k->where[i], INSIDE);
    }
}

static void sfu_hears(struct walker *k, const struct effect *e)
{
    unsigned at = 0;
    while (at < k->n_in_sfu && strcmp(k->in_sfu[at], e->participant) != 0)
        at++;
    if (e->op == SFU_JOIN && at == k->n_in_sfu) {
        assert_true(at < ARRAY_LEN(k->in_sfu));
        strcpy(k->in_sfu[k->n_in_sfu++], e->participant);
    } else if (e->op == SFU_LEAVE) {
        assert_true(at < k->n_in_sfu);
        memmove(k->in_sfu[at], k->in_sfu[--k->n_in_sfu], PARTICIPANT_ID_CAP);
    } else if (e->op == SFU_END_ROOM) {
        assert_int_equal(k->n_in_sfu, 0);
    } else if (e->op != SFU_JOIN) {
        assert_true(at < k->n_in_sfu);
    }
}

static void check_effects(struct walker *k)
{
    assert_int_equal(k->w.fx.n_lost, 0);
    for (size_t i = 0; i < k->w.fx.n; i++) {
        const struct effect *e = &k->w.fx.list[i];
        const uint64_t *sockets = effects_sockets(&k->w.fx, e);
        for (size_t s = 0; e->type == FX_EMIT && s < e->n; s++)
            client_hears(k, client_of(k, sockets[s]), e);
        if (e->type == FX_ACK || e->type == FX_CLOSE_SOCKET)
            assert_int_not_equal(k->where[client_of(k, e->socket)], DEAD);
        if (e->type == FX_SFU)
            sfu_hears(k, e);
        k->ended += e->type == FX_ENDED;
    }
}

static void check_meeting(struct walker *k)
{
    const struct meeting *m = meetings_find(k->w.ms, WORLD_ID);
    unsigned inside = 0;
    if (!m)
        return;
    for (unsigned i = 0; i < SOCKETS; i++) {
        inside += k->where[i] == INSIDE;
        if (k->where[i] == INSIDE)
            assert_true(meeting_has_socket(m, k->socket[i]));
        if (k->where[i] == OUTSIDE)
            assert_false(meeting_has_socket(m, k->socket[i]));
    }
    json_t *all = meeting_participants_json(m);
    assert_int_equal(json_array_size(all), meeting_n_participants(m));
    json_decref(all);
    assert_true(meeting_n_participants(m) >= inside); /* the others are away */
    assert_true(meeting_n_participants(m) <= 12);
    assert_true(meeting_deadline(m) > k->w.now.mono || !meeting_n_participants(m));
}

static void close_client(struct walker *k, unsigned i, bool clean)
{
    if (k->where[i] == DEAD)
        return;
    lose(&k->w, k->socket[i], clean);
    k->where[i] = DEAD;
    check_effects(k);
}

static void open_client(struct walker *k, unsigned i)
{
    static const char *const how[] = {"", HOST, AUTO, BOT, (HOST "," AUTO), "'isAdmin':true,'adminToken':'no'"};
    char more[160];
    if (k->where[i] == DEAD) {
        k->socket[i] = ++k->last_socket;
        k->where[i] = OUTSIDE;
    }
    if (*k->token[i] && pick(k, 2)) {
        snprintf(more, sizeof more, AUTO ",'resumeToken':'%s'", k->token[i]);
        for (unsigned j = 0; j < SOCKETS; j++) /* the token's last holder, if it lives, is put out by the new one */
            if (j != i && strcmp(k->token[j], k->token[i]) == 0)
                close_client(k, j, false);
        enter(&k->w, k->socket[i], more, NULL);
        k->resumed += got(&k->w, k->socket[i], "joined") && !effect_of(&k->w, FX_PARTICIPANT_JOINED);
    } else {
        enter(&k->w, k->socket[i], how[pick(k, ARRAY_LEN(how))], NULL);
    }
    check_effects(k);
}

/* Somebody in the meeting, mostly; or nobody. */
static json_t *random_participant(struct walker *k)
{
    json_t *all = meeting_participants_json(meetings_find(k->w.ms, WORLD_ID));
    size_t n = json_array_size(all);
    const json_t *who = n && pick(k, 10) ? json_array_get(all, pick(k, (unsigned)n)) : NULL;
    json_t *id = json_string(who ? text_of(who, "participantId") : "nobody");
    json_decref(all);
    return id;
}

/* Every field that some event wants, so that most events are valid. */
static json_t *random_payload(struct walker *k)
{
    static const char *const topologies[] = {"auto", "mesh", "sfu"};
    static const char *const flags[] = {"isMuted", "isVideoOff", "isScreenSharing", "isHandRaised", "waitingRoom"};
    json_t *o =
        json_pack("{s:s, s:s, s:s, s:{s:s, s:s}, s:{}, s:{}, s:[], s:[], s:s, s:i}", "meetingId", WORLD_ID, "text", "x",
                  "emoji", "x", "offer", "type", "offer", "sdp", "v=0", "answer", "candidate", "tracks", "views",
                  "topology", topologies[pick(k, 3)], "maxParticipants", (int)(6 + pick(k, 7)));
    for (unsigned i = 0; i < ARRAY_LEN(flags); i++)
        json_object_set_new(o, flags[i], json_boolean(pick(k, 2)));
    json_object_set_new(o, "locked", json_boolean(!pick(k, 4)));
    json_object_set_new(o, "participantId", random_participant(k));
    json_object_set_new(o, "to", pick(k, 2) ? json_string("sfu") : random_participant(k));
    char sid[32];
    snprintf(sid, sizeof sid, "sid%llu", (unsigned long long)(k->last_socket - pick(k, 8)));
    json_object_set_new(o, "socketId", json_string(sid));
    return o;
}

static void say(struct walker *k, unsigned i)
{
    unsigned n = 0;
    while (dispatch_name(n))
        n++;
    const char *name = dispatch_name(pick(k, n));
    /* these end a meeting too often for a long walk */
    if (k->where[i] == DEAD || (strcmp(name, "admin:end") == 0 && pick(k, 3)))
        return;
    k->w.next_ack = pick(k, 2);
    bool was_inside = k->where[i] == INSIDE;
    send_json(&k->w, k->socket[i], name, random_payload(k));
    bool left = was_inside && strcmp(name, "leave-meeting") == 0 && k->w.fx.reply.code == CODE_OK;
    if (left)
        k->where[i] = OUTSIDE;
    check_effects(k);
}

static void sfu_speaks(struct walker *k)
{
    static const enum meeting_event_type types[] = {
        MEETING_SFU_ANSWER,   MEETING_SFU_REFUSED, MEETING_SFU_CANDIDATE,     MEETING_SFU_SLOTS,
        MEETING_SFU_SPEAKERS, MEETING_SFU_QUALITY, MEETING_SFU_SESSION_FAILED};
    char id[PARTICIPANT_ID_CAP];
    if (!pick(k, 10)) {
        effects_reset(&k->w.fx);
        meetings_sfu(k->w.ms, k->w.now, pick(k, 3), pick(k, 2), &k->w.fx);
        check_effects(k);
        return;
    }
    struct meeting_event ev = {.type = types[pick(k, ARRAY_LEN(types))], .participant = id, .request = pick(k, 200)};
    snprintf(id, sizeof id, "%s", k->n_in_sfu ? k->in_sfu[pick(k, k->n_in_sfu)] : "nobody");
    bool text =
        ev.type == MEETING_SFU_ANSWER || ev.type == MEETING_SFU_REFUSED || ev.type == MEETING_SFU_SESSION_FAILED;
    apply(&k->w, ev, text ? "'text'" : ev.type == MEETING_SFU_SLOTS ? "[{'mid':'1'}]" : "{}");
    check_effects(k);
}

static void step(struct walker *k)
{
    unsigned i = pick(k, SOCKETS), what = pick(k, 100);
    if (!meetings_find(k->w.ms, WORLD_ID)) { /* ended: the next one has the same id, which the registry would refuse */
        meetings_free(k->w.ms);
        MUST(!meetings_new(&(struct meetings_config){.mesh_max = 3, .participants_cap = 12, .rates_off = true},
                           &k->w.ms));
        for (unsigned s = 0; s < SOCKETS; s++)
            k->where[s] = DEAD;
        k->n_in_sfu = 0;
        world_meeting(&k->w, (struct meeting_config){.settings.max_participants = 12});
    }
    if (what < 60) {
        say(k, i);
    } else if (what < 80) {
        open_client(k, i);
    } else if (what < 84) {
        close_client(k, i, pick(k, 2));
    } else if (what < 94) {
        sfu_speaks(k);
    } else {
        world_pass(&k->w, pick(k, 4000) * MSEC);
        tick(&k->w);
        check_effects(k);
    }
    check_meeting(k);
}

static void whatever_happens_only_those_inside_hear_and_all_counts_agree(void **state)
{
    (void)state;
    struct walker total = {0};
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct walker k = {.random = seed};
        world_open_with(&k.w, &(struct meetings_config){.mesh_max = 3, .participants_cap = 12, .rates_off = true});
        for (unsigned i = 0; i < SOCKETS; i++)
            k.where[i] = DEAD;
        for (unsigned i = 0; i < 3000; i++)
            step(&k);
        total.joined += k.joined;
        total.resumed += k.resumed;
        total.kicked += k.kicked;
        total.ended += k.ended;
        total.refused += k.refused;
        world_close(&k.w);
    }
    assert_true(total.joined > 500);
    assert_true(total.resumed > 20);
    assert_true(total.kicked > 20);
    assert_true(total.ended > 10);
    assert_true(total.refused > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_happens_only_those_inside_hear_and_all_counts_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
