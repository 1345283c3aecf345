// SPDX-License-Identifier: Apache-2.0
// xch: the inside of the exchange, shared by its rooms and by nobody else. exchange.c wires them: xch_request
// (what may be asked for), xch_filter (the checks that need no account), xch_match (queues and taker walks),
// xch_conditional (triggers), xch_orders (the life of an order), xch_account (margin, positions), xch_spot
// (balances), xch_settings, xch_liquidation, xch_income (the log of money), xch_mark (mark price, funding),
// xch_depth and xch_stats (what is told about the market), xch_publish, xch_user_text and xch_stats_text
// (texts), xch_reads.
#ifndef TT_ENGINE_EXCHANGE_XCH_H
#define TT_ENGINE_EXCHANGE_XCH_H

#include "base/clock.h"
#include "engine/exchange/exchange.h"
#include "engine/exchange/xch_formula.h"
#include "engine/exchange/xch_json.h"
#include "engine/market/book.h"
#include "engine/market/position.h"

enum {
    XCH_WALK_MAX = 1000,             // levels a taker order may see; also the deepest depth answer
    XCH_USED_MAX = 256,              // levels per side on which takers have consumed something
    XCH_PENDING_MAX = EV_LEVELS_MAX, // levels waiting for the next depthUpdate
    XCH_PENDING_SLOTS = 8192,        // hash slots over them: a power of two, at most half full
    XCH_TEXT_MAX = 256 * 1024,       // the longest text: EV_LEVELS_MAX levels of at most 50 bytes
    XCH_BASIS_SAMPLES = 5,           // one a minute: venue-api.md 7.3
};

// Beyond this the sums of the account would leave int64.
#define XCH_MONEY_MAX_E8 (INT64_C(10000000000) * E8)

#define XCH_PRICE_MAX_E8 (INT64_C(10000000) * E8)
#define XCH_TOLD_NS      (10 * NS_PER_S)
#define XCH_AGG_HOLD_NS  (2 * NS_PER_MS) // a trade waits so long for others of the same taker order

// Diffs since the last depthUpdate: the newest quantity of each level that changed.
struct xch_batch {
    uint64_t first_id, last_id, prev_id; // U, u, and the recording's pu of the first diff
    int64_t venue_ns;                    // of the newest diff
    int64_t due_ns;                      // publish then; 0: nothing waits
    int64_t flushed_ns;                  // last publication
    uint32_t count;
    int8_t side[XCH_PENDING_MAX];
    struct level level[XCH_PENDING_MAX];
    uint16_t slot[XCH_PENDING_SLOTS]; // index + 1 into level; 0 free
};

// Trades of one taker order at one price, waiting to be told as one.
struct xch_agg {
    int64_t price_ticks, lots, venue_ns, due_ns; // due 0: none
    uint64_t first_id, last_id;
    int8_t side;
};

// Displayed quantity that our takers took and the recording does not know of.
struct xch_used {
    int64_t ticks, lots;
    uint64_t seen_id; // newest update id when it was taken: only later news of the level undo it
};

struct xch_mark {
    int64_t index_e8, last_e8, mark_e8;  // 0: not known yet
    int64_t basis_e8[XCH_BASIS_SAMPLES]; // mid - index
    uint32_t basis_count, basis_next;
    int64_t basis_due_ns;
    int64_t premium_due_ns;
    __int128 premium_sum; // sum of k * P_k, P in 1e-8
    uint64_t premium_n;
    int64_t rate_e8; // funding estimate per interval
    int64_t funding_due_ns;
    int64_t publish_due_ns;
    int64_t told_ns; // when the recording last told the mark itself; 0: it never did
};

// Bars of one minute without holes: bar of minute n (since the epoch) at row[n % XCH_KLINES_MAX].
struct xch_bars {
    int64_t first_min, last_min; // last < first: none
    struct xch_kline row[XCH_KLINES_MAX];
};

struct xch_stats {
    struct xch_trade trade[XCH_TAPE_MAX], agg[XCH_TAPE_MAX]; // rings
    uint64_t trades, aggs;                                   // ever
    struct xch_bars bars[XCH_SERIES_COUNT];
    int64_t minute_due_ns; // the running minute ends; 0: no bar yet
    int64_t kline_due_ns;  // tell changed bars; 0: nothing to tell
    int64_t ticker_due_ns; // tell the tickers; 0: nothing to tell
};

