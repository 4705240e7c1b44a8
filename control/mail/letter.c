/* letter.c: the templates of mails, as text and as HTML. */
#include "mail/letter.h"
#include "common/text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARAGRAPHS    4
#define NAME_CHARS    60
#define NAME_CAP      (4 * NAME_CHARS + 1)
#define PARAGRAPH_CAP 1024 /* a name has NAME_CHARS characters of up to 4 bytes */
#define LINK_CAP      4608 /* APP_URL has up to 4096 */

struct words {
    const char *subject, *link_label;
    char paragraphs[PARAGRAPHS][PARAGRAPH_CAP];
    unsigned n_paragraphs;
    char link[LINK_CAP];
    const char *last; /* after the link; NULL */
};

static void say(struct words *w, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void say(struct words *w, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(w->paragraphs[w->n_paragraphs++], PARAGRAPH_CAP, fmt, args);
    va_end(args);
}

static void link_to(struct words *w, const char *label, const char *app_url, const char *path)
{
    size_t len = strlen(app_url);
    while (len > 0 && app_url[len - 1] == '/')
        len--;
    w->link_label = label;
    snprintf(w->link, sizeof w->link, "%.*s%s", (int)len, app_url, path);
}

static const char *text_of(const json_t *data, const char *name)
{
    return json_string_value(json_object_get(data, name));
}

/* Nobody has verified the address, and somebody else may have chosen the name: it is short, of one line, and has
 * nothing that a mail program makes a link of. */
static bool name_read(const char *name, char out[NAME_CAP])
{
    text_clean(out, NAME_CAP, name ? name : "", NAME_CHARS, "");
    for (const char *p = out; *p; p++)
        if (strchr("/@:\\", *p) || (*p == '.' && p[1] && p[1] != ' '))
            return false;
    return *out && !strcasestr(out, "www");
}

/* --- the templates --- */
static enum err welcome(const json_t *data, const char *app_url, struct words *w)
{
    char name[NAME_CAP];
    const char *said = text_of(data, "companyName"), *company = name_read(said, name) ? name
                                                                : said                ? "your company"
                                                                                      : NULL;
    const char *code = text_of(data, "inviteCode");
    w->subject = "Welcome to onepizza";
    say(w, "Welcome! Your account is ready.");
    if (company)
        say(w, "You are the owner of %s, whose members share its credit, meetings and history.", company);
    if (company && code)
        say(w, "Members join with this invite code: %s", code);
    say(w, "Your credit, your API keys and your meetings are waiting for you after you sign in.");
    link_to(w, "Sign in", app_url, "/");
    return OK;
}

/* What goes into a link as it is. */
static bool is_token(const char *text)
{
    return text && *text && strlen(text) <= 256 &&
           strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~") == strlen(text);
}

static enum err reset_link(const json_t *data, const char *app_url, struct words *w)
{
    char path[300];
    const char *token = text_of(data, "token");
    if (!is_token(token))
        return ERR_SYNTAX;
    snprintf(path, sizeof path, "/reset-password?token=%s", token);
    w->subject = "Reset your onepizza password";
    say(w, "Somebody, hopefully you, asked for a new password for your account.");
    say(w, "This link lets you choose one. It works once, and for one hour:");
    link_to(w, "Choose a new password", app_url, path);
    w->last = "If it wasn't you, ignore this mail: nothing changes.";
    return OK;
}

static enum err password_changed(const json_t *data, const char *app_url, struct words *w)
{
    (void)data;
    w->subject = "Your onepizza password was changed";
    say(w, "The password of your account was changed, and all other sessions were signed out.");
    say(w, "If it wasn't you, somebody else may have access to your account: reset your password now.");
    link_to(w, "Reset the password", app_url, "/forgot-password");
    return OK;
}

static enum err low_balance(const json_t *data, const char *app_url, struct words *w)
{
    const char *balance = text_of(data, "balance");
    if (!balance || !*balance)
        return ERR_SYNTAX;
    bool is_debt = *balance == '-';
    w->subject = "Your onepizza balance is low";
    say(w, "Your balance is %s$%s.", is_debt ? "-" : "", balance + is_debt);
    say(w, "When it is used up no new meetings can be created; running ones go on.");
    link_to(w, "Add credit", app_url, "/");
    return OK;
}

struct template
{
    const char *name;
    enum err (*write)(const json_t *data, const char *app_url, struct words *w);
};

static const struct template templates[] = {
    {"welcome", welcome},
    {"password_reset", reset_link},
    {"password_changed", password_changed},
    {"low_balance", low_balance},
};

/* --- as text and as HTML --- */
static void escaped(FILE *f, const char *text)
{
    static const char special[] = "&<>\"'";
    static const char *const written[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    for (;;) {
        size_t plain = strcspn(text, special);
        fwrite(text, 1, plain, f);
        text += plain;
        if (!*text)
            return;
        fputs(written[strchr(special, *text++) - special], f);
    }
}

static void write_text(FILE *f, const struct words *w)
{
    for (unsigned i = 0; i < w->n_paragraphs; i++)
        fprintf(f, "%s\n\n", w->paragraphs[i]);
    fprintf(f, "%s: %s\n", w->link_label, w->link);
    if (w->last)
        fprintf(f, "\n%s\n", w->last);
}

static void html_paragraph(FILE *f, const char *text)
{
    fputs("<p>", f);
    escaped(f, text);
    fputs("</p>\n", f);
}

static void write_html(FILE *f, const struct words *w)
{
    fputs("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>", f);
    escaped(f, w->subject);
    fputs("</title></head>\n<body style=\"margin:0 auto;max-width:34em;padding:2em;font:16px/1.5 "
          "sans-serif;color:#1a1a1a\">\n",
          f);
    for (unsigned i = 0; i < w->n_paragraphs; i++)
        html_paragraph(f, w->paragraphs[i]);
    fputs("<p><a href=\"", f);
    escaped(f, w->link);
    fputs("\" style=\"display:inline-block;padding:.6em 1.2em;border-radius:.4em;background:#c2410c;color:#fff;"
          "text-decoration:none\">",
          f);
    escaped(f, w->link_label);
    fputs("</a></p>\n", f);
    if (w->last)
        html_paragraph(f, w->last);
    fputs("</body></html>\n", f);
}

static char *rendered(const struct words *w, void (*write)(FILE *f, const struct words *w))
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    if (!f)
        return NULL;
    write(f, w);
    bool bad = ferror(f);
    if (fclose(f) || bad) {
        free(text);
        return NULL;
    }
    return text;
}

enum err letter_write(const char *name, const json_t *data, const char *app_url, struct letter *out)
{
    const struct template *found = NULL;
    for (size_t i = 0; i < ARRAY_LEN(templates) && !found; i++)
        if (strcmp(templates[i].name, name) == 0)
            found = &templates[i];
    if (!found)
        return ERR_NOT_FOUND;
    struct words w = {0};
    enum err e = found->write(data, app_url, &w);
    if (e)
        return e;
    struct letter made = {w.subject, rendered(&w, write_text), rendered(&w, write_html)};
    if (!made.text || !made.html) {
        letter_reset(&made);
        return ERR_NOMEM;
    }
    *out = made;
    return OK;
}

void letter_reset(struct letter *l)
{
    free(l->text);
    free(l->html);
    *l = (struct letter){0};
}
