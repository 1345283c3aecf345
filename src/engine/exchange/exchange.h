// SPDX-License-Identifier: Apache-2.0
// exchange: the simulated exchange: recorded market in, matching, filters, fees, margin, funding, accounts,
// and what it publishes out. No I/O and no clock: time is a parameter. The embedded venue
// (live/venue_server.c) puts it on the wire, backtest and the simulator call it directly.
//
// Own orders rest in the recorded queue (risk-averse queue model, quant.md 12.1) and are not added to the
// published depth. Taker orders walk the displayed book. Owner: the caller's one thread. Allocates in
// exchange_new only.
//
// Every `now_ns` is one time line of the caller's choice (the venue's wall clock, UTC; a tape's clock in
// backtests) that never goes back: the exchange takes the largest it has seen.
#ifndef TT_ENGINE_EXCHANGE_EXCHANGE_H
#define TT_ENGINE_EXCHANGE_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/event.h"
#include "engine/market/instrument.h"

enum { XCH_ORDERS_MAX = 1024, XCH_TRADES_MAX = 4096 };

// What an order request says, in venue terms, already authenticated.
struct xch_order_request {
    char symbol[24];
    char client_id[CLIENT_ID_MAX]; // "" = the venue makes one
    char type[24];                 // LIMIT MARKET (others: -1116)
    char tif[12];                  // GTC IOC FOK GTX; "" for MARKET
    int8_t side;
    uint8_t has_price, has_qty, reduce_only;
    int64_t price_e8, qty_e8;
};

struct xch_order { // state of an order at the venue
    char symbol[24];
    char client_id[CLIENT_ID_MAX];
    char type[24], tif[12];
    uint64_t order_id;
    uint16_t instrument;
    int8_t side;
    uint8_t status; // enum order_status
    uint8_t reduce_only;
    int64_t price_ticks, qty_lots, cum_lots;
    int64_t cum_quote_e8;           // filled notional
    int64_t created_ns, updated_ns; // venue wall time
    int64_t front_lots;             // displayed quantity ahead of us
};

struct xch_fill {           // one execution, as the user stream and userTrades tell it
    struct xch_order order; // after the fill
    uint64_t trade_id;
    int64_t qty_lots, price_e8, fee_e8, realised_e8, time_ns;
    uint8_t maker;
    uint8_t kind; // enum fill_kind
};

enum xch_out_type {
    XO_MARKET_TEXT, // publish `text` on stream `stream` (lower case, e.g. "ethusdt@depth@100ms")
    XO_ORDER,       // ORDER_TRADE_UPDATE text for the user stream
    XO_ACCOUNT,     // ACCOUNT_UPDATE text for the user stream
};

struct xch_sink {
    void *ctx;
    // `text` is complete JSON of the event (without the combined envelope), n bytes, dies with the call.
    // NULL: nobody reads texts (backtest), none are made.
    void (*publish)(void *ctx, enum xch_out_type type, const char *stream, const char *text, size_t n);
    // The same order news as a struct; `exec` is RK_ACCEPTED, RK_FILL, RK_CANCELED or RK_EXPIRED; `fill` is
    // NULL unless RK_FILL. May be NULL.
    void (*report)(void *ctx, enum report_kind exec, const struct xch_order *o, const struct xch_fill *fill);
};

struct xch_config {
    int64_t wallet_e8;                  // starting USDT
    int64_t maker_fee_e8, taker_fee_e8; // when not 0 they replace the instruments' own
    int64_t depth_batch_ns;             // 100 ms
    int64_t mark_period_ns;             // 1 s
    uint8_t post_only_form;             // 0: accepted then EXPIRED; 1: error -2021; 2: error -5022
    uint8_t pad[7];
    uint32_t instrument_count;
    struct instrument instruments[INSTRUMENT_MAX]; // linear; ids = index
    int32_t leverage;
    uint64_t seed; // first order and trade ids
};

// $50 account settings of design.md 9 and 12, without instruments: 100 ms, 1 s, 20x, no fee override.
void xch_config_default(struct xch_config *c);

struct exchange;

struct exchange *exchange_new(const struct xch_config *c); // NULL: out of memory
void exchange_free(struct exchange *x);

