#include "sdp/sdp_candidate.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What parses has an address or is hidden, a component, and a TCP type only as TCP has. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct sdp_candidate c;
    if (sdp_candidate_parse(bytes_of(data, len), &c))
        return 0;
    bool has_addr = c.addr.sa.sa_family == AF_INET || c.addr.sa.sa_family == AF_INET6;
    if (has_addr == c.hidden || c.component == 0 || c.foundation.len == 0 || c.tcptype > SDP_TCP_SO)
        abort();
    return 0;
}
