// SPDX-License-Identifier: Apache-2.0
// venue_auth: who may trade at the embedded venue, and how much: EIP-712 signatures of one API wallet, its
// nonces, and the two limiters of the venue (weight per address, orders per account).
// venue-api.md 2.3, 2.4, 6.1.
#ifndef TT_LIVE_VENUE_AUTH_H
#define TT_LIVE_VENUE_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VENUE_NONCES_KEPT = 100 };

struct venue_auth {
    uint32_t chain_id;
    char user[43], signer[43];
    int64_t nonce_window_ms;
    uint64_t nonce[VENUE_NONCES_KEPT]; // the newest ones, unordered
    uint32_t nonces;
};

// Check a signed text (everything that was sent, `&signature=...` last). 0, or the venue's error code with
// *msg.
int32_t venue_auth_check(struct venue_auth *a, const char *text, size_t n, int64_t now_ms, const char **msg);

struct venue_limits {
    int32_t weight_limit, order_limit; // per minute of the venue's clock
    int64_t minute;
    int32_t weight, orders;
};

// Count a request. 0 or the code: -1003 (weight; *retry_after_s is set), -1015 (orders).
int32_t venue_limits_count(struct venue_limits *l, int64_t now_ms, int32_t weight, bool is_order,
                           int32_t *retry_after_s);

#endif
