/* forwarding.h: the headers by which proxies say whom they speak for (RFC 7239, RFC 9110 7.6.3, and what is usual). Who
 * sends one isn't the client itself, or wants us to believe so. Pure. */
#pragma once
#include <stdbool.h>

bool forwarding_is_header(const char *name); /* without case */
