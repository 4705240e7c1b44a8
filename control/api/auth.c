#include "api/routes.h"

const struct route auth_routes[] = {{0}};
