// SPDX-License-Identifier: Apache-2.0
// hmac: see hmac.h.
#include "wire/hmac.h"

#include <openssl/evp.h>
#include <string.h>

#include "wire/secret.h"

static bool hash_two(struct hmac_key *k, uint8_t out[32], const uint8_t pad[64], const void *msg, size_t n)
{
    return EVP_DigestInit_ex(k->ctx, k->md, NULL) == 1 && EVP_DigestUpdate(k->ctx, pad, 64) == 1 &&
           EVP_DigestUpdate(k->ctx, msg, n) == 1 && EVP_DigestFinal_ex(k->ctx, out, NULL) == 1;
}

bool hmac_sha256(struct hmac_key *k, uint8_t out[32], const void *msg, size_t n)
{
    uint8_t inner[32];
    return hash_two(k, inner, k->inner_pad, msg, n) && hash_two(k, out, k->outer_pad, inner, sizeof inner);
}

// A key longer than a block is replaced by its hash (RFC 2104, 2).
static bool fold_key(struct hmac_key *k, uint8_t block[64], const void *key, size_t n)
{
    if (n <= 64) {
        memcpy(block, key, n);
        return true;
    }
    return EVP_DigestInit_ex(k->ctx, k->md, NULL) == 1 && EVP_DigestUpdate(k->ctx, key, n) == 1 &&
           EVP_DigestFinal_ex(k->ctx, block, NULL) == 1;
}

bool hmac_init(struct hmac_key *k, const void *key, size_t n)
{
    memset(k, 0, sizeof *k);
    k->md = EVP_MD_fetch(NULL, "SHA256", NULL);
    k->ctx = EVP_MD_CTX_new();
    uint8_t block[64] = {0};
    bool ok = k->md && k->ctx && fold_key(k, block, key, n);
    for (size_t i = 0; ok && i < 64; i++) {
        k->inner_pad[i] = block[i] ^ 0x36;
        k->outer_pad[i] = block[i] ^ 0x5c;
    }
    secret_wipe(block, sizeof block);
    if (!ok) {
        hmac_free(k);
    }
    return ok;
}

void hmac_free(struct hmac_key *k)
{
    EVP_MD_CTX_free(k->ctx);
    EVP_MD_free(k->md);
    secret_wipe(k, sizeof *k);
}