enum xch_stream { // names of a market's streams
    XS_DEPTH,
    XS_AGG,
    XS_TOUCH,
    XS_MARK,
    XS_FORCE,
    XS_HOT, // the ones before are made when nobody says what is wanted
    XS_TRADE = XS_HOT,
    XS_DEPTH5,
    XS_DEPTH10,
    XS_DEPTH20,
    XS_MINI,
    XS_TICKER,
    XS_KLINE,
    XS_COUNT = XS_KLINE + XCH_INTERVALS
};

struct xch_market {
    struct instrument ins;
    enum currency base;
    struct xch_bracket_table brackets;
    char stream[XS_COUNT][48];
    struct book *book;
    bool live;             // a snapshot has come
    bool chain_broken;     // the next depthUpdate must not chain to the last one
    uint64_t diff_id;      // u of the last diff of the recording; 0: none since the snapshot
    uint64_t published_id; // u of the last depthUpdate
    struct ev_touch touch;
    bool touch_valid;
    struct xch_used used[2][XCH_USED_MAX]; // [0] bids, [1] asks
    uint32_t used_count[2];
    struct xch_batch batch;
    struct xch_agg agg;
    uint64_t agg_id; // last aggregate trade id
    struct xch_mark mark;
    struct position pos;
    int64_t realised_e8; // accumulated, before fees
    int64_t updated_ns;
    int32_t leverage;
    bool isolated;
    bool called;              // isolated: a margin call was told and still stands
    int64_t extra_e8;         // isolated: margin added to the position's own; negative: drawn
    int64_t countdown_due_ns; // 0: off
    struct xch_stats stats;
};

struct xch_slot {
    struct xch_order o;
    uint64_t seen_id;      // update id of the book that gave front_lots: older news say nothing about it
    int64_t extreme_e8;    // TRAILING_STOP_MARKET: best price since it was placed; 0: none yet
    uint16_t older, newer; // by order id, XCH_NO_SLOT at the ends
    bool hidden;           // timeInForce HIDDEN: what is displayed at its price, now or later, goes first
    bool open;
};

enum { XCH_NO_SLOT = 0xffff };
_Static_assert((int)XCH_HISTORY_MAX<(int)XCH_NO_SLOT && XCH_HISTORY_MAX> XCH_ORDERS_MAX, "slots have names");

struct exchange {
    struct xch_config cfg;
    int64_t now_ns;
    bool spot;
    bool multi_assets;
    bool called;                        // cross: a margin call was told and still stands
    int64_t wallet_e8;                  // perpetuals
    int64_t balance_e8[CURRENCY_COUNT]; // spot: free and locked
    int64_t account_ns;                 // when money or a position last changed
    uint64_t next_order_id, next_trade_id, next_tran_id, next_auto_id;
    struct xch_slot slot[XCH_HISTORY_MAX];
    uint32_t next_slot;            // ring: done orders are forgotten, oldest first
    uint16_t oldest, newest;       // ends of the list by order id
    uint16_t open[XCH_ORDERS_MAX]; // slots of open orders, oldest first (an amendment makes new)
    uint32_t open_count, waiting_count;
    struct xch_fill fill[XCH_TRADES_MAX];
    uint64_t fills; // ever made; fill[n % XCH_TRADES_MAX]; the other logs likewise
    struct xch_income income[XCH_INCOME_MAX];
    uint64_t incomes;
    struct xch_funding funding[XCH_FUNDING_MAX];
    uint64_t fundings;
    struct xch_margin_change margin[XCH_MARGIN_LOG_MAX];
    uint64_t margins;
    struct level walk[XCH_WALK_MAX]; // scratch of one taker order
    struct level top[XCH_WALK_MAX];
    char text[XCH_TEXT_MAX]; // scratch of one publication
    struct xch_market market[INSTRUMENT_MAX];
    uint8_t *books; // memory of all books
};

