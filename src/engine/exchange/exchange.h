// SPDX-License-Identifier: Apache-2.0
// exchange: the simulated exchange: recorded market in, matching, filters, fees, margin, funding, accounts,
// and what it publishes out. No I/O and no clock: time is a parameter. The embedded venue
// (live/venue_server.c) puts it on the wire, backtest and the simulator call it directly.
//
// One exchange is one venue with one account: either perpetuals (INSTRUMENT_LINEAR: one USDT wallet, one-way
// positions, margin) or a spot market (INSTRUMENT_SPOT: a balance per asset, no positions), never both.
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
#include "engine/exchange/xch_formula.h"
#include "engine/market/instrument.h"

enum {
    XCH_ORDERS_MAX = 1024,    // open at once, all symbols
    XCH_HISTORY_MAX = 4096,   // open and done orders that can still be read; the oldest done go first
    XCH_TRADES_MAX = 4096,    // own executions remembered
    XCH_TAPE_MAX = 1000,      // market trades and aggregate trades remembered, each, per symbol
    XCH_KLINES_MAX = 1500,    // one-minute bars remembered per symbol and series
    XCH_INCOME_MAX = 8192,    // lines of the income log remembered
    XCH_FUNDING_MAX = 4096,   // settled rates remembered, all symbols
    XCH_MARGIN_LOG_MAX = 256, // changes of isolated margin remembered
};

// What an order request says, in venue terms, already authenticated.
enum xch_stp { XCH_STP_DEFAULT, XCH_STP_TAKER, XCH_STP_MAKER, XCH_STP_BOTH }; // EXPIRE_TAKER, ...
struct xch_order_request {
    char symbol[24];
    char client_id[CLIENT_ID_MAX]; // "" = the venue makes one
    char type[24];                 // LIMIT MARKET STOP STOP_MARKET TAKE_PROFIT TAKE_PROFIT_MARKET
                                   // TRAILING_STOP_MARKET; anything else: -1116
    char tif[12];                  // GTC IOC FOK GTX, not Binance: HIDDEN; "" for MARKET; "" is GTC for
                                   // STOP and TAKE_PROFIT
    int8_t side;
    uint8_t has_price, has_qty, reduce_only;
    int64_t price_e8, qty_e8;
    uint8_t has_quote_qty, has_stop, has_activation, has_callback;
    uint8_t close_position;  // STOP_MARKET and TAKE_PROFIT_MARKET only, without quantity
    uint8_t mark_triggers;   // workingType MARK_PRICE; 0: CONTRACT_PRICE
    uint8_t price_protect;   // trigger only while mark and last agree within xch_rules.trigger_protect_e8
    uint8_t stp;             // enum xch_stp; default: the account's
    int64_t quote_qty_e8;    // spot MARKET BUY: money to spend instead of a quantity
    int64_t stop_price_e8;   // trigger of a conditional
    int64_t activation_e8;   // TRAILING_STOP_MARKET; absent: the last price
    int64_t callback_pct_e8; // TRAILING_STOP_MARKET: percent, 0.1 .. 5
};

struct xch_order { // state of an order at the venue
    char symbol[24];
    char client_id[CLIENT_ID_MAX];
    char type[24], tif[12]; // a conditional that triggered goes on as LIMIT or MARKET ...
    char orig_type[24];     // ... and keeps its first type here
    uint64_t order_id;
    uint16_t instrument;
    int8_t side;
    uint8_t status; // enum order_status
    uint8_t reduce_only;
    uint8_t close_position, mark_triggers, price_protect;
    uint8_t stp;     // enum xch_stp in force
    uint8_t waiting; // a conditional that has not triggered: not in the book
    uint16_t amends;
    int64_t price_ticks, qty_lots, cum_lots; // qty_lots 0: closePosition before its trigger
    int64_t cum_quote_e8;                    // filled notional
    int64_t created_ns, updated_ns;          // venue wall time
    int64_t front_lots;                      // displayed quantity ahead of us
    int64_t stop_ticks;                      // 0: none
    int64_t activation_ticks, callback_pct_e8;
    int64_t quote_qty_e8; // 0: none
};

