/* rewrite.h: one down-track's own sequence numbers and timestamps, over whatever sources and layers it is fed from in
 * turn. RFC 3550 5.1, RFC 3711 3.3.1. Plain value; one per down-track; the hot path is a few additions.
 *  - The index starts where it is told (1…32767, so that no receiver guesses a rollover) and only grows: its low 16
 * bits are the sequence number, and the whole is SRTP's 48-bit packet index. No index is ever given to two packets.
 *  - What we drop leaves no hole; what was lost before us leaves one, and fills it if it comes late (squeeze.h).
 *  - A new source begins one after the last number (two, if the last packet didn't end its frame), with a timestamp
 * ahead of it. */
#pragma once
#include "rtp/seq.h"
#include "rtp/squeeze.h"
#include "common/err.h"
#include "common/usec.h"

/* A source's last sender report: which RTP timestamp is which NTP time. ntp 0: none came yet. */
struct sr_map {
    uint64_t ntp;
    uint32_t rtp_ts;
};

struct rewrite_config {
    uint16_t first_seq; /* 1…32767, random */
    uint32_t first_ts;  /* random */
    bool video;         /* packets make frames, and the marker ends one */
    uint32_t clock_hz;
    uint32_t frame_ticks; /* the usual step of a frame or packet: 3000 for 30 fps video, 960 for 20 ms of Opus */
};

struct rewrite {
    struct squeeze seqs;
    uint32_t clock_hz, frame_ticks;
    uint32_t ts_offset; /* out = source + offset */
    uint32_t last_ts;   /* out, of the highest packet */
    usec_t last_at;     /* when that went out; USEC_NEVER: nothing yet */
    bool video;
    bool cut; /* video: the highest packet didn't end its frame */
    bool anchored;
};

struct rewrite_out {
    uint64_t index; /* 48 bits used; (uint16_t)index is the sequence number */
    uint32_t ts;
};

enum rewrite_verdict {
    REWRITE_OK,
    REWRITE_LATE,       /* OK too: fills a hole; don't take it for progress of the stream */
    REWRITE_OLD,        /* from before the switch, or too old to have a place: drop */
    REWRITE_DUP,        /* its number is used up (sent, or dropped by us): drop */
    REWRITE_UNANCHORED, /* no source yet, or it jumped too far: rewrite_switch() first */
};

void rewrite_init(struct rewrite *r, const struct rewrite_config *cfg);

/* A packet of the present source is to be sent. */
enum rewrite_verdict rewrite_packet(struct rewrite *r, usec_t now, uint64_t source_seq, uint32_t source_ts, bool marker,
                                    struct rewrite_out *out);
/* A packet of the present source is not to be sent. Waits for the choice of layers. */
void rewrite_drop(struct rewrite *r, uint64_t source_seq);

struct rewrite_switch {
    uint64_t seq; /* of the new source's first packet */
    uint32_t ts;
    /* Of old and new source on one clock; NULL or empty: by arrival. Waits for the choice of simulcast layers. */
    const struct sr_map *from, *to;
};

/* The next packet comes from elsewhere. ERR_STATE: the reports say its time is more than 50 ms behind what was sent (a
 * layer that lags): stay, and try the next key frame. Never refuses without reports, or when the present source has
 * been silent for 2 s. */
MUST_CHECK enum err rewrite_switch(struct rewrite *r, usec_t now, const struct rewrite_switch *to);

/* For the sender report: the RTP timestamp of `now`. */
uint32_t rewrite_ts_at(const struct rewrite *r, usec_t now);
