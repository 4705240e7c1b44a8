/* sdp_candidate.c: a=candidate (RFC 8839 5.1) read; our own candidates' priorities. */
#include "sdp/sdp_candidate.h"
#include "common/text.h"

static bool type_of(struct bytes word, enum sdp_candidate_type *out)
{
    static const char *const names[] = {"host", "srflx", "prflx", "relay"};
    for (unsigned i = 0; i < ARRAY_LEN(names); i++)
        if (text_is(word, names[i])) {
            *out = (enum sdp_candidate_type)i;
            return true;
        }
    return false;
}

static bool tcptype_of(struct bytes word, enum sdp_tcptype *out)
{
    static const char *const names[] = {
        [SDP_TCP_ACTIVE] = "active", [SDP_TCP_PASSIVE] = "passive", [SDP_TCP_SO] = "so"};
    for (unsigned i = SDP_TCP_ACTIVE; i < ARRAY_LEN(names); i++)
        if (text_is(word, names[i])) {
            *out = (enum sdp_tcptype)i;
            return true;
        }
    return false;
}

/* RFC 8839 5.1: the address is an IP address, or a name: of an mDNS host, which only its own network can resolve. */
static enum err read_address(struct bytes word, uint16_t port, struct sdp_candidate *c)
{
    char ip[ADDR_TEXT_CAP];
    if (word.len == 0 || word.len > 255)
        return ERR_SYNTAX;
    if (word.len < sizeof ip) {
        memcpy(ip, word.p, word.len);
        ip[word.len] = '\0';
        if (addr_parse(ip, port, &c->addr) == OK)
            return OK;
    }
    if (!text_is_made_of(word, ".-_", 255))
        return ERR_SYNTAX;
    c->hidden = true;
    return OK;
}

/* Name and value pairs after the type; unknown ones are skipped. */
static enum err read_extensions(struct bytes rest, struct sdp_candidate *c)
{
    while (rest.len) {
        struct bytes name = text_word(&rest), value = text_word(&rest);
        if (text_is(name, "tcptype") && !tcptype_of(value, &c->tcptype))
            return ERR_SYNTAX;
        if (text_is(name, "ufrag"))
            c->ufrag = value;
    }
    return OK;
}

static struct bytes candidate_value(struct bytes text)
{
    while (text.len && (text.p[text.len - 1] == '\n' || text.p[text.len - 1] == '\r'))
        text.len--;
    if (text.len >= 2 && memcmp(text.p, "a=", 2) == 0)
        text = text_after(text, 2);
    struct bytes value = text;
    return text_is(text_cut(&value, ':'), "candidate") ? value : text;
}

enum err sdp_candidate_parse(struct bytes text, struct sdp_candidate *out)
{
    struct bytes rest = candidate_value(text);
    if (rest.len == 0)
        return ERR_NOT_FOUND;
    if (rest.len > 1024)
        return ERR_SYNTAX;
    struct sdp_candidate c = {0};
    uint64_t component = 0, priority = 0, port = 0;
    c.foundation = text_word(&rest);
    struct bytes comp = text_word(&rest), transport = text_word(&rest), prio = text_word(&rest);
    struct bytes address = text_word(&rest), port_word = text_word(&rest), typ = text_word(&rest),
                 type = text_word(&rest);
    if (!text_is_made_of(c.foundation, "+/", 32) || !text_number(comp, 256, &component) || component == 0 ||
        !text_number(prio, UINT32_MAX, &priority) || !text_number(port_word, 65535, &port) || !text_is(typ, "typ") ||
        !type_of(type, &c.type))
        return ERR_SYNTAX;
    bool tcp = text_is_nocase(transport, "tcp");
    if (!tcp && !text_is_nocase(transport, "udp"))
        return ERR_UNSUPPORTED;
    c.component = (uint16_t)component;
    c.priority = (uint32_t)priority;
    enum err e = read_address(address, (uint16_t)port, &c);
    if (e == OK)
        e = read_extensions(rest, &c);
    if (e)
        return e;
    if (tcp != (c.tcptype != SDP_TCP_NONE)) /* RFC 6544 4.5: a TCP candidate says its type, a UDP one has none */
        return ERR_SYNTAX;
    *out = c;
    return OK;
}

uint32_t sdp_candidate_priority(bool tcp, unsigned index)
{
    uint32_t rank = index < 8192 ? 8191 - index : 0;
    /* RFC 6544 4.2: direction preference 4 for passive, in the three high bits, and UDP before TCP by type preference.
     */
    uint32_t type = tcp ? 90 : 126, local = tcp ? 4u << 13 | rank : 65535u - 8191u + rank;
    return type << 24 | local << 8 | (256 - 1);
}
