// SPDX-License-Identifier: Apache-2.0
// venue_rest: the REST side of one site of the embedded venue: which paths there are, what they weigh, who
// may ask, and the JSON of every answer (venue-api.md 3). The sites differ by tables (venue_routes.c,
// venue_dialect), not by copies.
//
// Knows nothing of sockets, clocks or entropy: a simulator in virtual time calls venue_rest_serve directly.
// Owner: the one thread of the venue.
#ifndef TT_LIVE_VENUE_REST_H
#define TT_LIVE_VENUE_REST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/exchange/exchange.h"
#include "live/venue_auth.h"
#include "live/venue_http.h"
#include "live/venue_limits.h"

enum { VENUE_LISTEN_KEY_LEN = 64, VENUE_REST_BODY_MAX = 4 * 1024 * 1024, VENUE_TRANSFERS_MAX = 64 };

// What sets one site apart from the others where the path does not say it already.
struct venue_dialect {
    const char *name;   // "aster", "spot", "binance": of --sites and of the hello line
    const char *prefix; // of all its paths: "/fapi/", "/api/"
    bool wallet_auth;   // v3 paths are signed with EIP-712
    bool spot;
    int32_t weight_limit, order_limit, order_limit_10s; // defaults: venue-api.md 6.1
    int64_t ping_s, pong_s;                             // of its WebSockets: 5.1
    int32_t depth_default;                              // limit of GET depth
};
extern const struct venue_dialect venue_dialects[VENUE_COUNT];
// Site of a name of --sites; VENUE_COUNT when there is none.
enum venue_id venue_site_of(const char *name, size_t n);

// Rows of one answer while it is made.
union venue_rows {
    struct xch_order order[XCH_ORDERS_MAX];
    struct xch_fill fill[1000];
    struct xch_income income[1000];
    struct xch_funding funding[1000];
    struct xch_margin_change margin[XCH_MARGIN_LOG_MAX];
    struct xch_trade trade[XCH_TAPE_MAX];
    struct xch_kline kline[XCH_KLINES_MAX];
};

struct venue_rest {
    enum venue_id site;
    struct exchange *exchange;
    struct venue_auth auth;
    struct venue_limits limits;
    char listen_key[VENUE_LISTEN_KEY_LEN + 1]; // "" when none
    int64_t listen_ns, listen_until_ns;        // how long a key lives; when this one ends
    int64_t funded_ns;                         // when the account began, as far as anybody has asked
    char transfer_id[VENUE_TRANSFERS_MAX][64]; // clientTranId of the last transfers
    uint32_t transfers;                        // ever made
    // The other end of transfers between spot and futures; NULL: none. Its news go to its own sink.
    struct venue_rest *sister;
    const struct xch_sink *sink;
    union venue_rows rows;
    char body[VENUE_REST_BODY_MAX]; // of the last answer
};

// Exchange and limits of the site's dialect; the caller then sets up `auth` (venue_auth_init) and may change
// limits and listen_ns.
void venue_rest_init(struct venue_rest *v, enum venue_id site, struct exchange *x);

struct venue_rest_answer {
    int status;
    const char *body;
    size_t body_len;
    int32_t used_weight, order_count, order_count_10s, retry_after_s; // headers, -1 absent
};

// Answer one request. now_ns: the venue's wall clock. What the exchange has to tell goes to `out` during the
// call.
struct venue_rest_answer venue_rest_serve(struct venue_rest *v, const struct venue_request *r, int64_t now_ns,
                                          const struct xch_sink *out);
// The key has run out: forget it. True when there was one.
bool venue_rest_expire_key(struct venue_rest *v, int64_t now_ns);

#endif
