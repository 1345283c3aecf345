// SPDX-License-Identifier: Apache-2.0
// venue_auth: who may trade at the embedded venue: requests signed with EIP-712 by the API wallet or by the
// main wallet itself, and their nonces (venue-api.md 2.3, 2.4); requests with an API key, signed with
// HMAC-SHA256 (2.2). One account, whose owner was told both credentials in the hello line. How much one may
// ask is in venue_limits.
#ifndef TT_LIVE_VENUE_AUTH_H
#define TT_LIVE_VENUE_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "live/venue_http.h"

enum { VENUE_NONCES_KEPT = 100, VENUE_API_KEY_LEN = 64 };

// What may be signed with; texts are zero-terminated.
struct venue_credentials {
    uint32_t chain_id;
    char user[43], signer[43];              // addresses, "0x" + 40 hex
    char api_key[VENUE_API_KEY_LEN + 1];    // 64 letters and digits
    char api_secret[VENUE_API_KEY_LEN + 1]; // likewise
};

struct venue_nonces {                 // of one signer
    uint64_t kept[VENUE_NONCES_KEPT]; // the newest ones, unordered
    uint32_t count;
};

struct venue_auth {
    struct venue_credentials who; // without the secret
    int64_t nonce_window_ms;
    struct venue_nonces nonces[2]; // of the API wallet, of the main wallet
    struct signer *hmac;           // holds the secret
    uint64_t tokens;               // made so far
    char message[VENUE_REQUEST_MAX];
};

bool venue_auth_init(struct venue_auth *a, const struct venue_credentials *who, int64_t nonce_window_ms,
                     struct error *e);
void venue_auth_end(struct venue_auth *a);

// Each check: 0, or the venue's error code with *msg.
// Signed by a wallet: everything that was sent, `&signature=...` last, in the query or in the body.
int32_t venue_auth_wallet(struct venue_auth *a, const struct venue_request *r, int64_t now_ms,
                          const char **msg);
// The header X-MBX-APIKEY alone.
int32_t venue_auth_key(const struct venue_auth *a, const struct venue_request *r, const char **msg);
// Header, time window and HMAC over query and body.
int32_t venue_auth_hmac(struct venue_auth *a, const struct venue_request *r, int64_t now_ms,
                        const char **msg);

// A fresh 64-digit name that nobody without the secret can guess (listen keys). Made of the secret and of
// `of`, which sets apart those who share the secret, not of the system's entropy: a venue in virtual time
// repeats itself exactly.
bool venue_auth_token(struct venue_auth *a, const char *of, char to[VENUE_API_KEY_LEN + 1]);

#endif
