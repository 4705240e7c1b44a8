/* spend.h: what a call takes of somebody's share (shares.h), for handlers: false, and nothing is taken: it has had its
 * share for now. Without shares (tests) everybody may. Loop thread only. */
#pragma once
#include "http/call.h"
#include "shares/shares.h"

bool spend_guess_of_mailbox(const struct call *c, const char *email); /* a password for this address is tried */
bool spend_guess_of_account(const struct call *c, int64_t user_id);   /* by somebody who is logged in to it */
bool spend_mail_to(const struct call *c, const char *email);
bool spend_credential(const struct call *c); /* for TURN, by address */
void spend_refuse(struct call *c);           /* answers 429: try again in a minute */

/* A place among the passwords being hashed, for the call's address; given back with shares_give(). */
MUST_CHECK enum err spend_password_place(const struct call *c, struct holder *whose);
struct shares *spend_shares(const struct call *c); /* NULL: none */
