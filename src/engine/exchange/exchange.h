// SPDX-License-Identifier: Apache-2.0
// exchange: the simulated exchange: recorded market in, matching, filters, fees, margin, funding, accounts, and what it
// publishes out. No I/O and no clock: time is a parameter. The embedded venue (live/venue_server.c) puts it on the wire,
// backtest and the simulator call it directly.
//
// Own orders rest in the recorded queue (risk-averse queue model, quant.md 12.1) and are not added to the published
// depth. Taker orders walk the displayed book. Owner: the caller's one thread. Allocates in exchange_new only.
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
    char client_id[CLIENT_ID_MAX];   // "" = the venue makes one
    char type[24];                   // LIMIT MARKET (others: -1116)
    char tif[12];                    // GTC IOC FOK GTX; "" for MARKET
    int8_t side;
    uint8_t has_price, has_qty, reduce_only;
    int64_t price_e8, qty_e8;
};

struct xch_order {                   // state of an order at the venue
    char symbol[24];
    char client_id[CLIENT_ID_MAX];
    char type[24], tif[12];
    uint64_t order_id;
    uint16_t instrument;
    int8_t side;
    uint8_t status;                  // enum order_status
    uint8_t reduce_only;
    int64_t price_ticks, qty_lots, cum_lots;
    int64_t cum_quote_e8;            // filled notional
    int64_t created_ns, updated_ns;  // venue wall time
    int64_t front_lots;              // displayed quantity ahead of us
};

struct xch_fill {                    // one execution, as the user stream and userTrades tell it
    struct xch_order order;          // after the fill
    uint64_t trade_id;
    int64_t qty_lots, price_e8, fee_e8, realised_e8, time_ns;
    uint8_t maker;
    uint8_t kind;                    // enum fill_kind
};

enum xch_out_type {
    XO_MARKET_TEXT,                  // publish `text` on stream `stream` (lower case, e.g. "ethusdt@depth@100ms")
    XO_ORDER,                        // ORDER_TRADE_UPDATE text for the user stream
    XO_ACCOUNT,                      // ACCOUNT_UPDATE text for the user stream
};

struct xch_sink {
    void *ctx;
    // `text` is complete JSON of the event (without the combined envelope), n bytes, dies with the call.
    void (*publish)(void *ctx, enum xch_out_type type, const char *stream, const char *text, size_t n);
};

struct xch_config {
    int64_t wallet_e8;               // starting USDT
    int64_t maker_fee_e8, taker_fee_e8;
    int64_t depth_batch_ns;          // 100 ms
    int64_t mark_period_ns;          // 1 s
    uint8_t post_only_form;          // 0: accepted then EXPIRED; 1: error -2021; 2: error -5022
    uint8_t own_in_depth;            // capability: 0 = own orders are not added to published depth
    uint8_t pad[6];
    uint32_t instrument_count;
    struct instrument instruments[INSTRUMENT_MAX];   // ids = index
    int32_t leverage;
    uint64_t seed;
};

struct exchange;

struct exchange *exchange_new(const struct xch_config *c);   // NULL: out of memory
void exchange_free(struct exchange *x);

// Feed one market event (tape): EV_BOOK_SNAPSHOT, EV_BOOK_DIFF, EV_TRADE, EV_TOUCH of a perpetual; EV_TOUCH with flag
// XCH_INDEX_TOUCH is the spot that serves as index of that instrument. ids and times are already shifted for the lap.
enum { XCH_INDEX_TOUCH = 0x80 };
void exchange_on_market(struct exchange *x, const struct event *ev, int64_t now_ns, const struct xch_sink *out);
// The recording starts over: cancel open orders (EXPIRED), close positions at the last mark (fill kind SEAM, client id
// "seam-<lap>-<symbol>", no fee), clear books; the next depth event breaks `pu` once.
void exchange_on_seam(struct exchange *x, int lap, int64_t now_ns, const struct xch_sink *out);
// Time passes: depth batches, mark price, funding settlement, dead-man countdowns.
void exchange_on_time(struct exchange *x, int64_t now_ns, const struct xch_sink *out);
int64_t exchange_next_deadline(const struct exchange *x);

// Requests. Return 0 or the venue's negative error code with a message; the order as it then is in *o.
int32_t exchange_place(struct exchange *x, const struct xch_order_request *r, int64_t now_ns, struct xch_order *o,
                       const char **msg, const struct xch_sink *out);
int32_t exchange_cancel(struct exchange *x, const char *symbol, uint64_t order_id, const char *client_id,
                        int64_t now_ns, struct xch_order *o, const char **msg, const struct xch_sink *out);
int32_t exchange_cancel_all(struct exchange *x, const char *symbol, int64_t now_ns, const char **msg,
                            const struct xch_sink *out);
int32_t exchange_countdown(struct exchange *x, const char *symbol, int64_t ms, int64_t now_ns, const char **msg);
int32_t exchange_query(const struct exchange *x, const char *symbol, uint64_t order_id, const char *client_id,
                       struct xch_order *o, const char **msg);

// Reads.
size_t exchange_open_orders(const struct exchange *x, const char *symbol /* NULL: all */, struct xch_order *out,
                            size_t max);
size_t exchange_fills(const struct exchange *x, const char *symbol, uint64_t from_trade_id, struct xch_fill *out,
                      size_t max);
struct xch_position {
    uint16_t instrument;
    int64_t lots, entry_e8, mark_e8, unrealised_e8, liquidation_e8;
};
size_t exchange_positions(const struct exchange *x, struct xch_position *out, size_t max);
int64_t exchange_wallet_e8(const struct exchange *x);
const struct instrument *exchange_instrument(const struct exchange *x, const char *symbol);
// Depth snapshot as the venue publishes it now: JSON of GET depth; returns the length or 0 when cap is too small.
size_t exchange_depth_json(const struct exchange *x, const char *symbol, int limit, int64_t now_ns, char *buf,
                           size_t cap);
void exchange_mark(const struct exchange *x, uint16_t instrument, struct ev_mark *out);

#endif
