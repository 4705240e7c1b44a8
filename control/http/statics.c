/* statics.c: the built web client, read into memory once at start. A request can only name what was found then, so no
 * path can lead out of the directory, and no disk makes the loop wait. Links and dot files aren't read. A new build
 * needs a restart. */
#include "http/http_priv.h"
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATICS_MAX_FILES 4096
#define STATICS_MAX_BYTES (256u << 20)
#define STATICS_MAX_DEPTH 8

struct static_file {
    char *path;       /* "/assets/app-1a2b.js" */
    uint8_t *data[3]; /* by enum encoding; NULL: we have none */
    size_t len[3];
    char etag[24];
};

struct statics {
    struct static_file *files; /* sorted by path */
    size_t n, bytes;
};

static int file_compare(const void *a, const void *b)
{
    return strcmp(((const struct static_file *)a)->path, ((const struct static_file *)b)->path);
}

static struct static_file *file_find(const struct statics *s, const char *path)
{
    struct static_file key = {.path = (char *)path};
    return s && s->n ? bsearch(&key, s->files, s->n, sizeof *s->files, file_compare) : NULL;
}

static enum err file_read(int fd, size_t len, uint8_t *data)
{
    for (size_t at = 0; at < len;) {
        ssize_t got = read(fd, data + at, len - at);
        if (got <= 0)
            return ERR_IO;
        at += (size_t)got;
    }
    return OK;
}

/* FNV-1a: tells builds apart, protects nothing. */
static uint64_t content_hash(struct bytes b)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < b.len; i++)
        hash = (hash ^ b.p[i]) * 0x100000001b3;
    return hash;
}

static enum err file_add(struct statics *s, int dir, const char *name, const char *path)
{
    struct stat st;
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return ERR_IO;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return OK;
    }
    size_t len = (size_t)st.st_size;
    if (s->n == STATICS_MAX_FILES || len > STATICS_MAX_BYTES - s->bytes) {
        close(fd);
        return ERR_FULL;
    }
    struct static_file f = {.path = strdup(path), .data = {malloc(len + 1)}, .len = {len}};
    enum err e = !f.path || !f.data[0] ? ERR_NOMEM : file_read(fd, len, f.data[0]);
    close(fd);
    if (e) {
        free(f.path);
        free(f.data[0]);
        return e;
    }
    snprintf(f.etag, sizeof f.etag, "\"%016" PRIx64 "\"", content_hash(bytes_of(f.data[0], len)));
    s->files[s->n++] = f;
    s->bytes += len;
    return OK;
}

