// SPDX-License-Identifier: Apache-2.0
// Tries to break the simulated exchange: fills that come too early, too often or twice from one quantity;
// orders that get past a filter, the margin or a position; money that appears; chains of updates that hide a
// hole.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "engine/exchange/xch_formula.h"
#include "unit/exchange_rig.h"

static const struct level BIDS[] = {{268000, 1000}, {267990, 2000}, {267900, 500}};
static const struct level ASKS[] = {{268010, 1000}, {268020, 3000}, {268100, 500}};

static void start_with(int64_t wallet_usdt, uint8_t post_only_form)
{
    struct xch_config c;
    struct instrument ins = rig_instrument();
    xch_config_default(&c);
    c.wallet_e8 = wallet_usdt * E8;
    c.post_only_form = post_only_form;
    rig_start(&c, &ins, 1);
    rig_snapshot(BIDS, ASKS, 3);
    rig_time(0);
}

static int setup(void **state)
{
    (void)state;
    start_with(100000, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    exchange_free(rig.x);
    rig.x = NULL;
    return 0;
}

// ---------------------------------------------------------------------------------------------------- queue

// quant.json queue_model.1, through the whole exchange instead of the formula alone.
static void test_queue_is_risk_averse(void **state)
{
    (void)state;
    rig_diff(SIDE_BUY, 267800, 10);
    assert_int_equal(rig_place("q", "GTX", SIDE_BUY, 267800, 100, NULL), 0);
    assert_int_equal(rig_front("q"), 10);
    rig_diff(SIDE_BUY, 267800, 25);
    assert_int_equal(rig_front("q"), 10);
    rig_diff(SIDE_BUY, 267800, 18);
    assert_int_equal(rig_front("q"), 10);
    rig_trade(SIDE_SELL, 267800, 6);
    assert_int_equal(rig_front("q"), 4);
    rig_diff(SIDE_BUY, 267800, 9);
    assert_int_equal(rig_front("q"), 4);
    assert_int_equal(rig.fills, 0);
    rig_trade(SIDE_SELL, 267800, 5);
    assert_int_equal(rig_front("q"), 0);
    assert_int_equal(rig.fills, 1);
    assert_int_equal(rig.fill[0].qty_lots, 1);
    assert_true(rig.fill[0].maker);
}

static void test_news_older_than_the_order_do_not_shorten_its_queue(void **state)
{
    (void)state;
    rig_touch(268000, 1500, 268010, 1000);
    uint64_t seen = rig.update_id;
    assert_int_equal(rig_place("o", "GTX", SIDE_BUY, 268000, 10, NULL), 0);
    assert_int_equal(rig_front("o"), 1500);
    rig_diff_id(SIDE_BUY, 268000, 3, 1000, seen, 1000); // describes the moment before the touch
    assert_int_equal(rig_front("o"), 1500);
    rig_diff_id(SIDE_BUY, 268000, 700, seen + 1, seen + 5, seen);
    assert_int_equal(rig_front("o"), 700);
    rig.update_id = seen + 5;
    rig_touch(267990, 10, 268010, 1000); // the level is gone: nobody is ahead
    assert_int_equal(rig_front("o"), 0);
}

static void test_own_orders_share_one_trade(void **state)
{
    (void)state;
    assert_int_equal(rig_place("a", "GTX", SIDE_BUY, 268000, 10, NULL), 0);
    assert_int_equal(rig_place("b", "GTX", SIDE_BUY, 268000, 10, NULL), 0);
    rig_trade(SIDE_SELL, 268000, 1013); // 1000 ahead, then 13 for us
    assert_int_equal(rig_order("a").cum_lots, 10);
    assert_int_equal(rig_order("b").cum_lots, 3);
    rig_trade(SIDE_BUY, 268000, 1000); // a buyer's trade does not meet bids
    assert_int_equal(rig_order("b").cum_lots, 3);
}

static void test_trade_through_and_crossing_fill_in_full_at_our_price(void **state)
{
    (void)state;
    assert_int_equal(rig_place("a", "GTX", SIDE_BUY, 267990, 40, NULL), 0);
    rig_trade(SIDE_SELL, 267989, 1);
    assert_int_equal(rig.fills, 1);
    assert_int_equal(rig.fill[0].qty_lots, 40);
    assert_int_equal(rig.fill[0].price_e8, 267990 * INT64_C(1000000));
    assert_int_equal(rig_place("b", "GTX", SIDE_BUY, 268000, 30, NULL), 0);
    rig_touch(267990, 5, 268000, 7); // the ask came down to us
    assert_int_equal(rig.fills, 2);
    assert_int_equal(rig.fill[1].qty_lots, 30);
    assert_true(rig.fill[1].maker);
}

// --------------------------------------------------------------------------------------------------- takers

static void test_taker_walks_levels_and_pays_each(void **state)
{
    (void)state;
    struct xch_order o;
    assert_int_equal(rig_place("w", "IOC", SIDE_BUY, 268020, 1500, &o), 0);
    assert_int_equal(rig.fills, 2);
    assert_int_equal(rig.fill[0].qty_lots, 1000);
    assert_int_equal(rig.fill[0].price_e8, 268010 * INT64_C(1000000));
    assert_int_equal(rig.fill[1].qty_lots, 500);
    assert_int_equal(rig.fill[1].price_e8, 268020 * INT64_C(1000000));
    assert_int_equal(o.status, OS_FILLED);
    assert_false(rig.fill[0].maker);
}

static void test_displayed_quantity_is_taken_once_until_restated(void **state)
{
    (void)state;
    struct xch_order o;
    assert_int_equal(rig_place("a", "IOC", SIDE_BUY, 268010, 600, &o), 0);
    assert_int_equal(rig_place("b", "IOC", SIDE_BUY, 268010, 600, &o), 0);
    assert_int_equal(o.cum_lots, 400);
    assert_int_equal(o.status, OS_EXPIRED);
    assert_int_equal(rig_place("c", "IOC", SIDE_BUY, 268010, 600, &o), 0);
    assert_int_equal(o.cum_lots, 0);
    rig_diff(SIDE_BUY, 268000, 900); // another level: does not bring it back
    assert_int_equal(rig_place("d", "IOC", SIDE_BUY, 268010, 600, &o), 0);
    assert_int_equal(o.cum_lots, 0);
    rig_diff(SIDE_SELL, 268010, 250);
    assert_int_equal(rig_place("e", "IOC", SIDE_BUY, 268010, 600, &o), 0);
    assert_int_equal(o.cum_lots, 250);
    rig_touch(268000, 900, 268010, 70);
    assert_int_equal(rig_place("f", "IOC", SIDE_BUY, 268010, 600, &o), 0);
    assert_int_equal(o.cum_lots, 70);
}

static void test_newer_touch_stands_before_older_depth(void **state)
{
    (void)state;
    struct xch_order o;
    rig_touch(268000, 1000, 268020, 200); // 268010 is gone, 268020 has 200 left
    assert_int_equal(rig_place("a", "IOC", SIDE_BUY, 268020, 900, &o), 0);
    assert_int_equal(o.cum_lots, 200);
    rig_touch(268000, 1000, 268005, 11); // a better ask that depth does not know yet
    assert_int_equal(rig_place("b", "IOC", SIDE_BUY, 268005, 900, &o), 0);
    assert_int_equal(o.cum_lots, 11);
}

static void test_time_in_force(void **state)
{
    (void)state;
    struct xch_order o;
    assert_int_equal(rig_place("fok", "FOK", SIDE_BUY, 268010, 1001, &o), 0);
    assert_int_equal(o.status, OS_EXPIRED);
    assert_int_equal(o.cum_lots, 0);
    assert_int_equal(rig_place("fok2", "FOK", SIDE_BUY, 268010, 1000, &o), 0);
    assert_int_equal(o.status, OS_FILLED);
    assert_int_equal(rig_place("gtc", "GTC", SIDE_SELL, 268000, 1200, &o), 0);
    assert_int_equal(o.status, OS_PARTIAL);
    assert_int_equal(o.cum_lots, 1000);
    assert_int_equal(rig_front("gtc"), 0);
    rig_touch(267990, 2000, 268010, 1000); // the level we took is gone: the rest stays ours
    assert_int_equal(rig_order("gtc").cum_lots, 1000);
    assert_int_equal(rig_place("ioc", "IOC", SIDE_BUY, 267000, 100, &o), 0);
    assert_int_equal(o.status, OS_EXPIRED);
    assert_int_equal(rig_place("m", "MARKET", SIDE_SELL, 0, 100, &o), 0);
    assert_int_equal(o.status, OS_FILLED);
}

static void test_market_order_stops_at_its_bound(void **state)
{
    (void)state;
    struct xch_order o;
    rig_diff(SIDE_SELL, 290000, 100000); // 8 % above mark: beyond marketTakeBound
    assert_int_equal(rig_place("m", "MARKET", SIDE_BUY, 0, 6000, &o), 0);
    assert_int_equal(o.cum_lots, 4500);
    assert_int_equal(o.status, OS_EXPIRED);
}

static void test_post_only_forms(void **state)
{
    (void)state;
    struct xch_order o;
    assert_int_equal(rig_place("p", "GTX", SIDE_BUY, 268010, 10, &o), 0);
    assert_int_equal(o.status, OS_EXPIRED);
    assert_int_equal(rig.accepted, 1); // NEW was said first
    assert_int_equal(rig.expired, 1);
    assert_non_null(strstr(rig.order, "\"x\":\"EXPIRED\",\"X\":\"EXPIRED\""));
    start_with(100000, 1);
    assert_int_equal(rig_place("p", "GTX", SIDE_BUY, 268010, 10, &o), -2021);
    start_with(100000, 2);
    assert_int_equal(rig_place("p", "GTX", SIDE_BUY, 268010, 10, &o), -5022);
    assert_int_equal(rig_place("p", "GTX", SIDE_BUY, 268009, 10, &o), 0);
}

static void test_order_never_trades_with_our_own(void **state)
{
    (void)state;
    struct xch_order o;
    assert_int_equal(rig_place("rest", "GTX", SIDE_SELL, 268020, 10, NULL), 0);
    assert_int_equal(rig_place("take", "GTC", SIDE_BUY, 268100, 1200, &o), 0);
    assert_int_equal(o.cum_lots, 1000); // the level below our own, then it ends
    assert_int_equal(o.status, OS_EXPIRED);
    assert_int_equal(rig_order("rest").status, OS_NEW);
    rig_diff(SIDE_SELL, 268010, 0);
    rig_diff(SIDE_SELL, 268020, 0);
    assert_int_equal(rig_place("post", "GTX", SIDE_BUY, 268020, 10, &o), 0);
    assert_int_equal(o.status, OS_EXPIRED);
}

// -------------------------------------------------------------------------------------------------- account

static void test_reduce_only_only_reduces(void **state)
{
    (void)state;
    assert_int_equal(rig_place("r0", "IOC!", SIDE_SELL, 268000, 10, NULL), -2022); // flat
    assert_int_equal(rig_place("in", "IOC", SIDE_BUY, 268010, 100, NULL), 0);
    assert_int_equal(rig_place("r1", "IOC!", SIDE_BUY, 268010, 10, NULL), -2022); // same direction
    assert_int_equal(rig_place("r2", "GTX!", SIDE_SELL, 268015, 60, NULL), 0);
    assert_int_equal(rig_place("r3", "GTX!", SIDE_SELL, 268016, 41, NULL), -2022); // 60 are spoken for
    assert_int_equal(rig_place("r4", "GTX!", SIDE_SELL, 268016, 40, NULL), 0);
    assert_int_equal(rig_place("out", "IOC", SIDE_SELL, 268000, 70, NULL), 0);
    assert_int_equal(rig_position(), 30);
    rig_trade(SIDE_BUY, 268050, 1); // through both: 30 may be sold, not 100
    assert_int_equal(rig_position(), 0);
    assert_int_equal(rig_order("r2").cum_lots, 30);
    assert_int_equal(rig_order("r2").status, OS_EXPIRED);
    assert_int_equal(rig_order("r4").status, OS_EXPIRED);
}

static void test_reduce_only_ignores_minimum_notional(void **state)
{
    (void)state;
    assert_int_equal(rig_place("in", "IOC", SIDE_BUY, 268010, 2, NULL), 0);
    assert_int_equal(rig_place("s1", "IOC", SIDE_SELL, 268000, 1, NULL), -4164);
    assert_int_equal(rig_place("s2", "IOC!", SIDE_SELL, 268000, 1, NULL), 0);
}

static void test_margin_bounds_the_worst_case(void **state)
{
    (void)state;
    const char *msg;
    start_with(50, 0);
    assert_int_equal(exchange_set_leverage(rig.x, "ETHUSDT", 3, rig.now_ns, &msg, &rig.sink), 0);
    assert_int_equal(rig_place("big", "GTX", SIDE_BUY, 268000, 57, NULL), -2019); // 152 USDT at 3x from 50
    assert_int_equal(rig_place("b1", "GTX", SIDE_BUY, 268000, 40, NULL), 0);
    assert_int_equal(rig_place("s1", "GTX", SIDE_SELL, 268010, 40, NULL), 0); // the other side is free
    assert_int_equal(rig_place("b2", "GTX", SIDE_BUY, 268000, 17, NULL), -2019);
    assert_int_equal(rig_place("s2", "GTX", SIDE_SELL, 268010, 17, NULL), -2019);
    assert_int_equal(exchange_set_leverage(rig.x, "ETHUSDT", 1, rig.now_ns, &msg, &rig.sink),
                     -2019); // 107 USDT at 1x
    assert_int_equal(exchange_set_leverage(rig.x, "ETHUSDT", 126, rig.now_ns, &msg, &rig.sink), -4028);
    assert_int_equal(exchange_set_isolated(rig.x, "ETHUSDT", true, &msg), -4047);
}

// Wallet = start + realised - fees + funding after any run of fills; recomputed from the fills alone.
static void test_wallet_is_the_sum_of_its_parts(void **state)
{
    (void)state;
    static const struct {
        enum side side;
        int64_t lots;
    } RUN[] = {{SIDE_BUY, 37}, {SIDE_SELL, 90}, {SIDE_BUY, 11}, {SIDE_BUY, 200}, {SIDE_SELL, 158}};
    __int128 cash = 0, fees = 0;
    for (size_t i = 0; i < COUNT_OF(RUN); i++) {
        char id[8];
        snprintf(id, sizeof id, "n%zu", i);
        rig_diff(SIDE_BUY, 268000, 1000 + (int64_t)i);
        rig_diff(SIDE_SELL, 268010 + (int64_t)i, 1000 + (int64_t)i);
        assert_int_equal(rig_place(id, "MARKET", RUN[i].side, 0, RUN[i].lots, NULL), 0);
    }
    assert_int_equal(rig_position(), 0);
    for (size_t i = 0; i < rig.fills; i++) {
        const struct xch_fill *f = &rig.fill[i];
        __int128 notional = (__int128)f->price_e8 * f->qty_lots * 100000 / E8; // exact: ticks and lots divide
        cash -= f->order.side * notional;
        fees += f->fee_e8;
        assert_int_equal(f->fee_e8, (int64_t)((notional * 40000 + E8 / 2) / E8));
    }
    assert_int_equal(exchange_wallet_e8(rig.x), (int64_t)(100000 * E8 + cash - fees));
}

static void test_caps_and_client_ids(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        char id[16];
        snprintf(id, sizeof id, "c%d", i);
        assert_int_equal(rig_place(id, "GTX", SIDE_BUY, 267000, 2, NULL), 0);
    }
    assert_int_equal(rig_place("c200", "GTX", SIDE_BUY, 267000, 2, NULL), -2025);
    const char *msg;
    struct xch_order o;
    assert_int_equal(exchange_cancel(rig.x, "ETHUSDT", 0, "c7", rig.now_ns, &o, &msg, &rig.sink), 0);
    assert_int_equal(rig_place("c8", "GTX", SIDE_BUY, 267000, 2, NULL), -2010); // open
    assert_int_equal(rig_place("c7", "GTX", SIDE_BUY, 267000, 2, NULL), 0);     // done: may be used again
    assert_int_equal(exchange_cancel(rig.x, "ETHUSDT", 0, "nobody", rig.now_ns, &o, &msg, &rig.sink), -2011);
    assert_int_equal(exchange_cancel_all(rig.x, "ETHUSDT", rig.now_ns, &msg, &rig.sink), 0);
    assert_int_equal(rig.canceled, 201);
    for (int i = 0; i < 3000; i++) { // slots are used again for ever
        assert_int_equal(rig_place("again", "GTX", SIDE_BUY, 267000, 2, &o), 0);
        assert_int_equal(exchange_cancel(rig.x, "ETHUSDT", o.order_id, NULL, rig.now_ns, &o, &msg, &rig.sink),
                         0);
    }
}

