// SPDX-License-Identifier: Apache-2.0
// exchange_rig: a small exchange with one ETHUSDT-like market for tests, and a sink that keeps what it said.
#ifndef TT_TESTS_EXCHANGE_RIG_H
#define TT_TESTS_EXCHANGE_RIG_H

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "engine/exchange/exchange.h"

enum { RIG_FILLS = 4096, RIG_TEXT = 256 * 1024 };

static struct {
    struct exchange *x;
    struct xch_sink sink;
    int64_t now_ns;
    uint64_t update_id;
    struct xch_fill fill[RIG_FILLS];
    size_t fills, accepted, canceled, expired;
    char depth[RIG_TEXT], order[4096], account[4096], trade[1024], touch[1024], mark[1024];
    size_t depths, trades;
} rig;

static inline void rig_keep(char *to, size_t cap, const char *text, size_t n)
{
    n = n < cap ? n : cap - 1;
    memcpy(to, text, n);
    to[n] = 0;
}

static inline void rig_publish(void *ctx, enum xch_out_type type, const char *stream, const char *text,
                               size_t n)
{
    (void)ctx;
    if (type == XO_ORDER) {
        rig_keep(rig.order, sizeof rig.order, text, n);
    } else if (type == XO_ACCOUNT) {
        rig_keep(rig.account, sizeof rig.account, text, n);
    } else if (strstr(stream, "@depth")) {
        rig_keep(rig.depth, sizeof rig.depth, text, n);
        rig.depths++;
    } else if (strstr(stream, "@aggTrade")) {
        rig_keep(rig.trade, sizeof rig.trade, text, n);
        rig.trades++;
    } else if (strstr(stream, "@bookTicker")) {
        rig_keep(rig.touch, sizeof rig.touch, text, n);
    } else if (strstr(stream, "@markPrice")) {
        rig_keep(rig.mark, sizeof rig.mark, text, n);
    }
}

static inline void rig_report(void *ctx, enum report_kind exec, const struct xch_order *o,
                              const struct xch_fill *f)
{
    (void)ctx;
    (void)o;
    rig.accepted += exec == RK_ACCEPTED;
    rig.canceled += exec == RK_CANCELED;
    rig.expired += exec == RK_EXPIRED;
    if (f && rig.fills < RIG_FILLS) {
        rig.fill[rig.fills++] = *f;
    }
}

static inline struct instrument rig_instrument(void)
{
    struct instrument i = {.kind = INSTRUMENT_LINEAR,
                           .settle = CURRENCY_USDT,
                           .price_decimals = 2,
                           .qty_decimals = 3,
                           .symbol = "ETHUSDT",
                           .tick_e8 = 1000000,
                           .lot_e8 = 100000,
                           .contract_e8 = E8,
                           .min_price_ticks = 1,
                           .max_price_ticks = 10000000,
                           .min_qty_lots = 1,
                           .max_qty_lots = 10000000,
                           .market_min_qty_lots = 1,
                           .market_max_qty_lots = 20000,
                           .min_notional_e8 = 5 * E8,
                           .percent_up_e8 = 105000000,
                           .percent_down_e8 = 95000000,
                           .maker_fee_e8 = 5000,
                           .taker_fee_e8 = 40000,
                           .max_open_orders = 200,
                           .funding_interval_h = 8};
    return i;
}

static inline void rig_start(const struct xch_config *base, const struct instrument *ins, size_t n)
{
    static struct xch_config c;
    exchange_free(rig.x);
    memset(&rig, 0, sizeof rig);
    c = *base;
    c.instrument_count = (uint32_t)n;
    memcpy(c.instruments, ins, n * sizeof *ins);
    rig.x = exchange_new(&c);
    rig.sink = (struct xch_sink){.publish = rig_publish, .report = rig_report};
    rig.now_ns = INT64_C(1723161256) * NS_PER_S;
    rig.update_id = 1000;
}

// Book of `n` pairs of levels: bid[i], ask[i].
static inline void rig_snapshot(const struct level *bid, const struct level *ask, uint32_t n)
{
    static struct event e;
    event_init(&e, EV_BOOK_SNAPSHOT, 0, 2 * n);
    e.u.book.last_id = rig.update_id;
    e.u.book.bids = e.u.book.asks = n;
    memcpy(e.u.book.levels, bid, n * sizeof *bid);
    memcpy(e.u.book.levels + n, ask, n * sizeof *ask);
    exchange_on_market(rig.x, &e, rig.now_ns, &rig.sink);
}

