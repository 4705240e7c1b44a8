#include "api/routes.h"

const struct route analytics_routes[] = {{0}};