// ------------------------------------------------------------------------------- mark, funding, liquidation

static void test_mark_is_the_median_of_three(void **state)
{
    (void)state;
    struct ev_mark m;
    rig_index(2681 * E8, 2681 * E8 + 2000000); // index 2681.01, mid 2680.05: basis -0.96
    rig_trade(SIDE_BUY, 268010, 1);
    rig_time(NS_PER_S);
    exchange_mark(rig.x, 0, &m);
    assert_int_equal(m.index_e8, 268101000000);
    assert_int_equal(m.mark_e8, 268010000000); // 2680.05 < last 2680.10 < 2681.01 carried
    rig_trade(SIDE_SELL, 267000, 1);
    rig_time(NS_PER_S);
    exchange_mark(rig.x, 0, &m);
    assert_int_equal(m.mark_e8, 268005000000); // last far below: the basis term is the middle
    assert_non_null(strstr(rig.mark, "\"p\":\"2680.05000000\""));
}

static void test_funding_is_paid_at_the_boundary_once(void **state)
{
    (void)state;
    struct ev_mark m;
    const char *msg;
    assert_int_equal(exchange_set_isolated(rig.x, "ETHUSDT", true, &msg), 0);
    rig_index(268005000000, 268005000000);
    rig_time(NS_PER_S);
    assert_int_equal(rig_place("in", "IOC", SIDE_BUY, 268010, 1000, NULL), 0);
    exchange_mark(rig.x, 0, &m);
    assert_int_equal(m.next_funding_ns % (8 * 3600 * NS_PER_S), 0);
    assert_int_equal(m.funding_rate_e8, 10000); // inside the damper: the interest
    int64_t before = exchange_wallet_e8(rig.x);
    rig_time(m.next_funding_ns - rig.now_ns - 1);
    assert_int_equal(exchange_wallet_e8(rig.x), before);
    exchange_mark(rig.x, 0, &m);                          // what is charged is the rate and mark of now
    int64_t pay = m.mark_e8 * 1 / E8 * m.funding_rate_e8; // 1 ETH
    rig_time(1);
    assert_in_range(before - exchange_wallet_e8(rig.x), pay - 10000, pay + 10000);
    assert_non_null(strstr(rig.account, "\"m\":\"FUNDING_FEE\""));
    assert_non_null(strstr(rig.account, "\"s\":\"ETHUSDT\"")); // isolated: the position is told too
    int64_t after = exchange_wallet_e8(rig.x);
    rig_time(NS_PER_S);
    assert_int_equal(exchange_wallet_e8(rig.x), after);
}

