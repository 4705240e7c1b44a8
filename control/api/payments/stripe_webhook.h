/* stripe_webhook.h: POST /api/billing/stripe/webhook: what Stripe tells of payments becomes credit, takes it back, or
 * becomes a line for the administrator. */
#pragma once
#include "http/call.h"

enum err stripe_webhook(struct call *c);
