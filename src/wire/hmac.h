// SPDX-License-Identifier: Apache-2.0
// hmac: HMAC-SHA256 (RFC 2104) with a prepared key, by OpenSSL's SHA-256. No allocation per message.
//
// Of what OpenSSL 3.0 offers (measured here, 160-byte message, x86 with SHA extensions: one-shot HMAC() 970
// ns and 13 allocations; EVP_MAC re-used 220 ns and 2; copies of prepared EVP_MD_CTX 190 ns and 2; a kept
// context that hashes the prepared pad block again 270 ns and none) the last is taken: no allocation, and no
// keyed state outside our pages. The owner must keep struct hmac_key in memory of wire/secret.h.
#ifndef TT_WIRE_HMAC_H
#define TT_WIRE_HMAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hmac_key {
    uint8_t inner_pad[64], outer_pad[64]; // key ^ 0x36.., key ^ 0x5c..: secret
    void *md;                             // EVP_MD
    void *ctx;                            // EVP_MD_CTX, re-used for every message
};

// False when OpenSSL has no SHA-256 or no memory.
bool hmac_init(struct hmac_key *k, const void *key, size_t n);
void hmac_free(struct hmac_key *k);
// False when OpenSSL fails.
bool hmac_sha256(struct hmac_key *k, uint8_t out[32], const void *msg, size_t n);

#endif
