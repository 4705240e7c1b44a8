/* address.h: which addresses lie on the public internet, so that a URL that somebody gave us can't be used to reach
 * what only this machine or its network should (IANA's IPv4 and IPv6 special-purpose address registries, RFC 6890).
 * An IPv6 address that carries an IPv4 one (mapped, NAT64) is as public as that. Pure. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

bool address_is_public_v4(uint32_t address);            /* host order */
bool address_is_public_v6(const uint8_t address[16]);   /* network order */
bool address_is_public(const struct sockaddr *address); /* families other than IPv4 and IPv6 are not */
bool address_is_public_text(const char *text);          /* "192.0.2.1", "2001:db8::1"; anything else is not */