struct xch_fill {           // one execution, as the user stream and userTrades tell it
    struct xch_order order; // after the fill
    uint64_t trade_id;
    int64_t qty_lots, price_e8, fee_e8, realised_e8, time_ns;
    uint8_t maker;
    uint8_t kind;      // enum fill_kind
    uint8_t fee_asset; // enum currency; the quote asset, on spot too (venue-api.md 7.1)
};

// One change of the account's money. The sum of all amounts of an asset since the start is the change of its
// balance (futures: wallet). A spot trade is not income; its fee is (COMMISSION).
enum xch_income_type {
    XI_ANY, // reads: every type
    XI_TRANSFER,
    XI_REALIZED_PNL,
    XI_FUNDING_FEE,
    XI_COMMISSION,
    XI_INSURANCE_CLEAR, // the insurance fund paid what a liquidation left below zero
    XI_TYPE_COUNT
};
struct xch_income {
    uint8_t type;        // enum xch_income_type
    uint8_t asset;       // enum currency
    uint16_t instrument; // INSTRUMENT_NONE: none
    int64_t amount_e8;   // negative: paid
    int64_t time_ns;
    uint64_t tran_id;  // unique
    uint64_t trade_id; // 0: no trade
};

enum xch_out_type {
    XO_MARKET_TEXT, // publish `text` on stream `stream` (lower case, e.g. "ethusdt@depth@100ms")
    XO_ORDER,       // ORDER_TRADE_UPDATE (spot: executionReport) text for the user stream
    XO_ACCOUNT,     // ACCOUNT_UPDATE (spot: outboundAccountPosition) text for the user stream
    XO_MARGIN_CALL, // MARGIN_CALL text for the user stream
    XO_CONFIG,      // ACCOUNT_CONFIG_UPDATE text for the user stream
};

// Market streams, by the name they are published under; other speeds of the same stream are the stream
// layer's to map, and it assembles the `!...@arr` forms from the texts of the symbols:
//   <s>@depth@100ms  <s>@aggTrade  <s>@bookTicker  <s>@markPrice@1s (futures)  <s>@forceOrder (futures)
//   <s>@depth5@100ms  <s>@depth10@100ms  <s>@depth20@100ms  <s>@trade  <s>@kline_<interval>
//   <s>@miniTicker  <s>@ticker
// Only those of the first line are made when nobody says what is wanted.
struct xch_sink {
    void *ctx;
    // `text` is complete JSON of the event (without the combined envelope), n bytes, dies with the call.
    // NULL: nobody reads texts (backtest), none are made.
    void (*publish)(void *ctx, enum xch_out_type type, const char *stream, const char *text, size_t n);
    // The same order news as a struct; `exec` is RK_ACCEPTED (also: a conditional triggered), RK_FILL,
    // RK_AMENDED, RK_CANCELED or RK_EXPIRED; `fill` is NULL unless RK_FILL. May be NULL.
    void (*report)(void *ctx, enum report_kind exec, const struct xch_order *o, const struct xch_fill *fill);
    // Does anybody want this market stream? Asked before its text is made. NULL: only the first line above.
    bool (*wanted)(void *ctx, const char *stream);
    // Every line of the income log as it is written. May be NULL.
    void (*income)(void *ctx, const struct xch_income *i);
};

// What the symbols of a venue have in common; each 0 disables its rule.
struct xch_rules {
    int64_t market_take_bound_e8; // marketTakeBound: how far from mark a market order may fill
    int64_t trigger_protect_e8;   // triggerProtect
    int64_t liquidation_fee_e8;   // liquidationFee, of the notional
    int64_t interest_e8;          // funding: interest per 8 h
    int64_t funding_cap_e8;       // fundingFeeCap; the floor is its negative
    int32_t max_algo_orders;      // MAX_NUM_ALGO_ORDERS
    int32_t pad;
};

enum { XCH_BRACKETS_MAX = 12 };
struct xch_bracket_table {
    uint32_t count; // 0: the default table
    uint32_t pad;
    struct xch_bracket row[XCH_BRACKETS_MAX]; // ascending, without holes, row[0].floor_e8 = 0
};

