/* limits.c: how much of what is whose share: a row each. */
#include "shares/limits.h"

#define KIB ((uint64_t)1024)

/* For each person of an office behind one address; for an account or a meeting as a whole. */
static const struct share_row {
    const char *name;
    struct share_limit person, account, meeting, mailbox;
} rows[SHARES] = {
    /* A page has a socket and fetches over up to six connections; most people have one page. */
    [SHARE_CONNECTIONS] = {"connections", .person = {4}},
    [SHARE_SESSIONS] = {"sessions", .person = {3}, .account = {1000}},
    [SHARE_BYTES] = {"bytes", .person = {64 * KIB}},
    [SHARE_MEDIA] = {"media", .person = {2}},
    [SHARE_WAITING] = {"waiting", .person = {1}},
    [SHARE_PASSWORDS] = {"passwords"},
    /* All at nine o'clock, and again after a network's hiccup. */
    [SHARE_HANDSHAKES] = {"handshakes", .person = {3, 360}},
    [SHARE_INPUT] = {"input", .person = {32 * KIB, 3600ull * 8 * KIB}},
    [SHARE_LOOP] = {"loop", .person = {2000, 3600ull * 500}},
    [SHARE_JOINS] = {"joins", .person = {3, 360}, .meeting = {50, 3600ull * 200}},
    [SHARE_OFFERS] = {"offers", .person = {10, 3600}, .meeting = {1000, 3600ull * 200}},
    [SHARE_EVENTS] = {"events", .person = {20, 1200}, .meeting = {300, 3600ull * 2}},
    [SHARE_GUESSES] = {"guesses", .account = {10, 60}, .mailbox = {10, 60}},
    [SHARE_MAILS] = {"mails", .account = {20, 20}, .mailbox = {5, 5}},
    [SHARE_CREDENTIALS] = {"credentials", .person = {5, 60}},
};

/* The few shares that aren't as many as there are people. */
static const struct share_limit few_for_address[SHARES] = {
    [SHARE_PASSWORDS] = {16},
};

const char *share_name(enum share what)
{
    return rows[what].name;
}

static struct share_limit times(struct share_limit l, uint64_t factor)
{
    return (struct share_limit){l.most * factor, l.per_hour * factor};
}

static struct share_limit address_limit(enum share what, unsigned people)
{
    struct share_limit few = few_for_address[what];
    return few.most ? few : times(rows[what].person, people);
}

struct share_limit share_limit_of(enum share what, enum holder_kind kind, unsigned people)
{
    switch (kind) {
    case HOLDER_ADDRESS:
        return address_limit(what, people);
    case HOLDER_NETWORK:
        return times(address_limit(what, people), SHARES_NETWORK_FACTOR);
    case HOLDER_ACCOUNT:
        return rows[what].account;
    case HOLDER_MEETING:
        return rows[what].meeting;
    case HOLDER_MAILBOX:
        return rows[what].mailbox;
    case HOLDER_NOBODY:
    case HOLDER_KINDS:
        break;
    }
    return (struct share_limit){0};
}