static inline void rig_diff_id(enum side side, int64_t ticks, int64_t lots, uint64_t first, uint64_t last,
                               uint64_t prev)
{
    static struct event e;
    event_init(&e, EV_BOOK_DIFF, 0, 1);
    e.venue_ns = rig.now_ns;
    e.u.book.first_id = first;
    e.u.book.last_id = last;
    e.u.book.prev_id = prev;
    e.u.book.bids = side == SIDE_BUY;
    e.u.book.asks = side == SIDE_SELL;
    e.u.book.levels[0] = (struct level){ticks, lots};
    exchange_on_market(rig.x, &e, rig.now_ns, &rig.sink);
}

static inline void rig_diff(enum side side, int64_t ticks, int64_t lots)
{
    uint64_t prev = rig.update_id;
    rig.update_id += 10;
    rig_diff_id(side, ticks, lots, prev + 1, rig.update_id, prev);
}

static inline void rig_touch(int64_t bid, int64_t bid_lots, int64_t ask, int64_t ask_lots)
{
    static struct event e;
    event_init(&e, EV_TOUCH, 0, 0);
    e.venue_ns = rig.now_ns;
    rig.update_id += 1;
    e.u.touch = (struct ev_touch){bid, bid_lots, ask, ask_lots, rig.update_id};
    exchange_on_market(rig.x, &e, rig.now_ns, &rig.sink);
}

static inline void rig_index(int64_t bid_e8, int64_t ask_e8)
{
    static struct event e;
    event_init(&e, EV_TOUCH, 0, 0);
    e.flags = XCH_INDEX_TOUCH;
    e.u.touch = (struct ev_touch){bid_e8, 1, ask_e8, 1, 1};
    exchange_on_market(rig.x, &e, rig.now_ns, &rig.sink);
}

static inline void rig_trade(enum side aggressor, int64_t ticks, int64_t lots)
{
    static struct event e;
    static uint64_t id = 1;
    event_init(&e, EV_TRADE, 0, 0);
    e.venue_ns = rig.now_ns;
    e.u.trade = (struct ev_trade){
        .price_ticks = ticks, .qty_lots = lots, .trade_id = id++, .side = (int8_t)aggressor};
    exchange_on_market(rig.x, &e, rig.now_ns, &rig.sink);
}

static inline void rig_time(int64_t add_ns)
{
    rig.now_ns += add_ns;
    exchange_on_time(rig.x, rig.now_ns, &rig.sink);
}

// 0 or the error code. `how`: "GTC", "IOC", "FOK", "GTX" or "MARKET"; a trailing '!' = reduce-only.
static inline int32_t rig_place(const char *id, const char *how, enum side side, int64_t ticks, int64_t lots,
                                struct xch_order *o)
{
    struct xch_order_request r = {
        .symbol = "ETHUSDT", .side = (int8_t)side, .has_qty = 1, .qty_e8 = lots * 100000};
    struct xch_order scratch;
    const char *msg = "";
    char tif[12];
    snprintf(r.client_id, sizeof r.client_id, "%s", id);
    snprintf(tif, sizeof tif, "%s", how);
    char *bang = strchr(tif, '!');
    if (bang) {
        *bang = 0;
        r.reduce_only = 1;
    }
    bool market = strcmp(tif, "MARKET") == 0;
    snprintf(r.type, sizeof r.type, "%s", market ? "MARKET" : "LIMIT");
    snprintf(r.tif, sizeof r.tif, "%s", market ? "" : tif);
    r.has_price = !market;
    r.price_e8 = ticks * 1000000;
    return exchange_place(rig.x, &r, rig.now_ns, o ? o : &scratch, &msg, &rig.sink);
}

static inline struct xch_order rig_order(const char *id)
{
    struct xch_order o = {0};
    const char *msg;
    exchange_query(rig.x, "ETHUSDT", 0, id, &o, &msg);
    return o;
}

static inline int64_t rig_front(const char *id)
{
    return rig_order(id).front_lots;
}

static inline int64_t rig_position(void)
{
    struct xch_position p[INSTRUMENT_MAX];
    exchange_positions(rig.x, p, INSTRUMENT_MAX);
    return p[0].lots;
}

#endif
