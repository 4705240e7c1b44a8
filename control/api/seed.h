/* seed.h: the administrator of ADMIN_EMAIL. */
#pragma once
#include "common/err.h"

struct app;

/* Queues that the account is made, with ADMIN_PASSWORD; one that is there keeps its password and becomes an
 * administrator. It is stored before anybody can ask the database for anything. Before the loop runs: it hashes. */
MUST_CHECK enum err seed_admin(struct app *app);