static void test_formulas(void **state)
{
    (void)state;
    struct instrument ins = rig_instrument();
    assert_int_equal(xch_funding_rate_e8(200000, 10000, 8, -3000000, 3000000),
                     150000);                                                          // venue.json funding 1
    assert_int_equal(xch_funding_rate_e8(40000, 5000, 1, -2000000, 2000000), 625);     // venue.json funding 2
    assert_int_equal(xch_premium_e8(10012000000, 10020000000, 10000000000), 120000);   // premium_index.1
    assert_int_equal(xch_funding_payment_e8(&ins, -2500, 64000 * E8, 30000), 48 * E8); // funding_payment.1
    int64_t lp = xch_liquidation_e8(&ins, xch_brackets, XCH_BRACKETS, -250, -78010000000,
                                    500 * E8); // venue-api.md 7.4
    assert_in_range(lp, 509492500000, 509492600000);
    lp = xch_liquidation_e8(&ins, xch_brackets, XCH_BRACKETS, 500, 32000 * E8, 3200 * E8); // liquidation.1
    assert_in_range(lp, 5788944723618 - 1, 5788944723618 + 1);
    assert_int_equal(xch_liquidation_e8(&ins, xch_brackets, XCH_BRACKETS, 10, 26 * E8, 500 * E8),
                     0); // more money than cost
    static const struct level BOOK[] = {{10000, 10000}, {9990, 20000}, {9950, 100000}};
    assert_in_range(xch_impact_price_e8(&ins, BOOK, 3, 5000 * E8), 9975937435, 9975937438); // impact_price.1
    assert_int_equal(xch_median3(3, 1, 2), 2);
    assert_int_equal(xch_median3(2, 2, 9), 2);
}

