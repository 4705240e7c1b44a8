/* The first line is a Stripe-Signature header, the rest a body: a header that we sign with another secret is never
 * good, and what is read from a body stays inside it. */
#include "billing/stripe.h"
#include "billing/stripe_event.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void body_read(struct bytes body)
{
    struct stripe_event e;
    const char *url = NULL;
    json_t *json = json_loadb((const char *)body.p, body.len, JSON_REJECT_DUPLICATES, NULL);
    if (!json)
        return;
    if (stripe_event_read(json, STRIPE_TEST, &e) == OK && e.kind > STRIPE_UNPAID &&
        (!*e.object_id || e.user_id < 0 || (!e.doubt && e.cents <= 0)))
        abort();
    if (stripe_checkout_read(json, 2000, &url) == OK && strncmp(url, "http", 4) != 0)
        abort();
    json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *line_end = size ? memchr(data, '\n', size) : NULL;
    size_t len = line_end ? (size_t)(line_end - data) : size;
    char *header = malloc(len + 1);
    if (!header)
        abort();
    if (len)
        memcpy(header, data, len);
    header[len] = 0;
    struct bytes body = line_end ? bytes_of(line_end + 1, size - len - 1) : (struct bytes){0};
    if (stripe_signature_check(header, body, "whsec_nobody_knows", 1700000000) == OK)
        abort();
    free(header);
    body_read(body);
    return 0;
}
