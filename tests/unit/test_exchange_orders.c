// SPDX-License-Identifier: Apache-2.0
// Tries to break what an order may do at the simulated exchange beyond resting and taking: amendments that
// keep a place in the queue, slip past a filter or change an order they refused; orders that trade with their
// owner; conditionals that trigger early, late, twice or not; codes that differ from the venue's; ids and
// histories that lose or repeat a row.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/rng.h"
#include "unit/exchange_rig.h"

static const struct level BIDS[] = {{268000, 1000}, {267990, 2000}, {267900, 500}};
static const struct level ASKS[] = {{268010, 1000}, {268020, 3000}, {268100, 500}};

static void start(void (*change)(struct xch_config *c))
{
    struct xch_config c;
    struct instrument ins = rig_instrument();
    xch_config_default(&c);
    c.wallet_e8 = 100000 * E8;
    if (change) {
        change(&c);
    }
    rig_start(&c, &ins, 1);
    rig_snapshot(BIDS, ASKS, 3);
    rig_trade(SIDE_BUY, 268010, 1);
    rig_time(0);
}

static int setup(void **state)
{
    (void)state;
    start(NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    exchange_free(rig.x);
    rig.x = NULL;
    return 0;
}

static int32_t amend(const char *id, int64_t ticks, int64_t lots, struct xch_order *o)
{
    struct xch_order scratch;
    const char *msg;
    return exchange_amend(rig.x, "ETHUSDT", 0, id, ticks * 1000000, lots * 100000, rig.now_ns,
                          o ? o : &scratch, &msg, &rig.sink);
}

static struct xch_order_request ask(const char *id, const char *type, enum side side, int64_t lots)
{
    struct xch_order_request r = {
        .symbol = "ETHUSDT", .side = (int8_t)side, .has_qty = lots > 0, .qty_e8 = lots * 100000};
    snprintf(r.client_id, sizeof r.client_id, "%s", id);
    snprintf(r.type, sizeof r.type, "%s", type);
    return r;
}

static int32_t send(const struct xch_order_request *r)
{
    struct xch_order o;
    const char *msg;
    return exchange_place(rig.x, r, rig.now_ns, &o, &msg, &rig.sink);
}

// A conditional without price: STOP_MARKET and its like.
static int32_t stop(const char *id, const char *type, enum side side, int64_t at, int64_t lots, int flags)
{
    struct xch_order_request r = ask(id, type, side, lots);
    r.has_stop = 1;
    r.stop_price_e8 = at * 1000000;
    r.mark_triggers = (flags & 1) != 0;
    r.reduce_only = (flags & 2) != 0;
    r.close_position = (flags & 4) != 0;
    r.price_protect = (flags & 8) != 0;
    return send(&r);
}
enum { ON_MARK = 1, REDUCE = 2, CLOSE = 4, PROTECT = 8 };

// ---------------------------------------------------------------------------------------------------- amend

static void test_amend_goes_to_the_end_of_the_queue(void **state)
{
    (void)state;
    struct xch_order o;
    assert_int_equal(rig_place("a", "GTX", SIDE_BUY, 267990, 10, NULL), 0);
    rig_trade(SIDE_SELL, 267990, 1900);
    assert_int_equal(rig_front("a"), 100);
    uint64_t id = rig_order("a").order_id;
    assert_int_equal(amend("a", 267990, 12, &o), 0); // same price: the place is lost all the same
    assert_int_equal(o.front_lots, 2000);
    assert_int_equal(o.order_id, id);
    assert_int_equal(o.qty_lots, 12);
    assert_non_null(strstr(rig.order, "\"x\":\"AMENDMENT\",\"X\":\"NEW\""));
    assert_int_equal(rig_place("b", "GTX", SIDE_BUY, 267990, 10, NULL), 0);
    assert_int_equal(amend("a", 267980, 12, NULL), 0);
    assert_int_equal(rig_front("a"), 0);
    assert_int_equal(amend("a", 267990, 12, NULL), 0); // and behind our own b now
    rig_trade(SIDE_SELL, 267990, 2005);
    assert_int_equal(rig_order("b").cum_lots, 5);
    assert_int_equal(rig_order("a").cum_lots, 0);
}

static void test_refused_amendment_changes_nothing(void **state)
{
    (void)state;
    assert_int_equal(rig_place("p", "GTX", SIDE_BUY, 268000, 100, NULL), 0);
    rig_trade(SIDE_SELL, 268000, 1040); // 40 for us
    struct xch_order before = rig_order("p");
    assert_int_equal(before.cum_lots, 40);
    assert_int_equal(amend("p", 268000, 40, NULL), -1130);  // filled already
    assert_int_equal(amend("p", 268000, 39, NULL), -1130);  // below
    assert_int_equal(amend("p", 268010, 100, NULL), -2021); // post-only would take
    assert_int_equal(amend("p", 400000, 100, NULL), -4016); // PERCENT_PRICE
    assert_int_equal(amend("p", 268000, 20000000, NULL), -4005);
    assert_int_equal(amend("p", 268000, 9000000, NULL), -2027); // brackets
    assert_int_equal(amend("p", 268000, 380000, NULL), -2027);
    assert_int_equal(amend("nobody", 268000, 10, NULL), -2013);
    struct xch_order after = rig_order("p");
    assert_memory_equal(&before, &after, sizeof after);
    assert_int_equal(amend("p", 267990, 41, NULL), 0); // one lot more is fine
    assert_int_equal(rig_order("p").status, OS_PARTIAL);
    assert_non_null(strstr(rig.order, "\"X\":\"PARTIALLY_FILLED\""));
}

static void binance(struct xch_config *c)
{
    c->dialect = XCH_DIALECT_BINANCE;
    c->post_only_form = 2;
    c->amend_as_new = 1;
}

static void test_amend_in_the_other_dialect(void **state)
{
    (void)state;
    start(binance);
    assert_int_equal(rig_place("p", "GTX", SIDE_BUY, 267990, 10, NULL), 0);
    assert_int_equal(rig_place("p", "GTX", SIDE_BUY, 267990, 10, NULL), -4116);
    assert_int_equal(amend("p", 268010, 10, NULL), -5022);
    assert_int_equal(amend("p", 267980, 10, NULL), 0);
    assert_non_null(strstr(rig.order, "\"x\":\"NEW\",\"X\":\"NEW\""));
}

static void test_amend_may_take_and_does_not_pay_twice(void **state)
{
    (void)state;
    const char *msg;
    assert_int_equal(exchange_set_leverage(rig.x, "ETHUSDT", 1, rig.now_ns, &msg, &rig.sink), 0);
    assert_int_equal(rig_place("g", "GTC", SIDE_BUY, 267900, 30000, NULL), 0); // 80,400 of 100,000
    assert_int_equal(amend("g", 267910, 31000, NULL), 0); // its own reservation is free for it
    assert_int_equal(amend("g", 267910, 38000, NULL), -2019);
    assert_int_equal(amend("g", 268020, 31000, NULL), 0);
    assert_int_equal(rig_order("g").cum_lots, 4000);
    assert_int_equal(rig.fill[0].price_e8, 268010 * INT64_C(1000000));
    assert_false(rig.fill[0].maker);
    assert_int_equal(rig_order("g").status, OS_PARTIAL);
}

static void test_hidden_orders_come_last_at_their_price(void **state)
{
    (void)state;
    assert_int_equal(rig_place("h", "HIDDEN", SIDE_BUY, 268000, 10, NULL), 0);
    rig_trade(SIDE_SELL, 268000, 5000); // who was displayed gets it all
    assert_int_equal(rig.fills, 0);
    rig_trade(SIDE_SELL, 267999, 1);
    assert_int_equal(rig_order("h").status, OS_FILLED);
    assert_true(rig.fill[0].maker);
    assert_int_equal(rig_place("t", "HIDDEN", SIDE_BUY, 268010, 10, NULL), 0); // crossing it takes
    assert_int_equal(rig_order("t").status, OS_FILLED);
    start(binance);
    assert_int_equal(rig_place("h", "HIDDEN", SIDE_BUY, 268000, 10, NULL), -1115);
}

// ---------------------------------------------------------------------------------------------- self-trades

static int32_t with_stp(const char *id, enum side side, int64_t ticks, int64_t lots, enum xch_stp stp)
{
    struct xch_order_request r = ask(id, "LIMIT", side, lots);
    snprintf(r.tif, sizeof r.tif, "GTC");
    r.has_price = 1;
    r.price_e8 = ticks * 1000000;
    r.stp = (uint8_t)stp;
    return send(&r);
}

static void test_self_trade_prevention_modes(void **state)
{
    (void)state;
    assert_int_equal(rig_place("m1", "GTX", SIDE_SELL, 268015, 10, NULL), 0);
    assert_int_equal(with_stp("t1", SIDE_BUY, 268020, 1500, XCH_STP_DEFAULT), 0); // taker
    assert_int_equal(rig_order("t1").cum_lots, 1000);
    assert_int_equal(rig_order("t1").status, OS_EXPIRED);
    assert_int_equal(rig_order("m1").status, OS_NEW);
    rig_diff(SIDE_SELL, 268010, 1000);
    assert_int_equal(with_stp("t2", SIDE_BUY, 268020, 1500, XCH_STP_BOTH), 0);
    assert_int_equal(rig_order("t2").cum_lots, 1000);
    assert_int_equal(rig_order("t2").status, OS_EXPIRED);
    assert_int_equal(rig_order("m1").status, OS_EXPIRED);
    rig_diff(SIDE_SELL, 268010, 1000);
    exchange_set_stp(rig.x, XCH_STP_MAKER); // the account's own mode
    assert_int_equal(exchange_stp(rig.x), XCH_STP_MAKER);
    assert_int_equal(rig_place("m2", "GTX", SIDE_SELL, 268015, 10, NULL), 0);
    assert_int_equal(rig_place("m3", "GTX", SIDE_SELL, 268015, 10, NULL), 0);
    assert_int_equal(rig_place("far", "GTX", SIDE_SELL, 268021, 10, NULL), 0);
    assert_int_equal(with_stp("t3", SIDE_BUY, 268020, 1500, XCH_STP_DEFAULT), 0);
    assert_int_equal(rig_order("t3").cum_lots, 1500); // through to the level behind
    assert_int_equal(rig_order("m2").status, OS_EXPIRED);
    assert_int_equal(rig_order("m3").status, OS_EXPIRED);
    assert_int_equal(rig_order("far").status, OS_NEW); // not met
    assert_int_equal(with_stp("t4", SIDE_BUY, 268010, 5, XCH_STP_TAKER), 0);
    assert_int_equal(rig_order("t4").status, OS_NEW);
    for (size_t i = 0; i < rig.fills; i++) {
        assert_false(rig.fill[i].maker); // nothing of ours ever met ours
    }
}

static void test_full_or_nothing_counts_only_what_is_not_ours(void **state)
{
    (void)state;
    struct xch_order o;
    assert_int_equal(rig_place("m", "GTX", SIDE_SELL, 268015, 10, NULL), 0);
    assert_int_equal(rig_place("f", "FOK", SIDE_BUY, 268020, 1500, &o), 0);
    assert_int_equal(o.cum_lots, 0);
    assert_int_equal(o.status, OS_EXPIRED);
    assert_int_equal(rig_order("m").status, OS_NEW);
    exchange_set_stp(rig.x, XCH_STP_MAKER);
    assert_int_equal(rig_place("g", "FOK", SIDE_BUY, 268020, 1500, &o), 0);
    assert_int_equal(o.status, OS_FILLED);
    assert_int_equal(rig_order("m").status, OS_EXPIRED);
}

// --------------------------------------------------------------------------------------------- conditionals

static void test_stop_waits_triggers_once_and_keeps_its_type(void **state)
{
    (void)state;
    assert_int_equal(stop("s", "STOP_MARKET", SIDE_SELL, 267500, 100, 0), 0);
    struct xch_order o = rig_order("s");
    assert_true(o.waiting && o.status == OS_NEW);
    assert_non_null(strstr(rig.order, "\"o\":\"STOP_MARKET\""));
    assert_non_null(strstr(rig.order, "\"sp\":\"2675.00\""));
    rig_trade(SIDE_SELL, 267501, 1);
    assert_int_equal(rig.fills, 0);
    size_t accepted = rig.accepted;
    rig_trade(SIDE_SELL, 267500, 1);
    o = rig_order("s");
    assert_int_equal(o.status, OS_FILLED);
    assert_int_equal(o.cum_lots, 100);
    assert_string_equal(o.type, "MARKET");
    assert_string_equal(o.orig_type, "STOP_MARKET");
    assert_int_equal(rig.accepted, accepted + 1); // NEW again, as MARKET
    assert_non_null(strstr(rig.order, "\"ot\":\"STOP_MARKET\""));
    rig_trade(SIDE_SELL, 267400, 1);
    assert_int_equal(rig.fills, 1);
}

static void test_direction_of_every_kind(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        enum side side;
        int64_t at, not_yet;
    } CASES[] = {{"STOP_MARKET", SIDE_BUY, 268100, 268099},
                 {"STOP_MARKET", SIDE_SELL, 267900, 267901},
                 {"TAKE_PROFIT_MARKET", SIDE_BUY, 267900, 267901},
                 {"TAKE_PROFIT_MARKET", SIDE_SELL, 268100, 268099}};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        start(NULL);
        bool rises = CASES[i].at > 268010;
        assert_int_equal(stop("now", CASES[i].type, CASES[i].side, rises ? 268010 : 268011, 10, 0),
                         -2021); // last is 2680.10: already there
        assert_int_equal(stop("c", CASES[i].type, CASES[i].side, CASES[i].at, 10, 0), 0);
        rig_trade(SIDE_BUY, CASES[i].not_yet, 1);
        assert_true(rig_order("c").waiting);
        rig_trade(SIDE_BUY, CASES[i].at, 1);
        assert_int_equal(rig_order("c").cum_lots, 10);
    }
}

