#include "api/routes.h"

const struct route history_routes[] = {{0}};