// -- exchange.c
struct xch_market *xch_market_of(struct exchange *x, const char *symbol);
void xch_set_now(struct exchange *x, int64_t now_ns);
static inline int xch_side_index(enum side side)
{
    return side == SIDE_BUY ? 0 : 1;
}
// Is price a better than b for an order resting on this side?
static inline bool xch_better(enum side side, int64_t a, int64_t b)
{
    return side == SIDE_BUY ? a > b : a < b;
}
static inline int32_t xch_refuse(int32_t code, const char *text, const char **msg)
{
    *msg = text;
    return code;
}
static inline int64_t xch_abs(int64_t v)
{
    return v < 0 ? -v : v;
}

// -- xch_match.c
// Best displayed level: the touch when it is newer than the book.
bool xch_best(const struct xch_market *m, enum side side, struct level *out);
int64_t xch_displayed(const struct xch_market *m, enum side side, int64_t ticks);
// The level was restated by an update: what takers took of it is history.
void xch_used_clear(struct xch_market *m, enum side side, int64_t ticks, uint64_t update_id);
void xch_used_clear_better(struct xch_market *m, enum side side, int64_t ticks);
// Newest update id that the displayed book knows of.
uint64_t xch_seen_id(const struct xch_market *m);
// Levels that a taker of `side` may hit down to limit_ticks, at most `want` lots, own use subtracted. Fills
// x->walk; returns their number, total in *lots.
size_t xch_plan(struct exchange *x, const struct xch_market *m, enum side side, int64_t limit_ticks,
                int64_t want, int64_t *lots);
// Run the planned fills for the order.
void xch_take(struct exchange *x, struct xch_slot *s, size_t levels, const struct xch_sink *out);
// A market trade, a changed level, a changed best price against our resting orders.
void xch_match_trade(struct exchange *x, struct xch_market *m, const struct ev_trade *t,
                     const struct xch_sink *out);
void xch_match_level(struct exchange *x, struct xch_market *m, enum side side, int64_t ticks, int64_t lots,
                     uint64_t update_id);
void xch_match_best(struct exchange *x, struct xch_market *m, uint64_t update_id, const struct xch_sink *out);
// Own resting order with the best price on a side, the oldest of them; NULL when none.
struct xch_slot *xch_own_best(struct exchange *x, uint16_t instrument, enum side side);

// -- xch_orders.c
struct xch_checked { // what a request asks for, on the grid
    int64_t price_ticks, qty_lots, stop_ticks, activation_ticks;
    bool market;      // executes as MARKET
    bool conditional; // waits for its trigger
    enum tif tif;
};
struct xch_slot *xch_order_new(struct exchange *x, struct xch_market *m, const struct xch_order_request *r,
                               const struct xch_checked *c, const struct xch_sink *out);
struct xch_slot *xch_order_find_open(struct exchange *x, uint16_t instrument, uint64_t order_id,
                                     const char *client_id);
// To the end of the queue at its price, as of the book now.
void xch_order_requeue(struct exchange *x, struct xch_slot *s);
// News about an order that is no fill.
void xch_order_report(struct exchange *x, const struct xch_slot *s, enum report_kind exec,
                      const struct xch_sink *out);
// Terminal without a fill: CANCELED or EXPIRED.
void xch_order_end(struct exchange *x, struct xch_slot *s, enum order_status status,
                   const struct xch_sink *out);
// One execution: money, position, reports; closes the order when it is full.
void xch_order_fill(struct exchange *x, struct xch_slot *s, int64_t lots, int64_t price_e8, bool maker,
                    enum fill_kind kind, const struct xch_sink *out);
// An order of the house (seam, liquidation) that closes the whole position at price_e8.
void xch_close_position(struct exchange *x, struct xch_market *m, const char *client_id, int64_t price_e8,
                        enum fill_kind kind, const struct xch_sink *out);
// keep_waiting: leave conditionals that have not triggered.
void xch_cancel_market(struct exchange *x, const struct xch_market *m, enum order_status status,
                       bool keep_waiting, const struct xch_sink *out);
// End reduce-only orders that no longer reduce.
void xch_sweep_reduce_only(struct exchange *x, const struct xch_market *m, const struct xch_sink *out);

// -- xch_filter.c
int32_t xch_filter(const struct exchange *x, const struct xch_market *m, const struct xch_order_request *r,
                   struct xch_checked *c, const char **msg);