static void test_mark_triggers_only_when_asked(void **state)
{
    (void)state;
    assert_int_equal(stop("mark", "STOP_MARKET", SIDE_SELL, 267800, 10, ON_MARK), 0);
    assert_int_equal(stop("last", "STOP_MARKET", SIDE_SELL, 267000, 10, 0), 0);
    rig_trade(SIDE_SELL, 267500, 1); // the mark has not been computed since
    assert_true(rig_order("mark").waiting);
    rig_touch(266980, 10000, 266990, 10000);
    rig_time(NS_PER_S); // no index: mark = mid = 2669.85
    assert_int_equal(rig_order("mark").cum_lots, 10);
    assert_true(rig_order("last").waiting);
}

static void test_price_protect_holds_back_while_mark_and_last_differ(void **state)
{
    (void)state;
    assert_int_equal(stop("p", "STOP_MARKET", SIDE_SELL, 260000, 10, PROTECT), 0);
    assert_int_equal(stop("q", "STOP_MARKET", SIDE_SELL, 260000, 10, 0), 0);
    rig_trade(SIDE_SELL, 254000, 1); // 5.2 % below mark
    assert_true(rig_order("p").waiting);
    assert_int_equal(rig_order("q").cum_lots, 10);
    rig_trade(SIDE_SELL, 255000, 1); // 4.8 %
    assert_int_equal(rig_order("p").cum_lots, 10);
}

