/* routes.h: everything that can be asked by HTTP: the tables of the API's parts, and who serves them. */
#pragma once
#include "http/route.h"
#include <stdio.h>

struct app;
struct sio;

/* "METHOD /path class" for each row of the tables, one a line; the class is enum access_class in words, or "page". */
void routes_print(FILE *out);
/* The settings of a meeting as JSON: by who may give them and where they are seen, each with its JSON Schema. */
MUST_CHECK enum err settings_print(FILE *out); /* ERR_NOMEM, ERR_IO */

/* For http_config.tables, with the parts of this app; for free(). ERR_NOMEM. */
MUST_CHECK enum err routes_new(struct app *app, struct route_table **tables);
struct prefix_route routes_socketio(struct sio *sio); /* Engine.IO */
