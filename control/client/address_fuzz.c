/* Sixteen bytes as an address: what is public lies in 2000::/3 or carries a public IPv4 address; an IPv4 address is
 * judged alike in all its disguises, and text and bytes are judged alike. */
#include "client/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_v6(const uint8_t a[16])
{
    char text[INET6_ADDRSTRLEN];
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}, nat64[12] = {0x00, 0x64, 0xff, 0x9b};
    bool is_public = address_is_public_v6(a), carries = !memcmp(a, mapped, 12) || !memcmp(a, nat64, 12);
    if (is_public && !carries && a[0] >> 5 != 1)
        abort();
    if (!inet_ntop(AF_INET6, a, text, sizeof text) || address_is_public_text(text) != is_public)
        abort();
}

static void check_v4(const uint8_t a[4])
{
    uint32_t number = (uint32_t)a[0] << 24 | (uint32_t)a[1] << 16 | (uint32_t)a[2] << 8 | a[3];
    uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, a[0], a[1], a[2], a[3]};
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(number)};
    bool is_public = address_is_public_v4(number);
    if (address_is_public_v6(mapped) != is_public || address_is_public((const struct sockaddr *)&in) != is_public)
        abort();
    if (is_public && (a[0] == 0 || a[0] == 10 || a[0] == 127 || a[0] >= 224))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 16)
        return 0;
    check_v6(data);
    check_v4(data);
    return 0;
}
