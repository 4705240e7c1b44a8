#include "sfuclient/sfu_codec.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read is a response or a notification and can be written and read back; pieces read as the whole does. */
static unsigned read_all(const uint8_t *data, size_t size, size_t piece)
{
    struct sfu_decoder d;
    unsigned n = 0;
    enum err e = ERR_SHORT;
    sfu_decoder_init(&d);
    for (size_t at = 0; at < size && e == ERR_SHORT; at += piece) {
        struct rd in = rd_of(bytes_of(data + at, size - at < piece ? size - at : piece));
        struct sfu_msg m = {0};
        while ((e = sfu_decode(&d, &in, &m)) == OK) {
            char *line = NULL;
            size_t len = 0;
            n++;
            if (m.type == SFU_MSG_NOTIFICATION ? !m.event : !m.ok && !m.code)
                abort();
            if (sfu_encode(n, "echo", m.json, &line, &len) == OK && memchr(line, '\n', len) != line + len - 1)
                abort();
            free(line);
            sfu_msg_reset(&m);
        }
        if (m.json)
            abort();
    }
    sfu_decoder_reset(&d);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (read_all(data, size, SIZE_MAX / 2) != read_all(data, size, 3))
        abort();
    return 0;
}
