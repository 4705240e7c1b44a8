/* show.h: a new meeting as the API shows it (API documentation §3, 5). */
#pragma once
#include "meeting/meeting.h"

json_t *show_created(const struct meeting *m, const char *admin_token); /* a new reference, NULL without memory */
