// SPDX-License-Identifier: Apache-2.0
// Tries to break the embedded venue's front door: hostile bytes as HTTP requests, WebSocket frames and order
// parameters (behind the signature check, which no fuzzer passes). Nothing may crash, read outside, or leave
// an order half made.
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "engine/exchange/exchange.h"
#include "live/venue_routes.h"
#include "live/venue_ws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct venue_rest *site[VENUE_COUNT];

static void quiet(void *ctx, enum xch_out_type type, const char *stream, const char *text, size_t n)
{
    (void)ctx;
    (void)type;
    (void)stream;
    CHECK(n == strlen(text));
}

static const struct xch_sink SINK = {.publish = quiet};

static const struct instrument ETH = {.kind = INSTRUMENT_LINEAR,
                                      .settle = CURRENCY_USDT,
                                      .price_decimals = 2,
                                      .qty_decimals = 3,
                                      .symbol = "ETHUSDT",
                                      .tick_e8 = 1000000,
                                      .lot_e8 = 100000,
                                      .contract_e8 = E8,
                                      .min_notional_e8 = 5 * E8,
                                      .percent_up_e8 = 105000000,
                                      .percent_down_e8 = 95000000,
                                      .max_open_orders = 50};

// A small book, so that orders have something to meet.
static void feed(struct exchange *x)
{
    struct event *ev = calloc(1, sizeof *ev);
    CHECK(ev != NULL);
    event_init(ev, EV_BOOK_SNAPSHOT, 0, 2);
    ev->u.book.last_id = 1;
    ev->u.book.bids = ev->u.book.asks = 1;
    ev->u.book.levels[0] = (struct level){268000, 1000};
    ev->u.book.levels[1] = (struct level){268010, 1000};
    exchange_on_market(x, ev, 1, &SINK);
    exchange_on_time(x, 1, &SINK);
    free(ev);
}

static void start_site(enum venue_id id)
{
    struct xch_config *c = calloc(1, sizeof *c);
    struct venue_rest *v = site[id] = calloc(1, sizeof *v);
    static struct venue_credentials who = {.chain_id = 1666, .user = "0x1", .signer = "0x2"};
    CHECK(c && v);
    xch_config_default(c);
    c->wallet_e8 = c->balance_e8[CURRENCY_USDT] = 100000 * E8;
    c->instrument_count = 1;
    c->dialect = id == VENUE_BINANCE ? XCH_DIALECT_BINANCE : XCH_DIALECT_ASTER;
    c->instruments[0] = ETH;
    c->instruments[0].kind = id == VENUE_SPOT ? INSTRUMENT_SPOT : INSTRUMENT_LINEAR;
    memset(who.api_key, 'k', sizeof who.api_key - 1);
    memset(who.api_secret, 's', sizeof who.api_secret - 1);
    venue_rest_init(v, id, exchange_new(c));
    CHECK(v->exchange && venue_auth_init(&v->auth, &who, 10000, NULL));
    venue_limits_init(&v->limits, 1 << 30, 1 << 30, 0);
    v->sink = &SINK;
    feed(v->exchange);
    free(c);
}

static void start(void)
{
    for (int i = 0; i < VENUE_COUNT; i++) {
        start_site((enum venue_id)i);
    }
    site[VENUE_ASTER]->sister = site[VENUE_SPOT];
    site[VENUE_SPOT]->sister = site[VENUE_ASTER];
}

// Any call of the table that the site has, with the input as its parameters; the first byte picks it.
static void fuzz_call(enum venue_id id, const char *text, size_t n)
{
    struct venue_rest *v = site[id];
    const struct venue_route *rt = n ? venue_route_at((uint8_t)text[0]) : NULL;
    if (!rt || !rt->version[id]) {
        return;
    }
    int version = __builtin_ctz(rt->version[id]) + 1;
    struct venue_call c = {
        .v = v, .body = {text + 1, n - 1}, .version = version, .now_ns = 1, .out = &SINK, .msg = ""};
    c.w = jw_begin(v->body, sizeof v->body);
    int32_t code = rt->serve(&c);
    CHECK(venue_route_weight(rt, &c) >= 0 && (code < 0 ? c.msg[0] != 0 : jw_end(&c.w) > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!site[0]) {
        start();
    }
    if (size < 2) {
        return 0;
    }
    char *copy = malloc(size - 1); // exactly as long as the input, so that a read past it is seen
    CHECK(copy != NULL);
    memcpy(copy, data + 1, size - 1);
    struct venue_request r;
    struct ws_frame f;
    if (data[0] < 64) {
        if (venue_http_parse(&r, copy, size - 1) == VP_DONE) {
            struct venue_rest_answer a = venue_rest_serve(site[data[0] % VENUE_COUNT], &r, 1, &SINK);
            CHECK(a.status >= 200 && a.body_len > 0 && r.total <= size - 1);
        }
    } else if (data[0] < 96) {
        if (ws_frame_parse(&f, copy, size - 1) == WS_DONE) {
            CHECK(f.total <= size - 1 && f.payload + f.payload_len == copy + f.total);
        }
    } else {
        fuzz_call((enum venue_id)(data[0] % VENUE_COUNT), copy, size - 1);
    }
    free(copy);
    return 0;
}
