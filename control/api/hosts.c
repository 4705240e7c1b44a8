#include "api/routes.h"

const struct route host_routes[] = {{0}};
