#include "api/routes.h"

const struct route docs_routes[] = {{0}};