static void test_position_beyond_maintenance_is_closed(void **state)
{
    (void)state;
    const char *msg;
    start_with(50, 0);
    assert_int_equal(exchange_set_leverage(rig.x, "ETHUSDT", 20, rig.now_ns, &msg, &rig.sink), 0);
    assert_int_equal(rig_place("in", "IOC", SIDE_BUY, 268010, 300, NULL), 0);
    assert_int_equal(rig_place("rest", "GTX", SIDE_SELL, 270000, 10, NULL), 0);
    struct xch_position p;
    exchange_positions(rig.x, &p, 1);
    assert_in_range(p.liquidation_e8, 2500 * E8, 2600 * E8);
    rig_touch(251000, 10, 251010, 10);
    rig_trade(SIDE_SELL, 251000, 1);
    rig_time(NS_PER_S);
    assert_int_equal(rig_position(), 0);
    assert_int_equal(rig_order("rest").status, OS_EXPIRED);
    assert_int_equal(rig.fill[rig.fills - 1].kind, FILL_LIQUIDATION);
    assert_true(strncmp(rig.fill[rig.fills - 1].order.client_id, "autoclose-", 10) == 0);
    assert_true(exchange_wallet_e8(rig.x) >= 0);
}

static void test_countdown(void **state)
{
    (void)state;
    const char *msg;
    assert_int_equal(rig_place("d", "GTX", SIDE_BUY, 267000, 10, NULL), 0);
    assert_int_equal(exchange_countdown(rig.x, "ETHUSDT", 500, rig.now_ns, &msg), 0);
    rig_time(400 * NS_PER_MS);
    assert_int_equal(exchange_countdown(rig.x, "ETHUSDT", 500, rig.now_ns, &msg), 0); // refreshed
    rig_time(499 * NS_PER_MS);
    assert_int_equal(rig_order("d").status, OS_NEW);
    rig_time(NS_PER_MS);
    assert_int_equal(rig_order("d").status, OS_CANCELED);
    assert_int_equal(rig_place("e", "GTX", SIDE_BUY, 267000, 10, NULL), 0);
    assert_int_equal(exchange_countdown(rig.x, "ETHUSDT", 100, rig.now_ns, &msg), 0);
    assert_int_equal(exchange_countdown(rig.x, "ETHUSDT", 0, rig.now_ns, &msg), 0); // disarmed
    rig_time(NS_PER_S);
    assert_int_equal(rig_order("e").status, OS_NEW);
}

