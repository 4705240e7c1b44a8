/* visitors.h: the rates of all who are in one meeting from one address, together: a new socket begins with what the
 * last one left. As many people as are there now may say as much as each of them may; two at least. Pure; bounded:
 * VISITORS_MAX, and beyond it who isn't known yet is limited by its socket alone. */
#pragma once
#include "common/map.h"
#include "meeting/dispatch.h"

#define VISITORS_MAX 16384

struct visitor {
    uint64_t key;
    unsigned sockets;
    usec_t left_at; /* the last of them */
    struct rates rates;
};

struct visitors { /* all zero: nobody */
    struct map map;
    uint64_t seed;
};

void visitors_reset(struct visitors *vs);
/* One socket more. NULL: no memory, or no room. */
struct visitor *visitors_enter(struct visitors *vs, usec_t now, const struct holder *from, const char *meeting);
void visitors_leave(struct visitor *v, usec_t now); /* NULL is fine */
bool visitor_takes(struct visitor *v, enum rate_kind kind, usec_t now);