enum xch_dialect { XCH_DIALECT_ASTER, XCH_DIALECT_BINANCE };

struct xch_config {
    int64_t wallet_e8;                  // starting USDT (perpetuals)
    int64_t balance_e8[CURRENCY_COUNT]; // starting holdings (spot)
    int64_t maker_fee_e8, taker_fee_e8; // when not 0 they replace the instruments' own
    int64_t depth_batch_ns;             // 100 ms
    int64_t mark_period_ns;             // 1 s
    int64_t funding_period_ns;          // 0: funding_interval_h of the instrument; else settled so often
    uint8_t post_only_form;             // 0: accepted then EXPIRED; 1: error -2021; 2: error -5022
    uint8_t dialect;                    // enum xch_dialect: duplicate client id is -2010 / -4116
    uint8_t amend_as_new;               // execution type of an amendment: 0 AMENDMENT, 1 NEW
    uint8_t countdown_keeps_stops;      // 1: countdownCancelAll leaves conditionals that wait
    uint8_t stp;                        // enum xch_stp of a fresh account; default = EXPIRE_TAKER
    uint8_t pad[3];
    uint32_t instrument_count;
    struct instrument instruments[INSTRUMENT_MAX]; // all linear or all spot; ids = index
    struct xch_bracket_table brackets[INSTRUMENT_MAX];
    struct xch_rules rules;
    int32_t leverage;
    uint64_t seed; // first order, trade and transaction ids
};

// $50 account settings of design.md 9 and 12, without instruments: 100 ms, 1 s, 20x, no fee override.
// Spot: $50 and nothing else. Rules as the samples of venue-api.md 3.2.1 and 3.2.3.
void xch_config_default(struct xch_config *c);

struct exchange;

// NULL: out of memory, or a spot symbol that is not an enum currency against its settle currency.
struct exchange *exchange_new(const struct xch_config *c);
void exchange_free(struct exchange *x);

// Feed one market event (tape): EV_BOOK_SNAPSHOT, EV_BOOK_DIFF, EV_TRADE, EV_TOUCH of an instrument (= id
// here); EV_TOUCH with flag XCH_INDEX_TOUCH is the spot that serves as index of that instrument: since
// the spot has a grid of its own, bid_ticks and ask_ticks of that one hold prices in 1e-8. ids and times are
// already shifted for the lap.
// EV_MARK, where the market tells it, replaces the derived mark, index and funding rate; without one for 10 s
// they are derived again.
enum { XCH_INDEX_TOUCH = 0x80 };
void exchange_on_market(struct exchange *x, const struct event *ev, int64_t now_ns,
                        const struct xch_sink *out);
// The recording starts over: cancel open orders (EXPIRED), close positions at the last mark (fill kind SEAM,
// client id "seam-<lap>-<symbol>", no fee), clear books; the next depth event breaks `pu` once. Spot balances
// stay.
void exchange_on_seam(struct exchange *x, int lap, int64_t now_ns, const struct xch_sink *out);

// -- by the venue's own hand, not by a request: for a simulation of what goes wrong
// Take the position away at mark, as auto-deleveraging does (client id "adl_autoclose"); false: flat or
// unknown.
bool exchange_force_close(struct exchange *x, const char *symbol, int64_t now_ns, const struct xch_sink *out);
// New orders of the symbol are refused with -4022 while halted; what rests stays.
bool exchange_halt(struct exchange *x, const char *symbol, bool halted);
// Another least order value.
bool exchange_set_min_notional(struct exchange *x, const char *symbol, int64_t notional_e8);

// Time passes: depth batches, mark price, triggers, funding settlement, liquidation, dead-man countdowns,
// bars.
void exchange_on_time(struct exchange *x, int64_t now_ns, const struct xch_sink *out);
int64_t exchange_next_deadline(const struct exchange *x); // INT64_MAX: none

