#include "api/routes.h"

const struct route admin_routes[] = {{0}};
