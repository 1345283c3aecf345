// SPDX-License-Identifier: Apache-2.0
// xch: the inside of the exchange, shared by its rooms and by nobody else. exchange.c wires them: xch_match
// (queues and taker walks), xch_filter (what may be asked), xch_account (wallet, positions, margin), xch_mark
// (mark price, funding), xch_publish (texts).
#ifndef TT_ENGINE_EXCHANGE_XCH_H
#define TT_ENGINE_EXCHANGE_XCH_H

#include "base/clock.h"
#include "engine/exchange/exchange.h"
#include "engine/exchange/xch_formula.h"
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

#define XCH_AGG_HOLD_NS (2 * NS_PER_MS) // a trade waits so long for others of the same taker order

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
};

struct xch_market {
    struct instrument ins;
    char lower[24];
    char stream_depth[48], stream_trade[48], stream_touch[48], stream_mark[48];
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
    int64_t countdown_due_ns; // 0: off
};

struct xch_slot {
    struct xch_order o;
    uint64_t seen_id; // update id of the book that gave front_lots: older news say nothing about it
    bool open;
};

struct exchange {
    struct xch_config cfg;
    int64_t now_ns;
    int64_t wallet_e8;
    int64_t account_ns; // when wallet or a position last changed
    uint64_t next_order_id, next_trade_id, next_auto_id;
    struct xch_slot slot[XCH_ORDERS_MAX];
    uint32_t next_slot;            // ring: done orders are forgotten, oldest first
    uint16_t open[XCH_ORDERS_MAX]; // slots of open orders, oldest first
    uint32_t open_count;
    struct xch_fill fill[XCH_TRADES_MAX];
    uint64_t fills;                  // ever made; fill[(n) % XCH_TRADES_MAX]
    struct level walk[XCH_WALK_MAX]; // scratch of one taker order
    struct level top[XCH_WALK_MAX];
    char text[XCH_TEXT_MAX]; // scratch of one publication
    struct xch_market market[INSTRUMENT_MAX];
    uint8_t *books; // memory of all books
};

// -- exchange.c
struct xch_market *xch_market_of(struct exchange *x, const char *symbol);
static inline int xch_side_index(enum side side)
{
    return side == SIDE_BUY ? 0 : 1;
}
// Is price a better than b for an order resting on this side?
static inline bool xch_better(enum side side, int64_t a, int64_t b)
{
    return side == SIDE_BUY ? a > b : a < b;
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
// Best own resting price on a side; false when none.
bool xch_own_best(const struct exchange *x, uint16_t instrument, enum side side, int64_t *ticks);

// -- order book-keeping (xch_orders.c)
struct xch_slot *xch_order_new(struct exchange *x, struct xch_market *m, const struct xch_order_request *r,
                               int64_t price_ticks, int64_t qty_lots, const struct xch_sink *out);
struct xch_slot *xch_order_find_open(struct exchange *x, uint16_t instrument, uint64_t order_id,
                                     const char *client_id);
// Terminal without a fill: CANCELED or EXPIRED.
void xch_order_end(struct exchange *x, struct xch_slot *s, enum order_status status,
                   const struct xch_sink *out);
// One execution: money, position, reports; closes the order when it is full.
void xch_order_fill(struct exchange *x, struct xch_slot *s, int64_t lots, int64_t price_e8, bool maker,
                    enum fill_kind kind, const struct xch_sink *out);
// An order of the house (seam, liquidation) that closes the whole position at price_e8.
void xch_close_position(struct exchange *x, struct xch_market *m, const char *client_id, int64_t price_e8,
                        enum fill_kind kind, const struct xch_sink *out);
void xch_cancel_market(struct exchange *x, const struct xch_market *m, enum order_status status,
                       const struct xch_sink *out);
// End reduce-only orders that no longer reduce.
void xch_sweep_reduce_only(struct exchange *x, const struct xch_market *m, const struct xch_sink *out);

// -- xch_filter.c
struct xch_checked { // what a request asks for, on the grid
    int64_t price_ticks, qty_lots;
    bool market;
    enum tif tif;
};
int32_t xch_filter(const struct exchange *x, const struct xch_market *m, const struct xch_order_request *r,
                   struct xch_checked *c, const char **msg);

// -- xch_account.c
int32_t xch_margin_check(const struct exchange *x, const struct xch_market *m, enum side side, int64_t lots,
                         int64_t price_e8, const char **msg);
int32_t xch_reduce_check(const struct exchange *x, const struct xch_market *m, enum side side, int64_t lots,
                         const char **msg);
void xch_position_of(const struct exchange *x, const struct xch_market *m, struct xch_position *out);
// Price by which value is measured: mark, else mid, else last; 0 unknown.
int64_t xch_value_price_e8(const struct xch_market *m);
// Lots waiting on a side in open orders that are not reduce-only / that are.
int64_t xch_open_lots(const struct exchange *x, uint16_t instrument, enum side side, bool reduce_only);
// Funding of one market at its mark; pays and tells.
void xch_settle_funding(struct exchange *x, struct xch_market *m, const struct xch_sink *out);
// Close what is beyond its maintenance margin.
void xch_liquidate(struct exchange *x, struct xch_market *m, const struct xch_sink *out);

// -- xch_mark.c
void xch_mark_init(struct xch_market *m);
void xch_mark_on_index(struct exchange *x, struct xch_market *m, int64_t bid_e8, int64_t ask_e8);
void xch_mark_on_trade(struct exchange *x, struct xch_market *m, int64_t price_e8);
// Samples, publication and settlement that are due.
void xch_mark_on_time(struct exchange *x, struct xch_market *m, const struct xch_sink *out);
int64_t xch_mark_deadline(const struct xch_market *m);
int64_t xch_mid_e8(const struct xch_market *m); // 0 unknown

// -- xch_depth.c
void xch_batch_add(struct exchange *x, struct xch_market *m, const struct ev_book *d, int64_t venue_ns,
                   const struct xch_sink *out);
void xch_batch_flush(struct exchange *x, struct xch_market *m, const struct xch_sink *out);
void xch_batch_drop(struct xch_market *m);

// -- xch_publish.c
void xch_publish_depth(struct exchange *x, struct xch_market *m, uint64_t prev_id,
                       const struct xch_sink *out);
void xch_publish_touch(struct exchange *x, struct xch_market *m, int64_t venue_ns,
                       const struct xch_sink *out);
void xch_publish_agg(struct exchange *x, struct xch_market *m, const struct xch_sink *out);
void xch_publish_mark(struct exchange *x, struct xch_market *m, const struct xch_sink *out);
void xch_publish_order(struct exchange *x, const struct xch_order *o, enum report_kind exec,
                       const struct xch_fill *f, const struct xch_sink *out);
void xch_publish_account(struct exchange *x, const struct xch_market *m, const char *reason,
                         int64_t change_e8, bool with_position, const struct xch_sink *out);

#endif
