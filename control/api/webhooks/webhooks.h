/* webhooks.h: the calls of API documentation §9 are webhook_routes (routes.h). */
#pragma once

struct app;

/* Events were stored for webhooks: deliver them at once. Loop thread only. */
void webhook_poke(struct app *app);
