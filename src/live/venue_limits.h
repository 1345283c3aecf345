// SPDX-License-Identifier: Apache-2.0
// venue_limits: how much one may ask of a site of the embedded venue: request weight for each source address
// and minute, orders of the account for each minute and each ten seconds, and the ban of an address that goes
// on while it is refused. venue-api.md 6.1 to 6.3.
#ifndef TT_LIVE_VENUE_LIMITS_H
#define TT_LIVE_VENUE_LIMITS_H

#include <stdint.h>

enum { VENUE_ADDRESSES_MAX = 32 };

struct venue_address {
    uint32_t ip; // host order; 0: free
    int64_t minute;
    int32_t weight, refused;         // refused: requests since it was told to wait
    int64_t banned_until_ms, ban_ms; // ban_ms: the last one's length; 0: none yet
};

struct venue_limits {
    int32_t weight_limit;                 // per minute of the venue's clock
    int32_t order_limit, order_limit_10s; // 0: no such limiter
    int32_t ban_after;                    // refused requests
    int64_t ban_first_ms, ban_max_ms;     // doubles from the first to the last
    int64_t minute, ten_seconds;
    int32_t orders, orders_10s;
    struct venue_address address[VENUE_ADDRESSES_MAX];
};

// 20 refused requests, 2 minutes doubling to 3 days (venue-api.md 6.3).
void venue_limits_init(struct venue_limits *l, int32_t weight, int32_t orders, int32_t orders_10s);

// Count a request of this address. Returns 200, 429 or 418; the latter two with *retry_after_s. *used: the
// weight of this minute.
int venue_limits_weight(struct venue_limits *l, uint32_t ip, int64_t now_ms, int32_t weight, int32_t *used,
                        int32_t *retry_after_s);
// Count n orders of the account: 0, or -1015 (then none is counted).
int32_t venue_limits_orders(struct venue_limits *l, int64_t now_ms, int32_t n);

#endif
