// SPDX-License-Identifier: Apache-2.0
// Tries to break what nobody asked the exchange for: a position taken away must leave money and books in
// agreement, a halted symbol must refuse orders, a market that tells its own mark, index
// and funding must be believed while it does, and no longer.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "exchange_rig.h"

static const struct level BID[] = {{300000, 5000}, {299990, 5000}}, ASK[] = {{300010, 5000}, {300020, 5000}};

static void start(void)
{
    struct xch_config c;
    struct instrument ins = rig_instrument();
    xch_config_default(&c);
    c.wallet_e8 = 1000 * E8;
    rig_start(&c, &ins, 1);
    rig_snapshot(BID, ASK, 2);
}

static int32_t order(enum side side, const char *type, int64_t qty_e8, bool reduce_only)
{
    struct xch_order_request r = {
        .side = (int8_t)side, .has_qty = 1, .qty_e8 = qty_e8, .reduce_only = reduce_only};
    struct xch_order o;
    const char *msg;
    strcpy(r.symbol, "ETHUSDT");
    strcpy(r.type, type);
    return exchange_place(rig.x, &r, rig.now_ns, &o, &msg, &rig.sink);
}

static void tell_mark(int64_t mark_e8, int64_t rate_e8, int64_t next_ns)
{
    static struct event ev;
    event_init(&ev, EV_MARK, 0, 0);
    ev.u.mark = (struct ev_mark){mark_e8, mark_e8 - E8, rate_e8, next_ns};
    exchange_on_market(rig.x, &ev, rig.now_ns, &rig.sink);
}

static void test_force_close(void **state)
{
    (void)state;
    start();
    assert_false(exchange_force_close(rig.x, "ETHUSDT", rig.now_ns, &rig.sink)); // flat
    assert_false(exchange_force_close(rig.x, "NOSUCH", rig.now_ns, &rig.sink));
    assert_int_equal(order(SIDE_BUY, "MARKET", E8 / 10, false), 0);
    int64_t wallet = exchange_wallet_e8(rig.x);
    assert_true(exchange_force_close(rig.x, "ETHUSDT", rig.now_ns, &rig.sink));
    const struct xch_fill *f = &rig.fill[rig.fills - 1];
    assert_int_equal(f->kind, FILL_ADL);
    assert_string_equal(f->order.client_id, "adl_autoclose");
    assert_int_equal(f->qty_lots, 100);
    assert_int_equal(exchange_wallet_e8(rig.x), wallet + f->realised_e8 - f->fee_e8);
    struct xch_position p;
    exchange_positions(rig.x, &p, 1);
    assert_int_equal(p.lots, 0);
    assert_non_null(strstr(rig.order, "adl_autoclose"));
}

static void test_halt(void **state)
{
    (void)state;
    start();
    assert_int_equal(order(SIDE_BUY, "MARKET", E8 / 10, false), 0);
    assert_true(exchange_halt(rig.x, "ETHUSDT", true));
    assert_int_equal(order(SIDE_BUY, "MARKET", E8 / 10, false), -4022);
    assert_true(exchange_halt(rig.x, "ETHUSDT", false));
    assert_int_equal(order(SIDE_BUY, "MARKET", E8 / 10, false), 0);
    assert_true(exchange_set_min_notional(rig.x, "ETHUSDT", 500 * E8));
    assert_int_equal(order(SIDE_BUY, "MARKET", E8 / 10, false), -4164);
    assert_false(exchange_set_min_notional(rig.x, "ETHUSDT", -1));
    assert_false(exchange_halt(rig.x, "NOSUCH", true));
}

static void test_told_mark(void **state)
{
    (void)state;
    struct ev_mark m;
    start();
    rig.now_ns += NS_PER_S;
    exchange_on_time(rig.x, rig.now_ns, &rig.sink);
    exchange_mark(rig.x, 0, &m);
    int64_t derived = m.mark_e8;
    assert_true(derived > 2999 * E8 && derived < 3001 * E8);
    assert_int_equal(order(SIDE_BUY, "MARKET", E8 / 10, false), 0);
    int64_t next = rig.now_ns + 20 * NS_PER_S, wallet = exchange_wallet_e8(rig.x);
    while (rig.now_ns <= next) { // told each second, settled at the told time at the told rate
        tell_mark(2990 * E8, 10000, rig.now_ns < next ? next : next + 3600 * NS_PER_S);
        exchange_mark(rig.x, 0, &m);
        assert_int_equal(m.mark_e8, 2990 * E8);
        assert_int_equal(m.index_e8, 2989 * E8);
        rig.now_ns += NS_PER_S;
        exchange_on_time(rig.x, rig.now_ns, &rig.sink);
    }
    assert_int_equal(exchange_wallet_e8(rig.x), wallet - 299 * E8 / 10000); // 0.1 x 2990 x 0.01 %
    tell_mark(-5, 0, 0);                                                    // nonsense changes nothing
    exchange_mark(rig.x, 0, &m);
    assert_int_equal(m.mark_e8, 2990 * E8);
    for (int i = 0; i < 15; i++) { // silent: derived again
        rig.now_ns += NS_PER_S;
        exchange_on_time(rig.x, rig.now_ns, &rig.sink);
    }
    exchange_mark(rig.x, 0, &m);
    assert_int_not_equal(m.mark_e8, 2990 * E8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_force_close),
        cmocka_unit_test(test_halt),
        cmocka_unit_test(test_told_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
