/* Header values of strangers: no encoding is chosen that we don't have, and a client's address is always an address. */
#include "http/negotiate.h"
#include <arpa/inet.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    for (unsigned have = 0; have < 8; have += 2) {
        enum encoding e = encoding_choose(text, have);
        if (e != ENC_IDENTITY && !(have >> e & 1))
            abort();
    }
    (void)etag_matches(text, "\"0123456789abcdef-br\"");
    (void)origin_listed(text, "https://a.example");
    (void)origin_listed("https://a.example", text);
    struct cidr_list list;
    char ip[IP_TEXT_MAX], addr[16];
    if (cidr_list_parse(text, &list) == OK)
        (void)cidr_list_has(&list, "10.0.0.1");
    if (cidr_list_parse("10.0.0.0/8, ::/0", &list))
        abort();
    client_ip(&list, "10.0.0.1", text, ip);
    if (inet_pton(AF_INET, ip, addr) != 1 && inet_pton(AF_INET6, ip, addr) != 1)
        abort();
    free(text);
    return 0;
}