// --------------------------------------------------------------------------------------------- publications

static uint64_t field(const char *text, const char *key)
{
    const char *at = strstr(text, key);
    return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

static void test_batches_chain_and_a_hole_breaks_the_chain_once(void **state)
{
    (void)state;
    rig_time(NS_PER_S);
    rig_diff(SIDE_BUY, 267995, 5); // published at once: nothing for 100 ms before
    assert_int_equal(rig.depths, 1);
    uint64_t u = field(rig.depth, "\"u\":");
    rig_diff(SIDE_BUY, 267995, 6);
    rig_diff(SIDE_BUY, 267995, 0);
    rig_diff(SIDE_SELL, 268010, 77);
    assert_int_equal(rig.depths, 1);
    rig_time(100 * NS_PER_MS);
    assert_int_equal(rig.depths, 2);
    assert_int_equal(field(rig.depth, "\"pu\":"), u);
    assert_int_equal(field(rig.depth, "\"U\":"), u + 1);
    assert_non_null(strstr(rig.depth, "\"b\":[[\"2679.95\",\"0\"]],\"a\":[[\"2680.10\",\"0.077\"]]"));
    rig_time(100 * NS_PER_MS);
    assert_int_equal(rig.depths, 2); // nothing changed, nothing said
    u = rig.update_id;
    rig_diff_id(SIDE_BUY, 267995, 1, u + 50, u + 60, u + 40); // the recording misses something here
    assert_int_equal(field(rig.depth, "\"pu\":"), u + 40);
    rig.update_id = u + 60;
    rig_time(100 * NS_PER_MS);
    rig_diff(SIDE_BUY, 267995, 2);
    rig_time(100 * NS_PER_MS);
    assert_int_equal(field(rig.depth, "\"pu\":"), u + 60);
}

static void test_trades_of_one_taker_are_told_as_one(void **state)
{
    (void)state;
    rig_trade(SIDE_BUY, 268010, 3);
    rig_trade(SIDE_BUY, 268010, 4);
    assert_int_equal(rig.trades, 0);
    rig_trade(SIDE_BUY, 268020, 5); // next price: the first is complete
    assert_int_equal(rig.trades, 1);
    assert_non_null(strstr(rig.trade, "\"p\":\"2680.10\",\"q\":\"0.007\""));
    assert_int_equal(field(rig.trade, "\"l\":") - field(rig.trade, "\"f\":"), 1);
    assert_non_null(strstr(rig.trade, "\"m\":false"));
    rig_time(2 * NS_PER_MS);
    assert_int_equal(rig.trades, 2);
    assert_int_equal(field(rig.trade, "\"a\":"), 2);
}

static void test_seam_ends_orders_and_positions(void **state)
{
    (void)state;
    rig_diff(SIDE_BUY, 267995, 5);
    rig_time(NS_PER_S);
    uint64_t last_u = field(rig.depth, "\"u\":");
    assert_int_equal(rig_place("in", "IOC", SIDE_BUY, 268010, 100, NULL), 0);
    assert_int_equal(rig_place("rest", "GTX", SIDE_BUY, 267000, 10, NULL), 0);
    struct ev_mark m;
    exchange_mark(rig.x, 0, &m);
    exchange_on_seam(rig.x, 3, rig.now_ns, &rig.sink);
    assert_int_equal(rig_position(), 0);
    assert_int_equal(rig_order("rest").status, OS_EXPIRED);
    const struct xch_fill *f = &rig.fill[rig.fills - 1];
    assert_string_equal(f->order.client_id, "seam-3-ETHUSDT");
    assert_int_equal(f->kind, FILL_SEAM);
    assert_int_equal(f->fee_e8, 0);
    assert_int_equal(f->price_e8, m.mark_e8);
    assert_int_equal(rig_place("none", "GTX", SIDE_BUY, 267000, 10, NULL), -1112); // no book yet
    rig.update_id = last_u; // even ids that would chain must not seem to
    rig_snapshot(BIDS, ASKS, 3);
    rig_time(NS_PER_S);
    rig_diff(SIDE_BUY, 267995, 9);
    assert_true(field(rig.depth, "\"pu\":") != last_u);
}

// Events of a damaged tape: out of range, crossed, for an instrument that is not there.
static void test_absurd_market_events_are_ignored(void **state)
{
    (void)state;
    rig_touch(268010, 1, 268010, 1);
    rig_touch(INT64_MAX, 1, INT64_MAX, 1);
    rig_trade(SIDE_SELL, -5, 10);
    rig_trade(SIDE_SELL, 5, INT64_MAX);
    rig_diff(SIDE_BUY, INT64_MAX / 2, 5);
    rig_diff(SIDE_BUY, 5, INT64_MAX / 2);
    rig_index(INT64_MAX, INT64_MAX);
    struct ev_touch t;
    assert_true(exchange_touch(rig.x, 0, &t));
    assert_int_equal(t.bid_ticks, 268000);
    assert_int_equal(t.ask_ticks, 268010);
    assert_int_equal(rig_place("huge", "GTC", SIDE_BUY, 10000000, 10000000, NULL), -4016);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_queue_is_risk_averse),
        T(test_news_older_than_the_order_do_not_shorten_its_queue),
        T(test_own_orders_share_one_trade),
        T(test_trade_through_and_crossing_fill_in_full_at_our_price),
        T(test_taker_walks_levels_and_pays_each),
        T(test_displayed_quantity_is_taken_once_until_restated),
        T(test_newer_touch_stands_before_older_depth),
        T(test_time_in_force),
        T(test_market_order_stops_at_its_bound),
        T(test_post_only_forms),
        T(test_order_never_trades_with_our_own),
        T(test_reduce_only_only_reduces),
        T(test_reduce_only_ignores_minimum_notional),
        T(test_margin_bounds_the_worst_case),
        T(test_wallet_is_the_sum_of_its_parts),
        T(test_caps_and_client_ids),
        T(test_mark_is_the_median_of_three),
        T(test_funding_is_paid_at_the_boundary_once),
        T(test_formulas),
        T(test_position_beyond_maintenance_is_closed),
        T(test_countdown),
        T(test_batches_chain_and_a_hole_breaks_the_chain_once),
        T(test_trades_of_one_taker_are_told_as_one),
        T(test_seam_ends_orders_and_positions),
        T(test_absurd_market_events_are_ignored),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