static void test_limit_conditionals_go_on_as_limits(void **state)
{
    (void)state;
    struct xch_order_request r = ask("l", "TAKE_PROFIT", SIDE_SELL, 50);
    r.has_stop = r.has_price = 1;
    r.stop_price_e8 = INT64_C(268100) * 1000000;
    r.price_e8 = INT64_C(268200) * 1000000;
    assert_int_equal(send(&r), 0);
    assert_int_equal(amend("l", 268150, 50, NULL), -1020); // LIMIT only
    rig_trade(SIDE_BUY, 268100, 1);
    struct xch_order o = rig_order("l");
    assert_string_equal(o.type, "LIMIT");
    assert_true(!o.waiting && o.status == OS_NEW);
    rig_trade(SIDE_BUY, 268201, 1);
    assert_int_equal(rig_order("l").status, OS_FILLED);
    assert_true(rig.fill[0].maker);
    snprintf(r.client_id, sizeof r.client_id, "x");
    r.stop_price_e8 = INT64_C(269000) * 1000000;
    r.price_e8 = INT64_C(250000) * 1000000; // 7 % below its own trigger
    assert_int_equal(send(&r), -4184);
}

static void test_close_position_closes_what_is_there_then(void **state)
{
    (void)state;
    struct xch_order_request r = ask("bad", "STOP_MARKET", SIDE_SELL, 5);
    r.has_stop = r.close_position = 1;
    r.stop_price_e8 = INT64_C(267000) * 1000000;
    assert_int_equal(send(&r), -4137);
    r.has_qty = 0;
    r.reduce_only = 1;
    assert_int_equal(send(&r), -1106);
    assert_int_equal(rig_place("in", "IOC", SIDE_BUY, 268010, 70, NULL), 0);
    assert_int_equal(stop("c", "STOP_MARKET", SIDE_SELL, 267000, 0, CLOSE), 0);
    assert_int_equal(stop("other", "STOP_MARKET", SIDE_BUY, 268100, 0, CLOSE), 0);
    assert_int_equal(rig_place("more", "IOC", SIDE_BUY, 268010, 30, NULL), 0);
    rig_trade(SIDE_BUY, 268100, 1);
    assert_int_equal(rig_order("other").status, OS_EXPIRED); // would not close a long
    assert_int_equal(rig_position(), 100);
    rig_trade(SIDE_SELL, 267000, 1);
    assert_int_equal(rig_position(), 0);
    assert_int_equal(rig_order("c").cum_lots, 100);
    assert_non_null(strstr(rig.order, "\"cp\":true"));
}

