/* The API documentation: pages of the web client, which also holds /docs/openapi.yaml and /docs/openapi.json. */
#include "app/routes.h"
#include "access/who.h"

const struct route docs_routes[] = {
    {"GET", "/docs", ACCESS_ANYONE, no_body, NULL, "docs/index.html", 0},
    {0},
};