// Requests. Return 0 or the venue's negative error code with a message; the order as it then is in *o.
int32_t exchange_place(struct exchange *x, const struct xch_order_request *r, int64_t now_ns,
                       struct xch_order *o, const char **msg, const struct xch_sink *out);
// What exchange_place would refuse, without placing anything.
int32_t exchange_test(struct exchange *x, const struct xch_order_request *r, int64_t now_ns,
                      const char **msg);
int32_t exchange_cancel(struct exchange *x, const char *symbol, uint64_t order_id, const char *client_id,
                        int64_t now_ns, struct xch_order *o, const char **msg, const struct xch_sink *out);
int32_t exchange_cancel_all(struct exchange *x, const char *symbol, int64_t now_ns, const char **msg,
                            const struct xch_sink *out);
// New price and quantity (the whole, filled part included) of an open LIMIT order; both are needed. What
// cannot be is an error and the order stays as it was: filters as for a new order; -2013 not open; -1020 not
// LIMIT; -1130 not more than is filled; -2021 / -5022 post-only that would take; -2010 after 10,000
// amendments. The order goes to the end of its queue and may take at once.
int32_t exchange_amend(struct exchange *x, const char *symbol, uint64_t order_id, const char *client_id,
                       int64_t price_e8, int64_t qty_e8, int64_t now_ns, struct xch_order *o,
                       const char **msg, const struct xch_sink *out);
// ms <= 0 disarms. An order of the symbol that rests when the time is up is cancelled.
int32_t exchange_countdown(struct exchange *x, const char *symbol, int64_t ms, int64_t now_ns,
                           const char **msg);
int32_t exchange_query(const struct exchange *x, const char *symbol, uint64_t order_id, const char *client_id,
                       struct xch_order *o, const char **msg);
// As exchange_query, open orders only: -2013 otherwise.
int32_t exchange_query_open(const struct exchange *x, const char *symbol, uint64_t order_id,
                            const char *client_id, struct xch_order *o, const char **msg);

// -- settings of the account; -1020 on a spot exchange
// 1 .. first bracket's; -4028 outside, -2027 when the position would not be covered, -2019 when the money is
// not there, -4161 lower with an isolated position. Tells ACCOUNT_CONFIG_UPDATE when it changes.
int32_t exchange_set_leverage(struct exchange *x, const char *symbol, int32_t leverage, int64_t now_ns,
                              const char **msg, const struct xch_sink *out);
// -4046 already so, -4047 / -4048 with open orders / a position, -4168 isolated in multi-assets mode.
int32_t exchange_set_isolated(struct exchange *x, const char *symbol, bool isolated, const char **msg);
// Add (amount > 0) or take back (< 0) margin of an isolated position: -4055 zero, -4049 not isolated, -4054
// no position, -4050 not enough free money, -4051 more than can be taken back. ACCOUNT_UPDATE
// MARGIN_TRANSFER.
int32_t exchange_position_margin(struct exchange *x, const char *symbol, int64_t amount_e8, int64_t now_ns,
                                 const char **msg, const struct xch_sink *out);
// Only a flag here: USDT is the only margin asset. -4168 with an isolated symbol. Already so: 0, nothing
// told.
int32_t exchange_set_multi_assets(struct exchange *x, bool on, int64_t now_ns, const char **msg,
                                  const struct xch_sink *out);
bool exchange_multi_assets(const struct exchange *x);
// Positions are one-way: dual = false is -4059 (already so), dual = true -1020.
int32_t exchange_set_dual(struct exchange *x, bool dual, const char **msg);
void exchange_set_stp(struct exchange *x, enum xch_stp stp); // XCH_STP_DEFAULT: EXPIRE_TAKER
enum xch_stp exchange_stp(const struct exchange *x);         // never XCH_STP_DEFAULT
// Money comes in (amount > 0) or goes out (< 0): futures USDT only. -1108 no such asset here, -2018 more than
// is free, -4055 zero, -1130 more than can be kept. A move between two exchanges is out of the one, then into
// the other.
int32_t exchange_transfer(struct exchange *x, enum currency asset, int64_t amount_e8, int64_t now_ns,
                          uint64_t *tran_id, const char **msg, const struct xch_sink *out);