static void test_reduce_only_and_unpaid_conditionals_expire_at_their_trigger(void **state)
{
    (void)state;
    const char *msg;
    assert_int_equal(stop("r", "STOP_MARKET", SIDE_SELL, 267000, 10, REDUCE), 0); // flat now: may wait
    assert_int_equal(exchange_set_leverage(rig.x, "ETHUSDT", 1, rig.now_ns, &msg, &rig.sink), 0);
    assert_int_equal(stop("dear", "STOP_MARKET", SIDE_SELL, 267000, 15000, 0), 0); // reserves nothing yet
    assert_int_equal(stop("two", "STOP_MARKET", SIDE_BUY, 269000, 15000, 0), 0);
    assert_int_equal(rig_place("all", "GTC", SIDE_BUY, 267900, 35000, NULL), 0); // 93,800 of 100,000
    rig_trade(SIDE_BUY, 269000, 1);
    assert_int_equal(rig_order("two").status, OS_EXPIRED); // no money left for it
    rig_trade(SIDE_SELL, 267000, 1);
    assert_int_equal(rig_order("all").status, OS_FILLED); // traded through
    assert_int_equal(rig_order("r").cum_lots, 10);        // there is something to reduce now
}

static void test_trailing_follows_and_comes_back(void **state)
{
    (void)state;
    struct xch_order_request r = ask("t", "TRAILING_STOP_MARKET", SIDE_SELL, 10);
    assert_int_equal(send(&r), -1102);
    r.has_callback = 1;
    r.callback_pct_e8 = 6 * E8;
    assert_int_equal(send(&r), -1130);
    r.callback_pct_e8 = E8; // 1 %
    r.has_activation = 1;
    r.activation_e8 = INT64_C(268010) * 1000000;
    assert_int_equal(send(&r), -2021); // SELL wants it above the last price
    r.activation_e8 = INT64_C(270000) * 1000000;
    assert_int_equal(send(&r), 0);
    rig_trade(SIDE_SELL, 265000, 1); // more than 1 % down, but never activated
    assert_true(rig_order("t").waiting);
    rig_trade(SIDE_BUY, 272000, 1);
    rig_trade(SIDE_SELL, 269281, 1); // 272000 x 0.99 = 269280
    assert_true(rig_order("t").waiting);
    rig_trade(SIDE_SELL, 269280, 1);
    assert_int_equal(rig_order("t").cum_lots, 10);
    assert_string_equal(rig_order("t").orig_type, "TRAILING_STOP_MARKET");
    r = ask("d", "TRAILING_STOP_MARKET", SIDE_BUY, 10);
    r.has_callback = 1;
    r.callback_pct_e8 = E8 / 2;
    assert_int_equal(send(&r), 0); // no activation price: active at once
    assert_non_null(strstr(rig.order, "\"AP\":\"2692.80\",\"cr\":\"0.5\""));
    rig_trade(SIDE_BUY, 270627, 1); // 269280 x 1.005 = 270626.4
    assert_int_equal(rig_order("d").cum_lots, 10);
}

