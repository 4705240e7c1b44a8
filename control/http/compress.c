/* compress.c: whole bodies through Brotli or gzip: the only file that sees either. */
#include "http/http_priv.h"
#include <brotli/encode.h>
#include <stdlib.h>
#include <zlib.h>

static enum err brotli(unsigned level, struct bytes in, uint8_t *out, size_t *out_len)
{
    BROTLI_BOOL ok =
        BrotliEncoderCompress((int)level, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT, in.len, in.p, out_len, out);
    return ok ? OK : ERR_NOMEM;
}

static enum err gzip(unsigned level, struct bytes in, uint8_t *out, size_t *out_len)
{
    z_stream z = {0};
    if (deflateInit2(&z, (int)level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) /* + 16: with a gzip header */
        return ERR_NOMEM;
    z.next_in = (Bytef *)in.p /* only read */;
    z.avail_in = (uInt)in.len;
    z.next_out = out;
    z.avail_out = (uInt)*out_len;
    int done = deflate(&z, Z_FINISH);
    *out_len = z.total_out;
    deflateEnd(&z);
    return done == Z_STREAM_END ? OK : ERR_FULL;
}

enum err compress_bytes(enum encoding e, unsigned level, struct bytes in, uint8_t **out, size_t *out_len)
{
    size_t cap = e == ENC_BROTLI ? BrotliEncoderMaxCompressedSize(in.len) : compressBound(in.len) + 32;
    uint8_t *buf = cap ? malloc(cap) : NULL;
    if (!buf)
        return ERR_NOMEM;
    enum err err = e == ENC_BROTLI ? brotli(level, in, buf, &cap) : gzip(level, in, buf, &cap);
    if (err) {
        free(buf);
        return err;
    }
    uint8_t *fitted = realloc(buf, cap ? cap : 1);
    *out = fitted ? fitted : buf;
    *out_len = cap;
    return OK;
}
