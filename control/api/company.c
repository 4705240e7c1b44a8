#include "api/routes.h"

const struct route company_routes[] = {{0}};
