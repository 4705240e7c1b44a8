/* live.h: between the outside and the meetings: what sockets, the SFU, hosts by REST and timers say becomes meeting
 * events, and what meetings want done is done. Owns the meetings. Loop thread only. */
#pragma once
#include "common/log.h"
#include "live/ice_servers.h"
#include "meeting/meetings.h"

struct live;
struct loop;
struct sfuclient;
struct sfuclient_event;
struct shares;
struct sio;
struct sio_event;
struct sio_id;
struct store;

/* All borrowed for life. */
struct live_config {
    struct loop *loop;
    const struct log *log;
    struct store *store;
    struct sfuclient *sfu;
    struct sio *sio;
    struct shares *shares;
    struct ice_config ice;
    unsigned participants_cap, mesh_max;
    usec_t empty_grace;
    unsigned max_debt_usd; /* how far meetings may take a balance below 0 */
    bool rate_limits;
    void (*loaded)(void *arg); /* the meetings of the database are all here */
    void (*queued)(void *arg); /* webhook events, or charges that may cause mails, have been stored; NULL */
    void *arg;
};

MUST_CHECK enum err live_new(const struct live_config *cfg, struct live **l);
/* After store_free(): its last answers come here. */
void live_free(struct live *l);

/* Brings the meetings of the database back, a page at a time; then they aren't loading any more (meetings.h) and
 * cfg.loaded() is called. Called again after an outage it goes on where it was, or has nothing to do. */
void live_load(struct live *l);
/* We stop: nothing more is loaded. Guest meetings live in this process only: they end, are told so, and are stored as
 * ended. */
void live_stop(struct live *l);

bool live_has(const struct live *l, struct sio_id socket);          /* for sio_setup.in_use */
void live_on_socket(struct live *l, const struct sio_event *ev);    /* for sio_setup.on_event */
void live_on_sfu(struct live *l, const struct sfuclient_event *ev); /* for sfuclient_config.on_event */

/* sfu_tag.kind of our requests to the SFU; others number theirs from LIVE_SFU_KINDS on and keep their answers. */
enum live_sfu_kind { LIVE_SFU_PLAIN, LIVE_SFU_OFFER, LIVE_SFU_SYNC, LIVE_SFU_KINDS };

struct meetings *live_meetings(const struct live *l); /* to look at */
/* meetings_create() for one that is new, user_id being who made it (0: a guest): the analytics hear of it. */
MUST_CHECK enum err live_create(struct live *l, const struct meeting_config *cfg, int64_t user_id,
                                struct meeting **created);
/* One whose row may be there, or may yet be, and that nobody was told of: it isn't wanted. */
void live_take_back(struct live *l, const char *meeting);
/* A host's action that comes by REST. reply->data is a new reference for the caller, or NULL. */
void live_command(struct live *l, const char *meeting, const char *name, json_t *payload, struct meeting_reply *reply);
/* A member has left its company: its meetings that are on end and are the company's last charge, those that are
 * scheduled are its own. */
void live_member_joined(struct live *l, int64_t user_id, int64_t company_id); /* which pays for it from now on */
void live_member_removed(struct live *l, int64_t user_id, int64_t company_id);
json_t *live_ice_servers(const struct live *l, const char *user); /* ice_servers_json() of now */

/* An event of the analytics (keep.c). meta: JSON, NULL for {}; user_id 0, actor NULL: none. */
MUST_CHECK enum err live_analytics(struct store *store, const char *type, const char *meta, int64_t user_id,
                                   const char *actor);

struct live_counters {
    uint64_t effects_lost, emits, acks;
};
struct live_counters live_counters(const struct live *l);
