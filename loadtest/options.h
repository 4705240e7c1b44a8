/* options.h: the command line. Numbers have bounds; what is out of them is refused. */
#pragma once
#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>

#define OPTIONS_ENDPOINTS_MAX 20000
#define OPTIONS_SLOTS_MAX     100
#define OPTIONS_VERIFY_ALL    UINT32_MAX

struct options {
    unsigned publishers, subscribers; /* one room: a broadcast */
    unsigned rooms, size;             /* if rooms > 0: rooms in which all send and receive */
    double churn;                     /* receivers that leave and come back, a second */
    double ramp;                      /* joins a second */
    unsigned duration, warmup;        /* s */
    unsigned connect_timeout;         /* s, for everyone to be there */
    unsigned max_video;               /* slots */
    double max_loss;                  /* share */
    double drop;                      /* share of the packets received that are treated as lost on the way */
    uint32_t verify;                  /* endpoints that open and check all packets */
    bool nack, real, audio, video;
    int pin;        /* CPU, -1: any */
    unsigned burst; /* video packets sent at once */
    unsigned video_bps, fps, audio_bytes, key_seconds;
    const char *host; /* control's */
    unsigned port;
    const char *meeting;    /* join this one; NULL: make one for each room */
    const char *sfu_socket; /* straight to the media server; NULL: through control */
    int sfu_pid;            /* 0: unknown, or the socket's peer */
};

/* ERR_SYNTAX: said on stderr. ERR_NOT_FOUND: help was asked for and given. */
MUST_CHECK enum err options_read(int argc, char **argv, struct options *o);