static void keep_stops(struct xch_config *c)
{
    c->countdown_keeps_stops = 1;
}

static void test_countdown_and_cancel_all_with_stops(void **state)
{
    (void)state;
    const char *msg;
    for (int keep = 0; keep < 2; keep++) {
        start(keep ? keep_stops : NULL);
        assert_int_equal(stop("s", "STOP_MARKET", SIDE_SELL, 267000, 10, 0), 0);
        assert_int_equal(rig_place("l", "GTX", SIDE_BUY, 267000, 10, NULL), 0);
        assert_int_equal(exchange_countdown(rig.x, "ETHUSDT", 100, rig.now_ns, &msg), 0);
        rig_time(100 * NS_PER_MS);
        assert_int_equal(rig_order("l").status, OS_CANCELED);
        assert_int_equal(rig_order("s").status, keep ? OS_NEW : OS_CANCELED);
        assert_int_equal(exchange_cancel_all(rig.x, "ETHUSDT", rig.now_ns, &msg, &rig.sink), 0);
        assert_int_equal(rig_order("s").status, OS_CANCELED);
    }
}

// -------------------------------------------------------------------------------------------------- filters

static void test_codes_of_the_filters(void **state)
{
    (void)state;
    struct xch_order_request r;
    assert_int_equal(stop("a", "STOP_MARKET", SIDE_SELL, 0, 10, 0), -4006);
    assert_int_equal(stop("a", "STOP_MARKET", SIDE_BUY, 10000001, 10, 0), -4007);
    r = ask("a", "STOP_MARKET", SIDE_SELL, 10);
    assert_int_equal(send(&r), -1102); // no stopPrice
    r.has_stop = 1;
    r.stop_price_e8 = INT64_C(267000) * 1000000 + 5;
    assert_int_equal(send(&r), -4014);
    r.stop_price_e8 = INT64_C(267000) * 1000000;
    r.has_price = 1;
    r.price_e8 = r.stop_price_e8;
    assert_int_equal(send(&r), -1106); // a market kind has no price
    r = ask("a", "LIMIT", SIDE_BUY, 10);
    snprintf(r.tif, sizeof r.tif, "GTC");
    r.has_price = 1;
    r.price_e8 = INT64_C(267000) * 1000000;
    r.has_stop = 1;
    r.stop_price_e8 = r.price_e8;
    assert_int_equal(send(&r), -1106);
    r.has_stop = 0;
    r.close_position = 1;
    assert_int_equal(send(&r), -4020);
    r = ask("a", "MARKET", SIDE_BUY, 0);
    r.has_quote_qty = 1;
    r.quote_qty_e8 = 100 * E8;
    assert_int_equal(send(&r), -1128); // spot only
    r = ask("a", "ICEBERG", SIDE_BUY, 10);
    assert_int_equal(send(&r), -1116);
    r = ask("a", "MARKET", SIDE_BUY, 20001); // MARKET_LOT_SIZE
    assert_int_equal(send(&r), -4005);
    r = ask("0123456789012345678901234567890123456", "MARKET", SIDE_BUY, 10);
    assert_int_equal(send(&r), -4015);
    r = ask("a b", "MARKET", SIDE_BUY, 10);
    assert_int_equal(send(&r), -1100);
    rig_time(NS_PER_S);
    rig_touch(250000, 10, 290000, 10); // both more than 5 % from the mark of a second ago
    r = ask("a", "MARKET", SIDE_BUY, 10);
    assert_int_equal(send(&r), -4131);
    r = ask("a", "MARKET", SIDE_SELL, 10);
    assert_int_equal(send(&r), -4131);
    assert_int_equal(rig.accepted, 0);
}

