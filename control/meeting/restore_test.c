/* restore_test.c: control was killed and started again: a second world gets what the first one wanted kept. */
#include "meeting/testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void sfu_up(struct world *w)
{
    effects_reset(&w->fx);
    meetings_sfu(w->ms, w->now, true, false, &w->fx);
}

/* Joins, and gives what was kept of it: {participantId, kept, token}. */
static json_t *entered(struct world *w, uint64_t socket, const char *how)
{
    char id[PARTICIPANT_ID_CAP];
    assert_true(enter(w, socket, how, id));
    const struct effect *e = effect_of(w, FX_PARTICIPANT_JOINED);
    assert_non_null(e);
    assert_string_equal(e->participant, id);
    assert_int_equal(e->at, w->now.wall);
    char *kept = json_dumps(e->kept, 0);
    assert_non_null(kept);
    assert_null(strstr(kept, w->token)); /* the database knows no token */
    free(kept);
    return json_pack("{s:s, s:s, s:O}", "participantId", id, "token", w->token, "kept", e->kept);
}

static void restore(struct world *w, const json_t *row)
{
    struct meeting_event ev = {
        .type = MEETING_RESTORE, .participant = text_of(row, "participantId"), .payload = json_object_get(row, "kept")};
    effects_reset(&w->fx);
    meetings_apply(w->ms, w->now, WORLD_ID, &ev, &w->fx);
    assert_int_equal(w->fx.n, 0);
}

static bool resume(struct world *w, uint64_t socket, const json_t *row)
{
    char how[128], id[PARTICIPANT_ID_CAP];
    snprintf(how, sizeof how, AUTO ",'resumeToken':'%s'", text_of(row, "token"));
    return enter(w, socket, how, id) && strcmp(id, text_of(row, "participantId")) == 0;
}

static unsigned n_of(const struct world *w, enum effect_type type)
{
    unsigned n = 0;
    for (size_t i = 0; i < w->fx.n; i++)
        n += w->fx.list[i].type == type;
    return n;
}

/* A second life that begins 20 s after somebody was last seen, with `people` that were in it. */
static void second_life(struct world *w, struct meeting_config cfg, json_t *const *people, size_t n)
{
    world_open(w);
    w->drawn = 1000;
    w->now.wall += 120 * SEC;
    sfu_up(w);
    cfg.created_at = cfg.started_at = WORLD_WALL;
    cfg.seen_at = WORLD_WALL + 100 * SEC;
    cfg.peak_participants = 2;
    world_meeting(w, cfg);
    for (size_t i = 0; i < n; i++)
        restore(w, people[i]);
}

static void two_who_used_the_sfu(json_t *rows[2])
{
    struct world w;
    world_open(&w);
    sfu_up(&w);
    world_meeting(&w, (struct meeting_config){.settings.topology = TOPOLOGY_SFU});
    rows[0] = entered(&w, 1, AUTO);
    assert_true(json_is_true(effect_of(&w, FX_STORE_SFU)->payload));
    rows[1] = entered(&w, 2, AUTO);
    assert_int_equal(effect_of(&w, FX_PARTICIPANT_JOINED)->peak, 2);
    assert_null(effect_of(&w, FX_STORE_SFU));
    world_close(&w);
}

static void free_all(json_t *const *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        json_decref(rows[i]);
}

static void a_client_resumes_without_a_new_connection(void **state)
{
    (void)state;
    struct world w;
    json_t *rows[2], *people = json_array();
    two_who_used_the_sfu(rows);
    second_life(&w, (struct meeting_config){.uses_sfu = true}, rows, 2);
    restore(&w, rows[0]); /* twice does no harm */
    assert_int_equal(meetings_count(w.ms).participants, 2);
    for (unsigned i = 0; i < 2; i++)
        json_array_append_new(
            people, json_pack("{s:s, s:s}", "participant", text_of(rows[i], "participantId"), "state", "open"));
    json_t *by_room = json_pack("{s:o}", WORLD_ID, people);
    meetings_sfu_has(w.ms, w.now, by_room, &w.fx);
    assert_int_equal(w.fx.n, 0);
    world_pass(&w, 5 * SEC);
    assert_true(resume(&w, 7, rows[0]));
    assert_string_equal(text_of(got(&w, 7, "joined"), "topology"), "sfu");
    assert_null(got(&w, 7, "sfu:restart"));
    assert_null(effect_of(&w, FX_SFU));
    assert_null(effect_of(&w, FX_PARTICIPANT_JOINED));
    world_pass(&w, MEETING_RESUME_WINDOW);
    tick(&w); /* who doesn't come back has left when it was last seen */
    assert_string_equal(text_of(got(&w, 7, "participant:left"), "participantId"), text_of(rows[1], "participantId"));
    assert_non_null(sfu_was_told(&w, SFU_LEAVE, text_of(rows[1], "participantId")));
    assert_int_equal(effect_of(&w, FX_PARTICIPANT_LEFT)->at, WORLD_WALL + 100 * SEC);
    json_decref(by_room);
    free_all(rows, 2);
    world_close(&w);
}

