// SPDX-License-Identifier: Apache-2.0
// venue_routes: every path of the three sites in one table: method, name behind prefix and version, in which
// versions which site has it, who may ask, what it weighs. For the rooms of venue_rest only.
#ifndef TT_LIVE_VENUE_ROUTES_H
#define TT_LIVE_VENUE_ROUTES_H

#include "live/venue_rest_call.h"

enum venue_security {
    SEC_NONE,
    SEC_MARKET_DATA, // HMAC paths: the header alone; wallet paths: nothing
    SEC_USER_STREAM, // HMAC paths: the header alone; wallet paths: signed
    SEC_SIGNED       // TRADE and USER_DATA
};

enum venue_scale { SCALE_FIXED, SCALE_DEPTH, SCALE_KLINES }; // how `limit` changes the weight

struct venue_route {
    const char *method, *name;
    uint8_t version[VENUE_COUNT]; // bit 0: v1, bit 1: v2, bit 2: v3, bit 3: v4
    uint8_t security;             // enum venue_security
    uint8_t orders;               // counted against the order limit before it is served
    uint8_t scale;                // enum venue_scale
    int16_t weight, weight_all;   // weight_all: without a symbol
    int32_t (*serve)(struct venue_call *c);
};

// The route of method and path at a site, or NULL; *version 1..4 and *path_known tell what was recognised.
const struct venue_route *venue_route_find(enum venue_id site, const char *method, const char *path,
                                           int *version, bool *path_known);
// All of them, in the order of the table; NULL behind the last.
const struct venue_route *venue_route_at(size_t i);
// Weight of this request.
int32_t venue_route_weight(const struct venue_route *rt, struct venue_call *c);

#endif
