/* target.h: a request target taken apart: decoded path segments and query parameters, and matching them to a route's
 * path. Sans-IO. Strings live in the caller's buffer. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"

#define TARGET_MAX_SEGMENTS 16
#define TARGET_MAX_QUERY    32

struct target_pair {
    const char *name, *value;
};

struct target {
    const char *path;                          /* decoded, begins with '/' */
    const char *segments[TARGET_MAX_SEGMENTS]; /* each decoded by itself: "%2F" doesn't split */
    unsigned n_segments;                       /* "/" has none; one trailing '/' adds none */
    struct target_pair query[TARGET_MAX_QUERY];
    unsigned n_query;
};

/* buf has 2 × raw.len + 64 bytes. Origin form, or absolute form (whose scheme and authority are skipped), or "*".
 * ERR_SYNTAX: a bad escape, control characters, a backslash, "." or ".." segments, not UTF-8. ERR_FULL: too many
 * segments. More than TARGET_MAX_QUERY parameters: the rest is ignored. */
MUST_CHECK enum err target_parse(struct bytes raw, char *buf, size_t cap, struct target *t);

/* Does pattern ("/api/meetings/:meetingId") fit? On a match *n_params says how many ":" segments it has, and params
 * (room for TARGET_MAX_SEGMENTS) gets their values in order. */
bool target_match(const struct target *t, const char *pattern, const char **params, unsigned *n_params);

/* The first parameter of that name, or NULL. */
const char *target_query(const struct target *t, const char *name);
