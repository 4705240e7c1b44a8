/* srtpkdf.c: key derivation is AES in counter mode over zeros (RFC 3711 4.3.3). */
#include "srtp/srtpkdf.h"

#include "common/openssl.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <string.h>

#define DERIVE_MAX 128
#define LABEL_AT   7 /* RFC 3711 4.3.1: key_id = label ‖ r (48 bits) is added at the right end of the 112-bit salt */

enum err srtpkdf_derive(const struct srtpkey *master, enum srtpkdf_label label, uint8_t *out, size_t len)
{
    static const uint8_t zeros[DERIVE_MAX];
    if (len > DERIVE_MAX)
        return ERR_FULL;
    uint8_t iv[16] = {0}; /* x · 2^16; a GCM salt is 96 bits and 16 zeros (RFC 7714 11) */
    memcpy(iv, master->salt, srtpkey_salt_len(master->suite));
    iv[LABEL_AT] ^= (uint8_t)label;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *cipher = master->suite == SRTPKEY_GCM_256 ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
    int n = 0;
    bool ok = ctx && EVP_EncryptInit_ex(ctx, cipher, NULL, master->key, iv) &&
              EVP_EncryptUpdate(ctx, out, &n, zeros, (int)len);
    EVP_CIPHER_CTX_free(ctx);
    return ok ? OK : ERR_NOMEM;
}