static void test_numbers_of_orders(void **state)
{
    (void)state;
    char id[16];
    for (int i = 0; i < 100; i++) {
        snprintf(id, sizeof id, "s%d", i);
        assert_int_equal(stop(id, "STOP_MARKET", SIDE_SELL, 267000, 10, 0), 0);
    }
    assert_int_equal(stop("s100", "STOP_MARKET", SIDE_SELL, 267000, 10, 0), -4045);
    for (int i = 0; i < 100; i++) {
        snprintf(id, sizeof id, "l%d", i);
        assert_int_equal(rig_place(id, "GTX", SIDE_BUY, 267000, 10, NULL), 0);
    }
    assert_int_equal(rig_place("l100", "GTX", SIDE_BUY, 267000, 10, NULL), -2025); // stops count as well
}

// ----------------------------------------------------------------------------------------------- ids, reads

static void test_history_of_orders(void **state)
{
    (void)state;
    static struct xch_order all[XCH_HISTORY_MAX + 10];
    const char *msg;
    struct xch_order o;
    assert_int_equal(rig_place("keep", "GTX", SIDE_BUY, 266000, 10, NULL), 0);
    uint64_t first = rig_order("keep").order_id, last = first;
    for (int i = 0; i < 5000; i++) {
        assert_int_equal(rig_place("again", "GTX", SIDE_BUY, 267000, 2, &o), 0);
        assert_int_equal(o.order_id, last + 1); // ascending, none skipped
        last = o.order_id;
        rig_time(10 * NS_PER_MS);
        assert_int_equal(exchange_cancel(rig.x, "ETHUSDT", 0, "again", rig.now_ns, &o, &msg, &rig.sink), 0);
    }
    size_t n = exchange_orders(rig.x, "ETHUSDT", NULL, all, COUNT_OF(all));
    assert_int_equal(n, XCH_HISTORY_MAX);
    assert_int_equal(all[0].order_id, first); // open: older than what was forgotten
    for (size_t i = 1; i < n; i++) {
        assert_int_equal(all[i].order_id, last - (n - 1) + i);
        assert_int_equal(all[i].status, OS_CANCELED);
    }
    assert_int_equal(exchange_orders(rig.x, "ETHUSDT", NULL, all, 3), 3);
    assert_int_equal(all[2].order_id, last); // the newest three
    struct xch_range r = {.from_id = last - 9};
    assert_int_equal(exchange_orders(rig.x, "ETHUSDT", &r, all, 3), 3);
    assert_int_equal(all[0].order_id, last - 9); // the oldest three from there
    int64_t at = all[2].created_ns / NS_PER_MS;
    r = (struct xch_range){.start_ms = at, .end_ms = at + 20};
    assert_int_equal(exchange_orders(rig.x, "ETHUSDT", &r, all, 10), 3); // both ends included
    assert_int_equal(all[0].order_id, last - 7);
    assert_int_equal(exchange_orders(rig.x, "BTCUSDT", NULL, all, 10), 0);
    assert_int_equal(exchange_query(rig.x, "ETHUSDT", first + 1, NULL, &o, &msg), -2013); // forgotten
    assert_int_equal(exchange_query(rig.x, "ETHUSDT", 0, "again", &o, &msg), 0);
    assert_int_equal(o.order_id, last); // the newest of that name
    assert_int_equal(exchange_query_open(rig.x, "ETHUSDT", 0, "again", &o, &msg), -2013);
    assert_int_equal(exchange_query_open(rig.x, "ETHUSDT", first, NULL, &o, &msg), 0);
}

