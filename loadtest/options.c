/* options.c: the table of options, read and checked. */
#include "loadtest/options.h"

#include <getopt.h>
#include <stddef.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] = "onepizza-load: simulated participants, and what they measured (JSON on stdout).\n"
                           "  --publishers P --subscribers N  one room: P send, N receive             (1, 10)\n"
                           "  --rooms R --size K              R rooms of K who all send and receive\n"
                           "  --churn RATE                    receivers that leave and come back, a second\n"
                           "  --ramp RATE                     joins a second                          (100)\n"
                           "  --warmup S --duration S         before, and while it measures           (5, 10)\n"
                           "  --connect-timeout S             for everyone to be there                (30)\n"
                           "  --host H --port P               the server                    (127.0.0.1, 3000)\n"
                           "  --meeting ID                    join this meeting; else guest meetings are made\n"
                           "  --sfu-socket PATH               straight to the media server, without signalling\n"
                           "  --sfu-pid PID                   whose CPU and memory are read\n"
                           "  --media real|synthetic          real: encoded pictures and tones        (synthetic;\n"
                           "                                  real with --meeting)\n"
                           "  --video-bps N --fps N --key-seconds S --audio-bytes N --burst N\n"
                           "                                  synthetic media          (1000000, 30, 3, 120, 4)\n"
                           "  --no-audio --no-video           send and receive only the other\n"
                           "  --max-video N                   video slots of each receiver            (25)\n"
                           "  --verify N|all                  receivers that decrypt and check all    (8)\n"
                           "  --nack                          receivers ask for what is lost\n"
                           "  --drop SHARE                    receivers lose so many packets on purpose\n"
                           "  --max-loss SHARE                more is a failure                       (0.005)\n"
                           "  --pin CPU                       run on this CPU\n"
                           "Exit: 0 all were connected and lost no more than that; 1 not so; 2 it couldn't run.\n";

enum { NO_AUDIO = 1000, NO_VIDEO, MEDIA, VERIFY, NACK, HELP };

/* Numbers, in a table: where they go, and their bounds. */
struct number {
    const char *name;
    size_t at;
    bool is_double;
    double min, max;
};

#define UNSIGNED(name_, field, min_, max_)                                                                             \
    {                                                                                                                  \
        name_, offsetof(struct options, field), false, min_, max_                                                      \
    }
#define REAL(name_, field, min_, max_)                                                                                 \
    {                                                                                                                  \
        name_, offsetof(struct options, field), true, min_, max_                                                       \
    }

static const struct number numbers[] = {
    UNSIGNED("publishers", publishers, 0, OPTIONS_ENDPOINTS_MAX),
    UNSIGNED("subscribers", subscribers, 0, OPTIONS_ENDPOINTS_MAX),
    UNSIGNED("rooms", rooms, 0, OPTIONS_ENDPOINTS_MAX),
    UNSIGNED("size", size, 1, 1000),
    REAL("churn", churn, 0, 10000),
    REAL("ramp", ramp, 0.1, 100000),
    UNSIGNED("duration", duration, 1, 86400),
    UNSIGNED("warmup", warmup, 0, 3600),
    UNSIGNED("connect-timeout", connect_timeout, 1, 3600),
    UNSIGNED("port", port, 1, 65535),
    UNSIGNED("sfu-pid", sfu_pid, 1, 1 << 22),
    UNSIGNED("video-bps", video_bps, 10000, 20000000),
    UNSIGNED("fps", fps, 1, 120),
    UNSIGNED("key-seconds", key_seconds, 1, 3600),
    UNSIGNED("audio-bytes", audio_bytes, 48, 1000),
    UNSIGNED("burst", burst, 1, 60),
    UNSIGNED("max-video", max_video, 0, OPTIONS_SLOTS_MAX),
    REAL("max-loss", max_loss, 0, 1),
    REAL("drop", drop, 0, 0.9),
    UNSIGNED("pin", pin, 0, 1023),
};

static bool number_set(struct options *o, const struct number *n, const char *text)
{
    char *end;
    double v = strtod(text, &end);
    bool ok = end != text && !*end && v >= n->min && v <= n->max && (n->is_double || v == floor(v));
    if (!ok) {
        fprintf(stderr, "--%s: not a number from %g to %g\n", n->name, n->min, n->max);
        return false;
    }
    if (n->is_double)
        memcpy((char *)o + n->at, &v, sizeof v);
    else
        memcpy((char *)o + n->at, &(unsigned){(unsigned)v}, sizeof(unsigned));
    return true;
}

struct text_option {
    const char *name;
    size_t at;
};

