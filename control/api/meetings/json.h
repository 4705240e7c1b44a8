/* meeting_json.h: a meeting as the API shows it (API documentation §3, 5). Each a new reference, NULL without memory.
 */
#pragma once
#include "meeting/meeting.h"

json_t *meeting_created_json(const struct meeting *m, const char *admin_token);
json_t *meeting_listed_json(const struct meeting *m);
json_t *meeting_scheduled_json(const struct meeting *m);
json_t *meeting_details_json(const struct meeting *m);