static void if_the_sfu_was_restarted_too_each_is_told_when_it_is_back(void **state)
{
    (void)state;
    struct world w;
    json_t *rows[2], *none = json_object();
    two_who_used_the_sfu(rows);
    second_life(&w, (struct meeting_config){.uses_sfu = true}, rows, 2);
    assert_true(resume(&w, 7, rows[0]));
    effects_reset(&w.fx);
    meetings_sfu_has(w.ms, w.now, none, &w.fx);
    assert_non_null(got(&w, 7, "sfu:restart"));
    assert_non_null(sfu_was_told(&w, SFU_JOIN, text_of(rows[1], "participantId")));
    assert_true(resume(&w, 8, rows[1]));
    assert_non_null(got(&w, 8, "sfu:restart"));
    assert_true(resume(&w, 9, rows[1])); /* once is enough */
    assert_null(got(&w, 9, "sfu:restart"));
    effects_reset(&w.fx);
    meetings_sfu_has(w.ms, w.now, none, &w.fx);
    assert_int_equal(w.fx.n, 0);
    json_decref(none);
    free_all(rows, 2);
    world_close(&w);
}

static void documented_clients_leave_at_once_and_downtime_is_not_charged(void **state)
{
    (void)state;
    struct world w;
    json_t *rows[2];
    world_open(&w);
    world_meeting(&w, (struct meeting_config){0});
    rows[0] = entered(&w, 1, "");
    rows[1] = entered(&w, 2, "'topology':'mesh'");
    world_close(&w);

    second_life(&w, (struct meeting_config){0}, rows, 2);
    assert_false(resume(&w, 7, rows[0])); /* they have no token that counts */
    lose(&w, 7, true);
    tick(&w);
    assert_int_equal(n_of(&w, FX_PARTICIPANT_LEFT), 2);
    assert_int_equal(
        json_integer_value(json_object_get(effect_of(&w, FX_PARTICIPANT_LEFT)->payload, "participantCount")), 1);
    free_all(rows, 2);
    world_close(&w);
}

static void when_nobody_comes_back_the_meeting_ended_when_somebody_was_last_seen(void **state)
{
    (void)state;
    struct world w;
    json_t *rows[2];
    two_who_used_the_sfu(rows);
    second_life(&w, (struct meeting_config){.uses_sfu = true}, rows, 2);
    world_pass(&w, MEETING_RESUME_WINDOW);
    tick(&w);
    assert_true(json_is_false(effect_of(&w, FX_STORE_SFU)->payload));
    world_pass(&w, MEETING_EMPTY_GRACE);
    tick(&w);
    const struct meeting_ended *ended = effect_of(&w, FX_ENDED)->ended;
    assert_int_equal(ended->ended_at, WORLD_WALL + 100 * SEC);
    assert_int_equal(ended->duration_centiminutes, 167);
    assert_int_equal(ended->peak_participants, 2);
    world_close(&w);

    second_life(&w, (struct meeting_config){0}, rows, 0); /* the same when all had left before */
    world_pass(&w, MEETING_EMPTY_GRACE);
    tick(&w);
    assert_int_equal(effect_of(&w, FX_ENDED)->ended->ended_at, WORLD_WALL + 100 * SEC);
    world_close(&w);

    second_life(&w, (struct meeting_config){.uses_sfu = true}, rows, 2); /* or when a host ends it meanwhile */
    command(&w, "admin:end", NULL);
    assert_int_equal(effect_of(&w, FX_ENDED)->ended->ended_at, WORLD_WALL + 100 * SEC);
    world_close(&w);

    second_life(&w, (struct meeting_config){.uses_sfu = true}, rows, 2);
    assert_true(resume(&w, 7, rows[0])); /* it went on: so does what it costs */
    command(&w, "admin:end", NULL);
    assert_int_equal(effect_of(&w, FX_ENDED)->ended->ended_at, WORLD_WALL + 120 * SEC);
    free_all(rows, 2);
    world_close(&w);
}

static void the_last_to_be_there_counts_not_the_last_to_be_missed(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_meeting(&w, (struct meeting_config){0});
    assert_true(enter(&w, 1, AUTO, NULL));
    assert_true(enter(&w, 2, AUTO, NULL));
    world_pass(&w, 60 * SEC);
    lose(&w, 1, false); /* away for 30 s, then taken for gone */
    world_pass(&w, 20 * SEC);
    lose(&w, 2, true);
    world_pass(&w, 10 * SEC);
    tick(&w);
    assert_int_equal(effect_of(&w, FX_PARTICIPANT_LEFT)->at, WORLD_WALL + 60 * SEC);
    world_pass(&w, MEETING_EMPTY_GRACE);
    tick(&w);
    assert_int_equal(effect_of(&w, FX_ENDED)->ended->ended_at, WORLD_WALL + 80 * SEC);
    world_close(&w);
}

