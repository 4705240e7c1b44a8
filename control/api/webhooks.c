#include "api/routes.h"

const struct route webhook_routes[] = {{0}};