/* One directory; fd is taken. */
static enum err dir_add(struct statics *s, int fd, const char *path, unsigned depth)
{
    DIR *d = depth < STATICS_MAX_DEPTH ? fdopendir(fd) : NULL;
    enum err e = OK;
    if (!d) {
        close(fd);
        return depth < STATICS_MAX_DEPTH ? ERR_NOMEM : ERR_FULL;
    }
    for (struct dirent *entry; !e && (entry = readdir(d));) {
        char sub[1024];
        struct stat st;
        if (entry->d_name[0] == '.' || fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        if ((size_t)snprintf(sub, sizeof sub, "%s/%s", path, entry->d_name) >= sizeof sub)
            continue;
        if (S_ISREG(st.st_mode)) {
            e = file_add(s, fd, entry->d_name, sub);
        } else if (S_ISDIR(st.st_mode)) {
            int child = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            e = child < 0 ? ERR_IO : dir_add(s, child, sub, depth + 1);
        }
    }
    closedir(d);
    return e;
}

/* "x.br" and "x.gz" are encodings of x, if there is an x. Text without them is compressed here, once. */
static void encodings_find(struct statics *s)
{
    static const char *const endings[] = {[ENC_GZIP] = ".gz", [ENC_BROTLI] = ".br"};
    for (size_t i = 0; i < s->n; i++) {
        struct static_file *f = &s->files[i];
        for (unsigned e = ENC_GZIP; e <= ENC_BROTLI; e++) {
            char path[1024];
            snprintf(path, sizeof path, "%s%s", f->path, endings[e]);
            struct static_file *sibling = file_find(s, path);
            if (sibling) {
                f->data[e] = sibling->data[0];
                f->len[e] = sibling->len[0];
            }
        }
    }
}

static bool ends_with(const char *s, const char *ending)
{
    size_t len = strlen(s), n = strlen(ending);
    return len >= n && !strcmp(s + len - n, ending);
}

static void encodings_make(struct statics *s)
{
    for (size_t i = 0; i < s->n; i++) {
        struct static_file *f = &s->files[i];
        bool worth = f->len[0] >= 1024 && content_type_is_text(content_type_of(f->path)) && !ends_with(f->path, ".map");
        for (unsigned e = ENC_GZIP; worth && e <= ENC_BROTLI; e++)
            if (!f->data[e] &&
                compress_bytes((enum encoding)e, 5, bytes_of(f->data[0], f->len[0]), &f->data[e], &f->len[e]))
                f->data[e] = NULL; /* then it goes out as it is */
    }
}

enum err statics_load(const char *dir, struct statics **out)
{
    struct statics *s = calloc(1, sizeof *s);
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum err e = OK;
    if (s)
        s->files = calloc(STATICS_MAX_FILES, sizeof *s->files);
    if (!s || !s->files || fd < 0) {
        e = fd < 0 ? ERR_IO : ERR_NOMEM;
        if (fd >= 0)
            close(fd);
    } else {
        e = dir_add(s, fd, "", 0);
    }
    if (e) {
        statics_free(s);
        return e;
    }
    qsort(s->files, s->n, sizeof *s->files, file_compare);
    encodings_find(s);
    encodings_make(s);
    *out = s;
    return OK;
}

void statics_free(struct statics *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n; i++) {
        struct static_file *f = &s->files[i];
        for (unsigned e = ENC_GZIP; e <= ENC_BROTLI; e++) {
            char path[1024];
            snprintf(path, sizeof path, "%s%s", f->path, e == ENC_GZIP ? ".gz" : ".br");
            if (!file_find(s, path))
                free(f->data[e]);
        }
    }
    for (size_t i = 0; i < s->n; i++) {
        free(s->files[i].data[0]);
        free(s->files[i].path);
    }
    free(s->files);
    free(s);
}

static const char *cache_control_of(const char *path)
{
    if (!strncmp(path, "/assets/", 8))
        return "public, max-age=31536000, immutable"; /* the name has a hash of the content in it */
    return ends_with(path, ".html") ? "no-cache" : "public, max-age=300";
}

bool statics_answer(const struct statics *s, struct call *c, const char *path)
{
    char full[1024];
    int len = snprintf(full, sizeof full, "%s%s%s", path[0] == '/' ? "" : "/", path,
                       ends_with(path, "/") ? "index.html" : "");
    const struct static_file *f = len > 0 && (size_t)len < sizeof full ? file_find(s, full) : NULL;
    if (!f)
        return false;
    struct call_answer *a = &c->answer;
    unsigned have = 0;
    for (unsigned e = ENC_GZIP; e <= ENC_BROTLI; e++)
        have |= f->data[e] ? 1u << e : 0;
    a->encoding = encoding_choose(call_header(c, "accept-encoding"), have);
    a->vary_encoding = true;
    char etag[32];
    const char *suffix = a->encoding ? encoding_name(a->encoding) : "";
    snprintf(etag, sizeof etag, "%.*s%s%s\"", (int)strlen(f->etag) - 1, f->etag, a->encoding ? "-" : "", suffix);
    call_set_header(c, "ETag", etag);
    call_set_header(c, "Cache-Control", cache_control_of(full));
    if (etag_matches(call_header(c, "if-none-match"), etag)) {
        a->encoding = ENC_IDENTITY;
        call_reply_empty(c, 304);
        return true;
    }
    a->borrowed = f->data[a->encoding];
    a->len = f->len[a->encoding];
    snprintf(a->type, sizeof a->type, "%s", content_type_of(full));
    a->status = 200;
    if (c->on_answer)
        c->on_answer(c);
    return true;
}