static void a_meeting_whose_time_came_meanwhile_starts_at_once(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    w.now.wall += 60 * SEC;
    const struct meeting *m = world_meeting(
        &w,
        (struct meeting_config){.scheduled_at = WORLD_WALL, .created_at = WORLD_WALL - SEC, .started_at = WORLD_WALL});
    assert_int_equal(meetings_deadline(w.ms) <= w.now.mono, 1);
    tick(&w);
    assert_int_equal(effect_of(&w, FX_STORE_ACTIVATED)->at, w.now.wall);
    assert_int_equal(meeting_status(m), MEETING_ACTIVE);
    assert_int_equal(meeting_started_at(m), w.now.wall);
    world_close(&w);
}

static void one_that_nobody_joined_has_its_day_from_its_start(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_meeting(&w, (struct meeting_config){.started_at = WORLD_WALL - MEETING_API_UNJOINED + 5 * SEC});
    assert_int_equal(meetings_deadline(w.ms), w.now.mono + 5 * SEC);
    world_close(&w);
}

static void invitations_are_kept_as_hashes_and_are_spent_once(void **state)
{
    (void)state;
    struct world w;
    char how[2][80];
    json_t *hashes = json_array();
    world_open(&w);
    world_meeting(&w, (struct meeting_config){.settings.locked = true});
    for (int i = 0; i < 2; i++) {
        command(&w, "admin:invite", NULL);
        const json_t *hash = effect_of(&w, FX_STORE_INVITE)->payload;
        assert_int_equal(json_string_length(hash), 64);
        json_array_append(hashes, (json_t *)hash);
        snprintf(how[i], sizeof how[i], "'inviteToken':'%s'", text_of(w.fx.reply.data, "inviteToken"));
    }
    assert_true(enter(&w, 1, how[0], NULL));
    assert_true(json_equal(effect_of(&w, FX_STORE_INVITE_SPENT)->payload, json_array_get(hashes, 0)));
    json_array_remove(hashes, 0);
    world_close(&w);

    json_array_append_new(hashes, json_string("not a hash"));
    world_open(&w);
    world_meeting(&w, (struct meeting_config){.settings.locked = true, .invites = hashes});
    assert_false(enter(&w, 1, how[0], NULL));
    assert_string_equal(refusal(&w, 1), "bad_token");
    assert_true(enter(&w, 2, how[1], NULL));
    assert_false(enter(&w, 3, how[1], NULL));
    json_decref(hashes);
    world_close(&w);
}

static void nothing_is_kept_of_a_guest_meeting(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    sfu_up(&w);
    world_meeting(&w, (struct meeting_config){.guest = true});
    static const char *const commands[] = {"admin:lock", "admin:unlock", "admin:invite", "admin:end"};
    assert_true(enter(&w, 1, BOT, NULL));
    for (size_t i = 0; i <= ARRAY_LEN(commands); i++) {
        for (size_t k = 0; k < w.fx.n; k++)
            assert_true(w.fx.list[k].type < FX_STORE_SETTINGS);
        if (i < ARRAY_LEN(commands))
            command(&w, commands[i], NULL);
    }
    assert_true(effect_of(&w, FX_ENDED)->ended->guest);
    world_close(&w);
}

static void until_all_are_loaded_an_unknown_meeting_may_exist(void **state)
{
    (void)state;
    struct world w;
    world_open_with(&w, &(struct meetings_config){.loading = true});
    assert_false(enter(&w, 1, "", NULL));
    assert_string_equal(refusal(&w, 1), "unavailable");
    meetings_loaded(w.ms);
    assert_false(enter(&w, 1, "", NULL));
    assert_string_equal(refusal(&w, 1), "not_found");
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_resumes_without_a_new_connection),
        cmocka_unit_test(if_the_sfu_was_restarted_too_each_is_told_when_it_is_back),
        cmocka_unit_test(documented_clients_leave_at_once_and_downtime_is_not_charged),
        cmocka_unit_test(when_nobody_comes_back_the_meeting_ended_when_somebody_was_last_seen),
        cmocka_unit_test(the_last_to_be_there_counts_not_the_last_to_be_missed),
        cmocka_unit_test(a_meeting_whose_time_came_meanwhile_starts_at_once),
        cmocka_unit_test(one_that_nobody_joined_has_its_day_from_its_start),
        cmocka_unit_test(invitations_are_kept_as_hashes_and_are_spent_once),
        cmocka_unit_test(nothing_is_kept_of_a_guest_meeting),
        cmocka_unit_test(until_all_are_loaded_an_unknown_meeting_may_exist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
