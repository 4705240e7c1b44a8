/* spend.c: guesses, mails and credentials, counted for whom they hurt. */
#include "access/spend.h"
#include "access/access_priv.h"

#define COMES_BACK "60" /* seconds, of one guess or credential */

struct shares *spend_shares(const struct call *c)
{
    const struct access *a = call_gate(c);
    return a ? a->cfg.shares : NULL;
}

static bool spend(const struct call *c, enum share what, struct holder whose)
{
    const struct access *a = call_gate(c);
    return !spend_shares(c) || shares_spend(a->cfg.shares, loop_now(a->cfg.loop), what, &whose, 1) == OK;
}

static struct holder mailbox_of(const struct call *c, const char *email)
{
    return spend_shares(c) ? shares_mailbox(spend_shares(c), email) : (struct holder){0};
}

bool spend_guess_of_mailbox(const struct call *c, const char *email)
{
    return spend(c, SHARE_GUESSES, mailbox_of(c, email));
}

bool spend_guess_of_account(const struct call *c, int64_t user_id)
{
    return spend(c, SHARE_GUESSES, holder_of_account(user_id));
}

bool spend_mail_to(const struct call *c, const char *email)
{
    return spend(c, SHARE_MAILS, mailbox_of(c, email));
}

bool spend_credential(const struct call *c)
{
    return spend(c, SHARE_CREDENTIALS, holder_of_address(call_ip(c)));
}

void spend_refuse(struct call *c)
{
    call_set_header(c, "Retry-After", COMES_BACK);
    call_error(c, 429, "Too many requests, please try again later");
}

enum err spend_password_place(const struct call *c, struct holder *whose)
{
    const struct access *a = call_gate(c);
    *whose = holder_of_address(call_ip(c));
    return spend_shares(c) ? shares_take(a->cfg.shares, loop_now(a->cfg.loop), SHARE_PASSWORDS, whose, 1) : OK;
}