static const struct text_option texts[] = {
    {"host", offsetof(struct options, host)},
    {"meeting", offsetof(struct options, meeting)},
    {"sfu-socket", offsetof(struct options, sfu_socket)},
};

#define N_LONG (ARRAY_LEN(numbers) + ARRAY_LEN(texts) + 6)

/* val: number i is i + 1, text i is 100 + i. */
static void long_options(struct option *all)
{
    unsigned n = 0;
    for (unsigned i = 0; i < ARRAY_LEN(numbers); i++)
        all[n++] = (struct option){numbers[i].name, required_argument, NULL, (int)i + 1};
    for (unsigned i = 0; i < ARRAY_LEN(texts); i++)
        all[n++] = (struct option){texts[i].name, required_argument, NULL, 100 + (int)i};
    all[n++] = (struct option){"no-audio", no_argument, NULL, NO_AUDIO};
    all[n++] = (struct option){"no-video", no_argument, NULL, NO_VIDEO};
    all[n++] = (struct option){"media", required_argument, NULL, MEDIA};
    all[n++] = (struct option){"verify", required_argument, NULL, VERIFY};
    all[n++] = (struct option){"nack", no_argument, NULL, NACK};
    all[n++] = (struct option){"help", no_argument, NULL, HELP};
    all[n] = (struct option){0};
}

static bool verify_set(struct options *o, const char *text)
{
    static const struct number count = {"verify", offsetof(struct options, verify), false, 0, OPTIONS_ENDPOINTS_MAX};
    if (strcmp(text, "all") != 0)
        return number_set(o, &count, text);
    o->verify = OPTIONS_VERIFY_ALL;
    return true;
}

static bool media_set(struct options *o, const char *text)
{
    o->real = strcmp(text, "real") == 0;
    if (o->real || strcmp(text, "synthetic") == 0)
        return true;
    fprintf(stderr, "--media: real or synthetic\n");
    return false;
}

static bool option_set(struct options *o, int val, const char *arg)
{
    if (val >= 1 && val <= (int)ARRAY_LEN(numbers))
        return number_set(o, &numbers[val - 1], arg);
    if (val >= 100 && val < 100 + (int)ARRAY_LEN(texts)) {
        memcpy((char *)o + texts[val - 100].at, &arg, sizeof arg);
        return true;
    }
    switch (val) {
    case NO_AUDIO:
        o->audio = false;
        return true;
    case NO_VIDEO:
        o->video = false;
        return true;
    case MEDIA:
        return media_set(o, arg);
    case VERIFY:
        return verify_set(o, arg);
    case NACK:
        o->nack = true;
        return true;
    default:
        return false;
    }
}

static enum err check(const struct options *o)
{
    uint64_t n = o->rooms ? (uint64_t)o->rooms * o->size : (uint64_t)o->publishers + o->subscribers;
    if (n == 0 || n > OPTIONS_ENDPOINTS_MAX) {
        fprintf(stderr, "1 to %d participants are possible\n", OPTIONS_ENDPOINTS_MAX);
        return ERR_SYNTAX;
    }
    if (o->meeting && (o->sfu_socket || o->rooms > 1)) {
        fprintf(stderr, "--meeting is one room, through control\n");
        return ERR_SYNTAX;
    }
    if (!o->audio && !o->video) {
        fprintf(stderr, "--no-audio --no-video leaves nothing\n");
        return ERR_SYNTAX;
    }
    return OK;
}

enum err options_read(int argc, char **argv, struct options *o)
{
    struct option all[N_LONG + 1];
    *o = (struct options){.publishers = 1, .subscribers = 10, .size = 4, .ramp = 100, .duration = 10, .warmup = 5};
    o->connect_timeout = 30;
    o->max_video = 25;
    o->max_loss = 0.005;
    o->verify = 8;
    o->audio = o->video = true;
    o->pin = -1;
    o->burst = 4;
    o->video_bps = 1000000;
    o->fps = 30;
    o->audio_bytes = 120;
    o->key_seconds = 3;
    o->host = "127.0.0.1";
    o->port = 3000;
    for (int i = 1; i < argc; i++)
        o->real |= strncmp(argv[i], "--meeting", 9) == 0;
    long_options(all);
    int val;
    while ((val = getopt_long(argc, argv, "", all, NULL)) != -1) {
        if (val == HELP) {
            fputs(help, stdout);
            return ERR_NOT_FOUND;
        }
        if (!option_set(o, val, optarg))
            return ERR_SYNTAX;
    }
    if (optind != argc) {
        fprintf(stderr, "what is %s? --help lists the options\n", argv[optind]);
        return ERR_SYNTAX;
    }
    return check(o);
}
