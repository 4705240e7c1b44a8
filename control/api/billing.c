#include "api/routes.h"

const struct route billing_routes[] = {{0}};
