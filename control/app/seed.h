/* seed.h: the administrator of ADMIN_EMAIL. */
#pragma once
#include "common/err.h"

struct app;

/* Queues that the account is made, with ADMIN_PASSWORD. One that is there becomes an administrator with that password,
 * unless it is one already. Written before anybody else's question is asked. Before the loop runs: it hashes. */
MUST_CHECK enum err seed_admin(struct app *app);