// Feed one market event (tape): EV_BOOK_SNAPSHOT, EV_BOOK_DIFF, EV_TRADE, EV_TOUCH of a perpetual (instrument
// = id here); EV_TOUCH with flag XCH_INDEX_TOUCH is the spot that serves as index of that instrument: since
// the spot has a grid of its own, bid_ticks and ask_ticks of that one hold prices in 1e-8. ids and times are
// already shifted for the lap.
enum { XCH_INDEX_TOUCH = 0x80 };
void exchange_on_market(struct exchange *x, const struct event *ev, int64_t now_ns,
                        const struct xch_sink *out);
// The recording starts over: cancel open orders (EXPIRED), close positions at the last mark (fill kind SEAM,
// client id "seam-<lap>-<symbol>", no fee), clear books; the next depth event breaks `pu` once.
void exchange_on_seam(struct exchange *x, int lap, int64_t now_ns, const struct xch_sink *out);
// Time passes: depth batches, mark price, funding settlement, dead-man countdowns.
void exchange_on_time(struct exchange *x, int64_t now_ns, const struct xch_sink *out);
int64_t exchange_next_deadline(const struct exchange *x); // INT64_MAX: none

// Requests. Return 0 or the venue's negative error code with a message; the order as it then is in *o.
int32_t exchange_place(struct exchange *x, const struct xch_order_request *r, int64_t now_ns,
                       struct xch_order *o, const char **msg, const struct xch_sink *out);
int32_t exchange_cancel(struct exchange *x, const char *symbol, uint64_t order_id, const char *client_id,
                        int64_t now_ns, struct xch_order *o, const char **msg, const struct xch_sink *out);
int32_t exchange_cancel_all(struct exchange *x, const char *symbol, int64_t now_ns, const char **msg,
                            const struct xch_sink *out);
// ms <= 0 disarms. An order of the symbol that rests when the time is up is cancelled.
int32_t exchange_countdown(struct exchange *x, const char *symbol, int64_t ms, int64_t now_ns,
                           const char **msg);
int32_t exchange_query(const struct exchange *x, const char *symbol, uint64_t order_id, const char *client_id,
                       struct xch_order *o, const char **msg);
// 1..125; -4028 outside, -2027 when the open position would not be covered. Isolated: -4046 already so, -4047
// / -4048 with open orders / a position.
int32_t exchange_set_leverage(struct exchange *x, const char *symbol, int32_t leverage, const char **msg);
int32_t exchange_set_isolated(struct exchange *x, const char *symbol, bool isolated, const char **msg);

// Reads.
size_t exchange_open_orders(const struct exchange *x, const char *symbol /* NULL: all */,
                            struct xch_order *out, size_t max);
size_t exchange_fills(const struct exchange *x, const char *symbol, uint64_t from_trade_id,
                      struct xch_fill *out, size_t max);
struct xch_position {
    uint16_t instrument;
    uint8_t isolated;
    int32_t leverage;
    int64_t lots, entry_e8, mark_e8, unrealised_e8, liquidation_e8; // liquidation 0: none
    int64_t isolated_wallet_e8;                                     // 0 when cross or flat
    int64_t initial_margin_e8;                                      // of the position at mark
    int64_t order_margin_e8;                                        // what open orders add
    int64_t maintenance_e8;
    int64_t updated_ns;
};
size_t exchange_positions(const struct exchange *x, struct xch_position *out,
                          size_t max); // one per instrument
struct xch_account {
    int64_t wallet_e8, unrealised_e8, position_margin_e8, order_margin_e8, maintenance_e8, available_e8;
    int64_t updated_ns;
};
void exchange_account(const struct exchange *x, struct xch_account *out);
int64_t exchange_wallet_e8(const struct exchange *x);
const struct instrument *exchange_instrument(const struct exchange *x, const char *symbol);
size_t exchange_instruments(const struct exchange *x, const struct instrument **out); // ids 0 .. n-1
// Depth snapshot as the venue publishes it now: JSON of GET depth; returns the length or 0 when cap is too
// small. limit 1..1000 levels a side.
size_t exchange_depth_json(const struct exchange *x, const char *symbol, int limit, int64_t now_ns, char *buf,
                           size_t cap);
const char *xch_status_name(uint8_t status); // enum order_status in the venue's words
// Fee rates as fractions in 1e-8 that this account pays.
void exchange_fee_rates(const struct exchange *x, uint16_t instrument, int64_t *maker_e8, int64_t *taker_e8);
void exchange_mark(const struct exchange *x, uint16_t instrument, struct ev_mark *out);
// Best bid and ask as last published; false before the first book.
bool exchange_touch(const struct exchange *x, uint16_t instrument, struct ev_touch *out);

#endif