// Reads. Which rows of a history: id >= from_id and start_ms <= time <= end_ms (each 0: no bound). Without
// from_id and start_ms the newest `max` of them, otherwise the oldest; always ascending. A range of NULL has
// no bounds.
struct xch_range {
    uint64_t from_id;
    int64_t start_ms, end_ms;
};
size_t exchange_open_orders(const struct exchange *x, const char *symbol /* NULL: all */,
                            struct xch_order *out, size_t max);
// Open and done; id = order id, time = creation.
size_t exchange_orders(const struct exchange *x, const char *symbol, const struct xch_range *r,
                       struct xch_order *out, size_t max);
// Orders of the house that closed positions ("autoclose-..."). symbol NULL: all.
size_t exchange_force_orders(const struct exchange *x, const char *symbol, const struct xch_range *r,
                             struct xch_order *out, size_t max);
size_t exchange_fills(const struct exchange *x, const char *symbol, uint64_t from_trade_id,
                      struct xch_fill *out, size_t max);
// id = trade id; order_id 0: of any order; symbol NULL: all.
size_t exchange_user_trades(const struct exchange *x, const char *symbol, uint64_t order_id,
                            const struct xch_range *r, struct xch_fill *out, size_t max);
// id = transaction id; symbol NULL: all; type XI_ANY: all.
size_t exchange_income(const struct exchange *x, const char *symbol, enum xch_income_type type,
                       const struct xch_range *r, struct xch_income *out, size_t max);
const char *xch_income_name(enum xch_income_type type);
enum xch_income_type xch_income_parse(const char *name); // XI_TYPE_COUNT: no such type

struct xch_position {
    uint16_t instrument;
    uint8_t isolated;
    int32_t leverage;
    int64_t lots, entry_e8, mark_e8, unrealised_e8, liquidation_e8; // liquidation 0: none
    int64_t isolated_wallet_e8;                                     // 0 when cross or flat
    int64_t initial_margin_e8;                                      // of the position at mark
    int64_t order_margin_e8;                                        // what open orders add
    int64_t maintenance_e8;
    int64_t max_notional_e8; // at this leverage, by the brackets
    int64_t realised_e8;     // accumulated, before fees
    int64_t updated_ns;
};
size_t exchange_positions(const struct exchange *x, struct xch_position *out,
                          size_t max); // one per instrument
struct xch_account {
    int64_t wallet_e8, unrealised_e8, position_margin_e8, order_margin_e8, maintenance_e8, available_e8;
    int64_t cross_wallet_e8, cross_unrealised_e8; // outside isolated positions
    int64_t cross_maintenance_e8;
    int64_t updated_ns;
};
void exchange_account(const struct exchange *x, struct xch_account *out);
int64_t exchange_wallet_e8(const struct exchange *x);
struct xch_balance {
    uint8_t asset;              // enum currency
    int64_t free_e8, locked_e8; // futures: available, and the rest of the wallet
};
// Spot: every asset of the symbols. Futures: USDT.
size_t exchange_balances(const struct exchange *x, struct xch_balance out[CURRENCY_COUNT]);
struct xch_margin_change {
    uint16_t instrument;
    int64_t amount_e8, time_ns; // positive: added
};
size_t exchange_margin_log(const struct exchange *x, const char *symbol, const struct xch_range *r,
                           struct xch_margin_change *out, size_t max);

const struct instrument *exchange_instrument(const struct exchange *x, const char *symbol);
size_t exchange_instruments(const struct exchange *x, const struct instrument **out); // ids 0 .. n-1
bool exchange_is_spot(const struct exchange *x);
// "ETHUSDT" -> CURRENCY_ETH; CURRENCY_NONE when the currency has no name here (perpetuals only).
enum currency xch_base_currency(const struct instrument *ins);
const struct xch_rules *exchange_rules(const struct exchange *x);
// The bracket table of an instrument; *n rows.
const struct xch_bracket *exchange_brackets(const struct exchange *x, uint16_t instrument, size_t *n);
// Largest notional that the brackets allow at a leverage.
int64_t exchange_max_notional_e8(const struct exchange *x, uint16_t instrument, int32_t leverage);
// Depth snapshot as the venue publishes it now: JSON of GET depth; returns the length or 0 when cap is too
// small. limit 1..1000 levels a side.
size_t exchange_depth_json(const struct exchange *x, const char *symbol, int limit, int64_t now_ns, char *buf,
                           size_t cap);
