#include "api/routes.h"

const struct route meeting_routes[] = {{0}};