static void test_history_of_executions(void **state)
{
    (void)state;
    static struct xch_fill f[100];
    for (int i = 0; i < 20; i++) {
        char id[16];
        snprintf(id, sizeof id, "f%d", i);
        rig_diff(SIDE_SELL, 268010, 1000 + i);
        assert_int_equal(rig_place(id, "IOC", SIDE_BUY, 268010, 10, NULL), 0);
        rig_time(5 * NS_PER_MS);
    }
    assert_int_equal(exchange_user_trades(rig.x, "ETHUSDT", 0, NULL, f, 5), 5);
    assert_int_equal(f[4].trade_id, rig.fill[19].trade_id);
    struct xch_range r = {.from_id = rig.fill[3].trade_id};
    assert_int_equal(exchange_user_trades(rig.x, "ETHUSDT", 0, &r, f, 5), 5);
    assert_int_equal(f[0].trade_id, rig.fill[3].trade_id);
    r = (struct xch_range){.start_ms = rig.fill[10].time_ns / NS_PER_MS};
    assert_int_equal(exchange_user_trades(rig.x, NULL, 0, &r, f, 100), 10);
    assert_int_equal(exchange_user_trades(rig.x, NULL, rig.fill[7].order.order_id, NULL, f, 100), 1);
    assert_int_equal(f[0].trade_id, rig.fill[7].trade_id);
    assert_int_equal(exchange_fills(rig.x, "ETHUSDT", 0, f, 3), 3);
    assert_int_equal(f[0].trade_id, rig.fill[0].trade_id); // the oldest
}

// ------------------------------------------------------------------------------------------------ absurdity

static int64_t absurd(struct rng *r)
{
    static const int64_t EDGES[] = {0,
                                    1,
                                    -1,
                                    INT64_MAX,
                                    INT64_MIN,
                                    INT64_MAX - 1,
                                    INT32_MAX,
                                    E8,
                                    5 * E8,
                                    100000 * E8,
                                    -E8,
                                    1000000,
                                    100000,
                                    268010 * INT64_C(1000000),
                                    400000 * INT64_C(1000000)};
    int64_t v = EDGES[rng_below(r, COUNT_OF(EDGES))];
    return rng_below(r, 3) ? v : v / 1000000 * (int64_t)rng_below(r, 1000000);
}

static void absurd_request(struct rng *r, struct xch_order_request *q)
{
    static const char *const TYPES[] = {
        "LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET",
        "",      "LIMIT"};
    static const char *const TIFS[] = {"GTC", "IOC", "FOK", "GTX", "", "GTC"};
    *q = (struct xch_order_request){.symbol = "ETHUSDT",
                                    .price_e8 = absurd(r),
                                    .qty_e8 = absurd(r),
                                    .quote_qty_e8 = absurd(r),
                                    .stop_price_e8 = absurd(r),
                                    .activation_e8 = absurd(r),
                                    .callback_pct_e8 = absurd(r)};
    snprintf(q->type, sizeof q->type, "%s", TYPES[rng_below(r, COUNT_OF(TYPES))]);
    snprintf(q->tif, sizeof q->tif, "%s", TIFS[rng_below(r, COUNT_OF(TIFS))]);
    q->side = rng_below(r, 20) ? (rng_below(r, 2) ? SIDE_BUY : SIDE_SELL) : 0;
    bool limit =
        strcmp(q->type, "LIMIT") == 0 || strcmp(q->type, "STOP") == 0 || strcmp(q->type, "TAKE_PROFIT") == 0;
    q->has_price = rng_below(r, 10) ? limit : !limit;
    q->has_qty = rng_below(r, 10) != 0;
    q->has_quote_qty = rng_below(r, 10) == 0;
    q->has_stop = strstr(q->type, "STOP") || strstr(q->type, "PROFIT");
    q->has_callback = strstr(q->type, "TRAILING") != NULL;
    q->has_stop &= !q->has_callback;
    q->has_activation = q->has_callback && rng_below(r, 2);
    q->reduce_only = rng_below(r, 8) == 0;
    q->close_position = rng_below(r, 8) == 0;
    q->mark_triggers = rng_below(r, 2) != 0;
    q->price_protect = rng_below(r, 2) != 0;
    q->stp = (uint8_t)rng_below(r, 4);
}

