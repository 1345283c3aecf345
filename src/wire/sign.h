// SPDX-License-Identifier: Apache-2.0
// sign: authentication of requests: Aster v3 (EIP-712 over secp256k1, venue-api.md 2.3) and HMAC-SHA256
// (Aster v1, Binance; 2.2); and the server's side of the former. Prepared contexts, no allocation per
// signature.
//
// Secrets: struct signer keeps the private key in locked memory, has no print function, and is wiped by
// signer_free. Owner: the thread that holds it; a signer and its nonce generator belong to one process only.
#ifndef TT_WIRE_SIGN_H
#define TT_WIRE_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { ASTER_CHAIN_MAINNET = 1666, ASTER_CHAIN_TESTNET = 714 };

// Original Keccak-256 (padding 0x01), not SHA3-256.
void keccak256(uint8_t out[32], const void *data, size_t n);

struct signer; // opaque

// key_hex: 64 hex digits, optional 0x. user: "0x" + 40 hex, kept as given; signer address is derived and
// printed in checksum case unless signer_text is given (then it must be the same address and is used as
// given). Refuses a key that derives to `user`. NULL with *e filled.
struct signer *signer_new_eip712(const char *key_hex, const char *user, const char *signer_text,
                                 uint32_t chain_id, bool send_user, struct error *e);
// HMAC-SHA256 with X-MBX-APIKEY.
struct signer *signer_new_hmac(const char *api_key, const char *secret, int64_t recv_window_ms,
                               struct error *e);
void signer_free(struct signer *s);

const char *signer_address(const struct signer *s); // EIP-712; "" for HMAC
const char *signer_api_key(const struct signer *s); // HMAC: for the header; NULL for EIP-712
bool signer_is_locked(const struct signer *s); // false: the system would not lock the key's page in memory

// Append what the scheme needs to the n bytes of business text in buf (cap bytes in all) and the signature,
// so that `signed text equals sent text`: EIP-712: nonce (microseconds), user, signer, signature; HMAC:
// recvWindow, timestamp (stamp is milliseconds then), signature. Returns the new length, 0 when cap is too
// small.
size_t signer_sign(struct signer *s, char *buf, size_t n, size_t cap, uint64_t stamp);

// The two halves, for the vectors: digest of a signed text, and r||s||v of a digest.
void eip712_digest(uint8_t out[32], uint32_t chain_id, const char *msg, size_t n);
bool signer_sign_digest(struct signer *s, uint8_t sig[65], const uint8_t digest[32]);
// HMAC of any text (query and body without a separator, venue-api.md 2.2) as 64 hex digits, terminated.
bool signer_hmac_hex(struct signer *s, char hex[65], const char *msg, size_t n);

// Server side: recovers the address ("0x" + 40 lower-case hex) that signed msg. False when the signature is
// malformed (not 0x + 130 hex digits, v other than 27 or 28, high s). A wrong key gives true and another
// address: compare.
bool eip712_recover(char address[43], uint32_t chain_id, const char *msg, size_t n,
                    const char *signature_hex);

// A fresh random key pair: 0x + 64 hex and 0x + 40 checksum hex. False when the system gives no entropy.
bool eip712_generate(char key_hex[67], char address[43]);

// Nonces: next = max(last + 1, now_us). One per signer and process.
struct nonce {
    uint64_t last_us;
};
uint64_t nonce_next(struct nonce *g, int64_t wall_us);

// Percent-encode one value (keep A-Z a-z 0-9 - _ . ~), zero-terminated. Returns the length or 0 when cap is
// too small.
size_t percent_encode(char *to, size_t cap, const char *s, size_t n);

#endif
