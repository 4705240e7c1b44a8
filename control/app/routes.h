/* routes.h: the tables of everything that can be asked by HTTP; each is in the file of its section. */
#pragma once
#include "http/route.h"
#include <stdio.h>

/* "METHOD /path class" for each row of the tables, one a line; the class is enum access in words, or "page". */
void routes_print(FILE *out);
/* The settings of a meeting as JSON: by who may give them and where they are seen, each with its JSON Schema. */
MUST_CHECK enum err settings_print(FILE *out); /* ERR_NOMEM, ERR_IO */

extern const struct route *const api_routes[];   /* for http_config.routes: the tables below and routes.c's own */
extern const struct prefix_route api_prefixes[]; /* Engine.IO */

extern const struct route auth_routes[];      /* auth.c: §1 */
extern const struct route key_routes[];       /* keys.c: §2, the support key */
extern const struct route meeting_routes[];   /* meetings.c: §3, 5 */
extern const struct route host_routes[];      /* hosts.c: §6, 7 */
extern const struct route history_routes[];   /* meeting_history.c: §8 */
extern const struct route webhook_routes[];   /* webhooks.c: §9 */
extern const struct route company_routes[];   /* company.c: §14 */
extern const struct route billing_routes[];   /* billing.c: §15 */
extern const struct route analytics_routes[]; /* analytics.c: §18 */
extern const struct route admin_routes[];     /* admin.c: users, credit, settings */
extern const struct route docs_routes[];      /* docs.c: /docs */
