/* parts.h: everything that can be asked by HTTP: the parts of the API, what each of them reaches of the process (its
 * x_api.h), and their tables of routes. Loop thread only. */
#pragma once
#include "http/route.h"
#include <stdio.h>

struct app;
struct parts;

/* Of an app whose other members are there. Its tables are for http_config, and live until parts_free(), which comes
 * after store_free(): its last answers come here. ERR_NOMEM; ERR_SYNTAX: a wrong setting, which is logged. */
MUST_CHECK enum err parts_new(struct app *app, struct parts **parts);
void parts_free(struct parts *parts);
const struct route_table *parts_tables(const struct parts *parts);
const struct prefix_route *parts_prefixes(const struct parts *parts); /* Engine.IO */

/* "METHOD /path class" for each row of the tables, one a line; the class is enum access_class in words, or "page". */
void routes_print(FILE *out);
/* The settings of a meeting as JSON: by who may give them and where they are seen, each with its JSON Schema. */
MUST_CHECK enum err settings_print(FILE *out); /* ERR_NOMEM, ERR_IO */
