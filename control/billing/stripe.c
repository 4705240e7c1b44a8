/* stripe.c: the form of an order, what Stripe answers, and the signature of its events. */
#include "billing/stripe.h"
#include "common/buf.h"
#include "common/digest.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a form: application/x-www-form-urlencoded (URL Standard 5.2). A failed allocation shows when it is given ---- */

static void form_byte(struct buf *f, char c)
{
    buf_add(f, &c, 1);
}

static void form_part(struct buf *f, struct bytes part)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < part.len; i++) {
        uint8_t c = part.p[i];
        if (isalnum(c) || c == '-' || c == '.' || c == '_' || c == '*') {
            form_byte(f, (char)c);
            continue;
        }
        form_byte(f, '%');
        form_byte(f, digits[c >> 4]);
        form_byte(f, digits[c & 15]);
    }
}

static void form_name(struct buf *f, const char *name)
{
    if (f->len)
        form_byte(f, '&');
    form_part(f, bytes_str(name));
    form_byte(f, '=');
}

static void form_text(struct buf *f, const char *name, const char *value)
{
    form_name(f, name);
    form_part(f, bytes_str(value));
}

static void form_int(struct buf *f, const char *name, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    form_text(f, name, text);
}

/* ---- an order ---- */

const char *stripe_amount(int64_t cents, char out[STRIPE_AMOUNT_CAP])
{
    if (cents % 100)
        snprintf(out, STRIPE_AMOUNT_CAP, "%lld.%02lld", (long long)(cents / 100), (long long)(cents % 100));
    else
        snprintf(out, STRIPE_AMOUNT_CAP, "%lld", (long long)(cents / 100));
    return out;
}

static void form_order(struct buf *f, const struct stripe_order *order)
{
    char amount[STRIPE_AMOUNT_CAP];
    form_text(f, "mode", "payment");
    form_int(f, "client_reference_id", order->user_id);
    form_int(f, "metadata[userId]", order->user_id);
    form_text(f, "metadata[amountUsd]", stripe_amount(order->cents, amount));
    if (order->email)
        form_text(f, "customer_email", order->email);
    if (order->price_id && order->cents % 100 == 0) {
        form_text(f, "line_items[0][price]", order->price_id);
        form_int(f, "line_items[0][quantity]", order->cents / 100);
        return;
    }
    form_text(f, "line_items[0][price_data][currency]", "usd");
    form_int(f, "line_items[0][price_data][unit_amount]", order->cents);
    form_text(f, "line_items[0][price_data][product_data][name]", "onepizza credit");
    form_int(f, "line_items[0][quantity]", 1);
}

char *stripe_checkout_form(const struct stripe_order *order)
{
    struct buf f = {0};
    form_order(&f, order);
    size_t len = strlen(order->app_url);
    while (len && order->app_url[len - 1] == '/')
        len--;
    form_name(&f, "success_url");
    form_part(&f, bytes_of(order->app_url, len));
    form_part(&f, BYTES_LIT("/dashboard?topup=success"));
    form_name(&f, "cancel_url");
    form_part(&f, bytes_of(order->app_url, len));
    form_part(&f, BYTES_LIT("/dashboard?topup=cancelled"));
    return buf_give(&f);
}

enum err stripe_checkout_read(const json_t *answer, int64_t cents, const char **url)
{
    const char *where = json_string_value(json_object_get(answer, "url"));
    if (!where || (strncmp(where, "https://", 8) != 0 && strncmp(where, "http://", 7) != 0))
        return ERR_SYNTAX;
    const json_t *total = json_object_get(answer, "amount_total");
    const char *currency = json_string_value(json_object_get(answer, "currency"));
    if ((json_is_integer(total) && json_integer_value(total) != cents) || (currency && strcmp(currency, "usd") != 0))
        return ERR_STATE;
    *url = where;
    return OK;
}

/* One "name=value" of the header; the cursor goes behind it and its comma. */
struct pair {
    struct bytes name, value;
};

static struct pair pair_next(const char **at)
{
    struct pair p = {
        {0},
        {0},
    };
    size_t len = strcspn(*at, ",");
    const char *equals = memchr(*at, '=', len);
    size_t name_len = equals ? (size_t)(equals - *at) : len;
    p.name = bytes_of(*at, name_len);
    if (equals)
        p.value = bytes_of(equals + 1, len - name_len - 1);
    *at += len + ((*at)[len] == ',');
    return p;
}

/* Digits of a time of this age: 1…11 of them. */
static bool time_read(struct bytes text, int64_t *out)
{
    int64_t value = 0;
    if (text.len < 1 || text.len > 11)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!isdigit(text.p[i]))
            return false;
        value = value * 10 + (text.p[i] - '0');
    }
    *out = value;
    return true;
}

/* HMAC-SHA256 over "t.body". */
static enum err signature_of(struct bytes t, struct bytes body, const char *secret, char out[DIGEST_HEX_CAP])
{
    size_t len = t.len + 1 + body.len;
    uint8_t *text = malloc(len);
    if (!text)
        return ERR_NOMEM;
    struct wr w = wr_of(text, len);
    wr_bytes(&w, t);
    wr_u8(&w, '.');
    wr_bytes(&w, body);
    hmac_sha256_hex(out, secret, strlen(secret), text, len);
    free(text);
    return OK;
}

static bool has_signature(const char *header, const char right[DIGEST_HEX_CAP])
{
    bool found = false;
    for (const char *at = header; *at;) {
        struct pair p = pair_next(&at);
        if (bytes_eq(p.name, BYTES_LIT("v1")) && p.value.len == DIGEST_HEX_CAP - 1)
            found = same_secret(p.value.p, right, DIGEST_HEX_CAP - 1) || found;
    }
    return found;
}

enum err stripe_signature_check(const char *header, struct bytes body, const char *secret, int64_t now_s)
{
    struct bytes t = {0};
    bool has_v1 = false;
    for (const char *at = header; *at;) {
        struct pair p = pair_next(&at);
        if (bytes_eq(p.name, BYTES_LIT("t")))
            t = p.value;
        has_v1 = has_v1 || bytes_eq(p.name, BYTES_LIT("v1"));
    }
    int64_t at_s = 0;
    if (!has_v1 || !time_read(t, &at_s))
        return ERR_SYNTAX;
    char right[DIGEST_HEX_CAP];
    enum err e = signature_of(t, body, secret, right);
    if (e)
        return e;
    if (!has_signature(header, right))
        return ERR_AUTH;
    return at_s < now_s - STRIPE_TOLERANCE_S || at_s > now_s + STRIPE_TOLERANCE_S ? ERR_REPLAY : OK;
}
