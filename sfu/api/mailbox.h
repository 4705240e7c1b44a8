/* mailbox.h: messages to one thread from any other. A mutex guards the list and is held for a few lines; an eventfd
 * wakes the reader. Unbounded by itself: what goes in are lifecycle messages, of which each request of the control
 * process makes a bounded number. */
#pragma once
#include "room/msg.h"

struct mailbox;

MUST_CHECK enum err mailbox_new(struct mailbox **box); /* ERR_NOMEM, ERR_IO */
void mailbox_free(struct mailbox *box);                /* and what is in it */
void mailbox_put(struct mailbox *box, struct msg *m);  /* takes m */
void mailbox_wake(struct mailbox *box);                /* without a message: a ring has something */
int mailbox_fd(const struct mailbox *box);             /* readable when there is news */

/* All that is there, in order; clears the wake-up. */
void mailbox_take_all(struct mailbox *box, struct msg_list *out);
