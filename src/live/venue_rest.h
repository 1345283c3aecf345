// SPDX-License-Identifier: Apache-2.0
// venue_rest: the REST side of the embedded venue: which paths there are, what they weigh, who may ask, and
// the JSON of every answer (venue-api.md 3). Knows nothing of sockets.
#ifndef TT_LIVE_VENUE_REST_H
#define TT_LIVE_VENUE_REST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/exchange/exchange.h"
#include "live/venue_auth.h"
#include "live/venue_http.h"

enum { VENUE_LISTEN_KEY_LEN = 64, VENUE_REST_BODY_MAX = 2 * 1024 * 1024 };

struct venue_rest {
    struct exchange *exchange;
    struct venue_auth auth;
    struct venue_limits limits;
    char listen_key[VENUE_LISTEN_KEY_LEN + 1]; // "" when none
    int64_t listen_until_ns;
    char body[VENUE_REST_BODY_MAX]; // of the last answer
};

struct venue_rest_answer {
    int status;
    const char *body;
    size_t body_len;
    int32_t used_weight, order_count, retry_after_s; // headers, -1 absent
};

// Answer one request. now_ns: the venue's wall clock. What the exchange has to tell goes to `out` during the
// call.
struct venue_rest_answer venue_rest_serve(struct venue_rest *v, const struct venue_request *r, int64_t now_ns,
                                          const struct xch_sink *out);
// The key has run out: forget it. True when there was one.
bool venue_rest_expire_key(struct venue_rest *v, int64_t now_ns);

#endif