const char *xch_status_name(uint8_t status); // enum order_status in the venue's words
const char *xch_stp_name(enum xch_stp stp);  // "EXPIRE_TAKER"
// "EXPIRE_TAKER" etc.; false: no such mode.
bool xch_stp_parse(const char *name, enum xch_stp *stp);
// Fee rates as fractions in 1e-8 that this account pays.
void exchange_fee_rates(const struct exchange *x, uint16_t instrument, int64_t *maker_e8, int64_t *taker_e8);
void exchange_mark(const struct exchange *x, uint16_t instrument, struct ev_mark *out);
// Best bid and ask as last published; false before the first book.
bool exchange_touch(const struct exchange *x, uint16_t instrument, struct ev_touch *out);

// -- funding
int64_t exchange_funding_period_ns(const struct exchange *x, uint16_t instrument); // accelerated or not
struct xch_funding {
    uint16_t instrument;
    int64_t rate_e8, mark_e8;
    int64_t time_ns; // the scheduled time
};
size_t exchange_funding_history(const struct exchange *x, const char *symbol /* NULL: all */,
                                const struct xch_range *r, struct xch_funding *out, size_t max);

// -- statistics of the market as played so far (never of own orders)
struct xch_trade {
    uint64_t id;                // of the trade, or of the aggregate
    uint64_t first_id, last_id; // trades in it
    int64_t price_ticks, qty_lots, time_ns;
    int8_t side; // of the aggressor
};
size_t exchange_trades(const struct exchange *x, uint16_t instrument, const struct xch_range *r,
                       struct xch_trade *out, size_t max);
size_t exchange_agg_trades(const struct exchange *x, uint16_t instrument, const struct xch_range *r,
                           struct xch_trade *out, size_t max);

enum xch_interval {
    XCH_1M,
    XCH_3M,
    XCH_5M,
    XCH_15M,
    XCH_30M,
    XCH_1H,
    XCH_2H,
    XCH_4H,
    XCH_6H,
    XCH_8H,
    XCH_12H,
    XCH_1D,
    XCH_3D,
    XCH_1W,
    XCH_1MO,
    XCH_INTERVALS
};
enum xch_interval xch_interval_parse(const char *name); // "1m" .. "1M"; XCH_INTERVALS: no such interval
const char *xch_interval_name(enum xch_interval i);
enum xch_series { XCH_SERIES_LAST, XCH_SERIES_MARK, XCH_SERIES_INDEX, XCH_SERIES_COUNT };
struct xch_kline {
    int64_t open_ms, close_ms; // first and last millisecond
    int64_t open_e8, high_e8, low_e8, close_e8;
    int64_t lots, buy_lots;             // traded; bought by takers (XCH_SERIES_LAST)
    int64_t quote_e8, buy_quote_e8;     // the same in money
    uint64_t first_id, last_id, trades; // the other series: trades = samples
};
// Bars whose opening time is in the range; from_id means nothing here. Built from XCH_KLINES_MAX bars of one
// minute: a longer bar may begin inside what is remembered.
size_t exchange_klines(const struct exchange *x, uint16_t instrument, enum xch_series series,
                       enum xch_interval interval, const struct xch_range *r, struct xch_kline *out,
                       size_t max);
// The last 24 hours, or what has been played of them; false before the first trade.
struct xch_ticker {
    int64_t open_e8, high_e8, low_e8, last_e8, prev_close_e8;
    int64_t last_lots, lots, quote_e8, weighted_e8; // weighted: average price by quantity
    uint64_t first_id, last_id, trades;
    int64_t open_ms, close_ms;
};
bool exchange_ticker(const struct exchange *x, uint16_t instrument, struct xch_ticker *out);

#endif
