/* sdp_types.c: the names of sdp_types.h's values. */
#include "sdp/sdp_types.h"

const char *sdp_dir_name(enum sdp_dir d)
{
    static const char *const names[] = {"inactive", "sendonly", "recvonly", "sendrecv"};
    return names[(unsigned)d & 3];
}

const char *sdp_kind_name(enum sdp_kind k)
{
    static const char *const names[] = {"audio", "video", "application", ""};
    return names[(unsigned)k & 3];
}