// The same without the number of open orders: for an amendment.
int32_t xch_filter_values(const struct exchange *x, const struct xch_market *m,
                          const struct xch_order_request *r, struct xch_checked *c, const char **msg);

// -- xch_request.c
// The worst price a market order may reach.
int64_t xch_take_bound(const struct exchange *x, const struct xch_market *m, enum side side);
// Is the money, or the position to reduce, there for an order of so many lots?
int32_t xch_cover_check(struct exchange *x, const struct xch_market *m, const struct xch_order *o,
                        int64_t lots, bool market, int64_t price_ticks, const char **msg);
// The order is in: what it takes at once, and what becomes of the rest. takes: it meets the other side.
void xch_run_order(struct exchange *x, struct xch_market *m, struct xch_slot *s, bool market, enum tif tif,
                   const struct xch_sink *out);
bool xch_would_take(struct exchange *x, const struct xch_market *m, enum side side, int64_t price_ticks);

// -- xch_conditional.c
// -2021 when the request would trigger at once.
int32_t xch_trigger_check(const struct xch_market *m, const struct xch_order_request *r,
                          const struct xch_checked *c, const char **msg);
// A trailing order without an activation price is active from the last price on.
void xch_trigger_default(const struct xch_market *m, const struct xch_order_request *r,
                         struct xch_checked *c);
// Last price or mark changed: run what it triggers.
void xch_trigger(struct exchange *x, struct xch_market *m, const struct xch_sink *out);

// -- xch_account.c
int32_t xch_margin_check(const struct exchange *x, const struct xch_market *m, enum side side, int64_t lots,
                         int64_t price_e8, const char **msg);
int32_t xch_reduce_check(const struct exchange *x, const struct xch_market *m, enum side side, int64_t lots,
                         const char **msg);
// Margin of the largest position that open orders and `buys` and `sells` on top could bring about.
int64_t xch_worst_margin_e8(const struct exchange *x, const struct xch_market *m, int64_t buys, int64_t sells,
                            int64_t price_e8);
void xch_position_of(const struct exchange *x, const struct xch_market *m, struct xch_position *out);
// Price by which value is measured: mark, else mid, else last; 0 unknown.
int64_t xch_value_price_e8(const struct xch_market *m);
// Lots in the book on a side in open orders that are not reduce-only / that are.
int64_t xch_open_lots(const struct exchange *x, uint16_t instrument, enum side side, bool reduce_only);

// -- xch_spot.c
// What an order of `lots` would have to hold back; -2018 when it is not free.
int32_t xch_spot_check(struct exchange *x, const struct xch_market *m, enum side side, int64_t lots,
                       bool market, int64_t price_ticks, const char **msg);
// Lots that a market buy gets for quote_e8; their number also bounded by the book.
int64_t xch_spot_lots_for(struct exchange *x, const struct xch_market *m, int64_t quote_e8);
// Both legs of a fill; the fee is income and not part of it.
void xch_spot_settle(struct exchange *x, const struct xch_market *m, enum side side, int64_t lots,
                     int64_t notional_e8);
int64_t xch_spot_locked_e8(const struct exchange *x, enum currency asset);

// -- xch_income.c
// The account's money changes; tells the log. Not the user stream.
void xch_pay(struct exchange *x, enum xch_income_type type, const struct xch_market *m /* NULL: none */,
             enum currency asset, int64_t amount_e8, uint64_t trade_id, const struct xch_sink *out);
// Funding of one market at its mark; pays, tells, remembers.
void xch_settle_funding(struct exchange *x, struct xch_market *m, const struct xch_sink *out);

// -- xch_liquidation.c
// Margin calls, liquidation and the insurance fund, after marks have moved.
void xch_risk_check(struct exchange *x, const struct xch_sink *out);

// -- xch_mark.c
void xch_mark_init(struct xch_market *m, const struct xch_rules *rules);
void xch_mark_on_index(struct exchange *x, struct xch_market *m, int64_t bid_e8, int64_t ask_e8);
// The market's own mark, index and funding: believed as long as it is told at least each XCH_TOLD_NS.
void xch_mark_on_told(struct exchange *x, struct xch_market *m, const struct ev_mark *t);
void xch_mark_on_trade(struct exchange *x, struct xch_market *m, int64_t price_e8);
// Samples, publication and settlement that are due; true when the mark was set anew.
bool xch_mark_on_time(struct exchange *x, struct xch_market *m, const struct xch_sink *out);
int64_t xch_mark_deadline(const struct xch_market *m);
int64_t xch_mid_e8(const struct xch_market *m); // 0 unknown

