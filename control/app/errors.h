/* errors.h: what goes wrong is stored as events like everything else (docs/analytics.md), as far as error_gate.h lets
 * it. A plain value. Loop thread only. */
#pragma once
#include "app/error_gate.h"
#include "common/log.h"

struct call;
struct loop;
struct sio;
struct sio_event;
struct store;

struct errors {
    struct loop *loop;
    const struct log *log;
    struct store *store;
    struct error_gate gate;
};

/* http_config.failed, with a struct errors: a 5xx answer of ours becomes an event error.api. */
void errors_answer(void *errors, struct call *c, unsigned status);

/* A client's `client:error {type, route, message}` becomes an event error.<type>; acknowledged like any other event,
 * but never answered with `error`. False: ev is something else. */
bool errors_of_client(struct errors *errors, struct sio *sio, const struct sio_event *ev);
