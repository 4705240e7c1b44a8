/* mailbox.c: messages to one thread from any other. */
#include "api/mailbox.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct mailbox {
    pthread_mutex_t lock;
    struct msg_list list;
    int fd;
};

enum err mailbox_new(struct mailbox **box)
{
    struct mailbox *b = calloc(1, sizeof *b);
    if (!b)
        return ERR_NOMEM;
    b->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (b->fd < 0) {
        free(b);
        return ERR_IO;
    }
    pthread_mutex_init(&b->lock, NULL);
    msg_list_init(&b->list);
    *box = b;
    return OK;
}

void mailbox_free(struct mailbox *box)
{
    if (!box)
        return;
    for (struct msg *m; (m = msg_list_take(&box->list));)
        msg_free(m);
    pthread_mutex_destroy(&box->lock);
    close(box->fd);
    free(box);
}

void mailbox_wake(struct mailbox *box)
{
    uint64_t one = 1;
    if (write(box->fd, &one, sizeof one) < 0)
        return; /* it is at its maximum: the reader is awake */
}

void mailbox_put(struct mailbox *box, struct msg *m)
{
    pthread_mutex_lock(&box->lock);
    msg_list_put(&box->list, m);
    pthread_mutex_unlock(&box->lock);
    mailbox_wake(box);
}

int mailbox_fd(const struct mailbox *box)
{
    return box->fd;
}

void mailbox_take_all(struct mailbox *box, struct msg_list *out)
{
    uint64_t n;
    if (read(box->fd, &n, sizeof n) < 0)
        n = 0; /* nobody called: look all the same */
    pthread_mutex_lock(&box->lock);
    for (struct msg *m; (m = msg_list_take(&box->list));)
        msg_list_put(out, m);
    pthread_mutex_unlock(&box->lock);
}