// -- xch_depth.c
void xch_batch_add(struct exchange *x, struct xch_market *m, const struct ev_book *d, int64_t venue_ns,
                   const struct xch_sink *out);
void xch_batch_flush(struct exchange *x, struct xch_market *m, const struct xch_sink *out);
void xch_batch_drop(struct xch_market *m);

// -- xch_stats.c
void xch_stats_trade(struct exchange *x, struct xch_market *m, const struct ev_trade *t, int64_t venue_ns,
                     const struct xch_sink *out);
// The waiting aggregate is complete: keep it and tell it.
void xch_stats_agg(struct exchange *x, struct xch_market *m, const struct xch_sink *out);
// A sample of mark and index.
void xch_stats_mark(struct exchange *x, struct xch_market *m);
void xch_stats_on_time(struct exchange *x, struct xch_market *m, const struct xch_sink *out);
int64_t xch_stats_deadline(const struct xch_market *m);
// The bar of an interval that holds the newest minute.
bool xch_bar_running(const struct xch_bars *b, enum xch_interval interval, struct xch_kline *out);

// -- xch_reads.c
// Of n rows that pass a range, how many of the first to leave out so that at most max are told.
size_t xch_range_skip(const struct xch_range *r, size_t n, size_t max);
bool xch_in_range(const struct xch_range *r, uint64_t id, int64_t time_ns);

// -- xch_publish.c
bool xch_wanted(const struct xch_market *m, enum xch_stream stream, const struct xch_sink *out);
void xch_send(struct exchange *x, struct jw *w, enum xch_out_type type, const char *stream,
              const struct xch_sink *out);
void xch_put_ms(struct jw *w, int64_t ns);
void xch_put_price(struct jw *w, const struct instrument *ins, int64_t ticks);
void xch_put_qty(struct jw *w, const struct instrument *ins, int64_t lots);
// first_id: U as told.
void xch_publish_depth(struct exchange *x, struct xch_market *m, uint64_t first_id, uint64_t prev_id,
                       const struct xch_sink *out);
void xch_publish_partial(struct exchange *x, struct xch_market *m, const struct xch_sink *out);
void xch_publish_touch(struct exchange *x, struct xch_market *m, int64_t venue_ns,
                       const struct xch_sink *out);
void xch_publish_agg(struct exchange *x, struct xch_market *m, const struct xch_trade *t,
                     const struct xch_sink *out);
void xch_publish_mark(struct exchange *x, struct xch_market *m, const struct xch_sink *out);
void xch_publish_force(struct exchange *x, struct xch_market *m, const struct xch_fill *f,
                       const struct xch_sink *out);

// -- xch_stats_text.c
void xch_publish_trade(struct exchange *x, struct xch_market *m, const struct xch_trade *t,
                       const struct xch_sink *out);
void xch_publish_kline(struct exchange *x, struct xch_market *m, enum xch_interval interval, bool closed,
                       const struct xch_sink *out);
void xch_publish_tickers(struct exchange *x, struct xch_market *m, const struct xch_sink *out);

// -- xch_user_text.c
void xch_publish_order(struct exchange *x, const struct xch_order *o, enum report_kind exec,
                       const struct xch_fill *f, const struct xch_sink *out);
// A conditional order of Binance's dialect, in its own event; of others nothing is told.
void xch_publish_algo(struct exchange *x, const struct xch_order *o, const char *status,
                      const struct xch_sink *out);
// change_e8: what came or went that is neither profit nor commission. m NULL: no position is told.
void xch_publish_account(struct exchange *x, const struct xch_market *m, const char *reason,
                         int64_t change_e8, const struct xch_sink *out);
// m NULL: the cross positions.
void xch_publish_margin_call(struct exchange *x, const struct xch_market *m, const struct xch_sink *out);
void xch_publish_leverage(struct exchange *x, const struct xch_market *m, const struct xch_sink *out);
void xch_publish_multi_assets(struct exchange *x, const struct xch_sink *out);

#endif
