/* negotiate.h: content negotiation and small header grammars (RFC 9110). Sans-IO. */
#pragma once
#include "common/bytes.h"
#include "common/err.h"

enum encoding { ENC_IDENTITY, ENC_GZIP, ENC_BROTLI };

/* The best of the encodings that accept (Accept-Encoding; NULL if absent) takes and that we have (bits 1 << ENC_…). The
 * higher q wins, brotli before gzip before identity on a tie. */
enum encoding encoding_choose(const char *accept, unsigned have);
const char *encoding_name(enum encoding e); /* "br", "gzip", NULL */

bool etag_matches(const char *if_none_match, const char *etag); /* weak comparison; "*" matches; NULL doesn't */
const char *content_type_of(const char *path);                  /* by its ending; application/octet-stream otherwise */
bool content_type_is_text(const char *type);                    /* worth compressing */
bool content_type_is_json(const char *type);                    /* "application/json; charset=utf-8" too; NULL isn't */

/* A list of addresses and CIDR blocks (TRUSTED_PROXIES). */
#define CIDR_MAX 32
struct cidr_list {
    struct cidr {
        uint8_t addr[16]; /* IPv4 as IPv4-mapped IPv6 */
        unsigned bits;
    } blocks[CIDR_MAX];
    unsigned n;
};
MUST_CHECK enum err cidr_list_parse(const char *text, struct cidr_list *list); /* ERR_SYNTAX, ERR_FULL */
bool cidr_list_has(const struct cidr_list *list, const char *ip);
bool ip_is_loopback(const char *ip); /* 127.0.0.0/8, ::1, and the first as IPv4-mapped IPv6 */

/* The client's address: the last one of forwarded (X-Forwarded-For) that isn't itself trusted, if peer is; else peer.
 */
#define IP_TEXT_MAX 46
void client_ip(const struct cidr_list *trusted, const char *peer, const char *forwarded, char out[IP_TEXT_MAX]);

bool origin_listed(const char *allowed, const char *origin); /* comma-separated; "*" is all of them */
bool origin_named(const char *allowed, const char *origin);  /* by itself: "*" doesn't count */
