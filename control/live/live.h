/* live.h: between the outside and the meetings: what sockets, the SFU and timers say becomes meeting events, and
 * what meetings want done is done (effects_run.c). Part of struct app; loop thread only. */
#pragma once
#include "loop/loop.h"
#include "meeting/meetings.h"
#include "sfuclient/sfuclient.h"
#include "socketio/sio.h"

struct app;
struct closing; /* a socket that will be closed shortly */

/* An SDP offer that couldn't be handed to the SFU: its meeting hears of it after the effects in hand are done. */
struct refused_offer {
    char meeting[MEETING_ID_CAP], participant[PARTICIPANT_ID_CAP];
    uint64_t request;
};

struct realtime {
    struct app *app;
    struct meetings *meetings;
    struct effects fx;
    struct loop_timer tick;
    struct closing *closing;       /* a list; owned */
    struct refused_offer *refused; /* owned */
    unsigned n_refused, refused_cap;
    struct loop_timer seen;           /* keep.c */
    bool hooks_asked, hooks_news;     /* likewise */
    struct loop_timer load;           /* load.c */
    bool loading;                     /* likewise: a question is under way */
    char loaded_upto[MEETING_ID_CAP]; /* likewise */
    uint64_t effects_lost, emits, acks;
};

MUST_CHECK enum err realtime_init(struct realtime *rt, struct app *app);
void realtime_reset(struct realtime *rt);

void realtime_on_socket(void *app, struct sio *sio, const struct sio_event *ev); /* sio_setup.on_event */
void realtime_on_sfu(void *app, const struct sfuclient_event *ev);               /* sfuclient_config.on_event */

/* A host's action that comes by REST. reply->data is a new reference for the caller, or NULL. */
void realtime_command(struct realtime *rt, const char *meeting, const char *name, json_t *payload,
                      struct meeting_reply *reply);
/* Guest meetings live in this process only: when it stops they end, are told so, and are stored as ended. */
void realtime_end_guests(struct realtime *rt);

void realtime_rearm(struct realtime *rt); /* after meetings_create(): there may be a nearer deadline */

struct moment realtime_moment(const struct realtime *rt);
struct meeting_fresh realtime_fresh(void);

/* load.c: brings the meetings of the database back, a page at a time; when all are here app->meetings_loaded is
 * set and app_open() called. Called again after an outage it goes on where it was, or has nothing to do. */
void meetings_load(struct app *app);

/* effects_run.c: does rt->fx in order, once. */
void effects_run(struct realtime *rt);
void closing_free_all(struct realtime *rt);

void realtime_sfu_has(struct realtime *rt, const json_t *by_room); /* see meetings_sfu_has() */

/* sfu_sync.c */
void sfu_sync_ask(struct app *app);                        /* what rooms does the SFU have? Once meetings are loaded */
void sfu_sync_answer(struct app *app, const json_t *dump); /* those nobody knows are closed */

/* sfu_tag.kind of a request to the SFU */
enum sfu_kind { SFU_KIND_PLAIN, SFU_KIND_OFFER, SFU_KIND_SYNC, SFU_KIND_METRICS };