static int64_t logged_e8;

static void on_income(void *ctx, const struct xch_income *i)
{
    (void)ctx;
    logged_e8 += i->amount_e8;
}

// Requests with any number in any field against a symbol without a single bound: refused or served, never a
// crash, and the money stays what the log says.
static void test_absurd_requests(void **state)
{
    (void)state;
    for (int spot = 0; spot < 2; spot++) {
        struct instrument ins = {.kind = spot ? INSTRUMENT_SPOT : INSTRUMENT_LINEAR,
                                 .settle = CURRENCY_USDT,
                                 .price_decimals = 2,
                                 .qty_decimals = 3,
                                 .symbol = "ETHUSDT",
                                 .tick_e8 = 1000000,
                                 .lot_e8 = 100000,
                                 .contract_e8 = E8,
                                 .taker_fee_e8 = 40000};
        struct xch_config c;
        struct rng r;
        struct xch_order o;
        const char *msg;
        uint64_t id, served = 0;
        xch_config_default(&c);
        c.wallet_e8 = c.balance_e8[CURRENCY_USDT] = 100000 * E8;
        c.balance_e8[CURRENCY_ETH] = 100 * E8;
        rig_start(&c, &ins, 1);
        rig.sink.income = on_income;
        logged_e8 = 0;
        rig_snapshot(BIDS, ASKS, 3);
        rng_seed(&r, 99);
        for (int i = 0; i < 200000; i++) {
            struct xch_order_request q;
            absurd_request(&r, &q);
            served += send(&q) == 0;
            exchange_amend(rig.x, "ETHUSDT", 0, "auto-3", absurd(&r), absurd(&r), rig.now_ns, &o, &msg,
                           &rig.sink);
            exchange_transfer(rig.x, (enum currency)rng_below(&r, 6), absurd(&r), rig.now_ns, &id, &msg,
                              &rig.sink);
            exchange_position_margin(rig.x, "ETHUSDT", absurd(&r), rig.now_ns, &msg, &rig.sink);
            exchange_countdown(rig.x, "ETHUSDT", absurd(&r), rig.now_ns, &msg);
            if (rng_below(&r, 50) == 0) {
                exchange_set_leverage(rig.x, "ETHUSDT", (int32_t)absurd(&r), rig.now_ns, &msg, &rig.sink);
                exchange_set_isolated(rig.x, "ETHUSDT", rng_below(&r, 2), &msg);
                rig_diff(SIDE_SELL, 268010, 1000 + i % 7);
                rig_diff(SIDE_BUY, 268000, 1000 + i % 7);
                rig_trade(SIDE_BUY, 268000 + (int64_t)rng_below(&r, 20), 3);
            }
            if (rng_below(&r, 300) == 0) {
                exchange_cancel_all(rig.x, "ETHUSDT", rig.now_ns, &msg, &rig.sink);
                rig_time(NS_PER_S);
            }
            assert_true(spot || exchange_wallet_e8(rig.x) == c.wallet_e8 + logged_e8);
        }
        assert_true(served > 500 && rig.fills > 50);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_amend_goes_to_the_end_of_the_queue),
        T(test_refused_amendment_changes_nothing),
        T(test_amend_in_the_other_dialect),
        T(test_amend_may_take_and_does_not_pay_twice),
        T(test_hidden_orders_come_last_at_their_price),
        T(test_self_trade_prevention_modes),
        T(test_full_or_nothing_counts_only_what_is_not_ours),
        T(test_stop_waits_triggers_once_and_keeps_its_type),
        T(test_direction_of_every_kind),
        T(test_mark_triggers_only_when_asked),
        T(test_price_protect_holds_back_while_mark_and_last_differ),
        T(test_limit_conditionals_go_on_as_limits),
        T(test_close_position_closes_what_is_there_then),
        T(test_reduce_only_and_unpaid_conditionals_expire_at_their_trigger),
        T(test_trailing_follows_and_comes_back),
        T(test_countdown_and_cancel_all_with_stops),
        T(test_codes_of_the_filters),
        T(test_numbers_of_orders),
        T(test_history_of_orders),
        T(test_history_of_executions),
        T(test_absurd_requests),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
