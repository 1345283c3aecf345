// SPDX-License-Identifier: Apache-2.0
// Tries to break the embedded venue's front door: hostile bytes as HTTP requests, WebSocket frames and order
// parameters (behind the signature check, which no fuzzer passes). Nothing may crash, read outside, or leave
// an order half made.
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "engine/exchange/exchange.h"
#include "live/venue_rest_call.h"
#include "live/venue_ws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct venue_rest *v;

static void quiet(void *ctx, enum xch_out_type type, const char *stream, const char *text, size_t n)
{
    (void)ctx;
    (void)type;
    (void)stream;
    CHECK(n == strlen(text));
}

static const struct xch_sink SINK = {.publish = quiet};

static void start(void)
{
    struct xch_config *c = calloc(1, sizeof *c);
    struct event *ev = calloc(1, sizeof *ev);
    v = calloc(1, sizeof *v);
    CHECK(c && ev && v);
    xch_config_default(c);
    c->wallet_e8 = 100000 * E8;
    c->instrument_count = 1;
    c->instruments[0] = (struct instrument){.kind = INSTRUMENT_LINEAR,
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
    static struct venue_credentials who = {.chain_id = 1666, .user = "0x1", .signer = "0x2"};
    memset(who.api_key, 'k', sizeof who.api_key - 1);
    memset(who.api_secret, 's', sizeof who.api_secret - 1);
    venue_rest_init(v, VENUE_ASTER, exchange_new(c));
    CHECK(v->exchange && venue_auth_init(&v->auth, &who, 10000, NULL));
    venue_limits_init(&v->limits, 1 << 30, 1 << 30, 0);
    event_init(ev, EV_BOOK_SNAPSHOT, 0, 2);
    ev->u.book.last_id = 1;
    ev->u.book.bids = ev->u.book.asks = 1;
    ev->u.book.levels[0] = (struct level){268000, 1000};
    ev->u.book.levels[1] = (struct level){268010, 1000};
    exchange_on_market(v->exchange, ev, 1, &SINK);
    exchange_on_time(v->exchange, 1, &SINK);
    free(c);
    free(ev);
}

static void fuzz_call(const char *text, size_t n, unsigned which)
{
    static int32_t (*const CALLS[])(struct venue_call *) = {
        rest_place,    rest_cancel,      rest_query, rest_open_orders,   rest_user_trades, rest_countdown,
        rest_leverage, rest_margin_type, rest_depth, rest_position_risk, rest_cancel_all,  rest_open_order,
    };
    struct venue_call c = {.v = v, .body = {text, n}, .now_ns = 1, .out = &SINK, .msg = ""};
    c.w = jw_begin(v->body, sizeof v->body);
    int32_t code = CALLS[which % COUNT_OF(CALLS)](&c);
    CHECK(code < 0 ? c.msg[0] != 0 : jw_end(&c.w) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!v) {
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
            struct venue_rest_answer a = venue_rest_serve(v, &r, 1, &SINK);
            CHECK(a.status >= 200 && a.body_len > 0 && r.total <= size - 1);
        }
    } else if (data[0] < 96) {
        if (ws_frame_parse(&f, copy, size - 1) == WS_DONE) {
            CHECK(f.total <= size - 1 && f.payload + f.payload_len == copy + f.total);
        }
    } else {
        fuzz_call(copy, size - 1, data[0]);
    }
    free(copy);
    return 0;
}
