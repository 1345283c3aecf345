// SPDX-License-Identifier: Apache-2.0
// Tries to break the spot exchange: balances spent twice, assets that appear or vanish, a fee from nowhere, a
// market order that spends more than was asked, a depth chain with a hole; then the recorded spot market with
// thousands of random orders, kept by a reader of the user stream alone, and books followed by 5.4's spot
// rules.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "unit/exchange_play.h"
#include "unit/exchange_rig.h"

static const struct level BIDS[] = {{268000, 1000}, {267990, 2000}};
static const struct level ASKS[] = {{268010, 1000}, {268020, 3000}};

static void start(int64_t usdt, int64_t eth)
{
    struct xch_config c;
    struct instrument ins = rig_instrument();
    xch_config_default(&c);
    memset(c.balance_e8, 0, sizeof c.balance_e8);
    c.balance_e8[CURRENCY_USDT] = usdt * E8;
    c.balance_e8[CURRENCY_ETH] = eth * E8;
    ins.kind = INSTRUMENT_SPOT;
    rig_start(&c, &ins, 1);
    rig_snapshot(BIDS, ASKS, 2);
    rig_time(0);
}

static int setup(void **state)
{
    (void)state;
    start(10000, 5);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    exchange_free(rig.x);
    rig.x = NULL;
    return 0;
}

static struct xch_balance balance(enum currency asset)
{
    struct xch_balance b[CURRENCY_COUNT];
    size_t n = exchange_balances(rig.x, b);
    for (size_t i = 0; i < n; i++) {
        if (b[i].asset == asset) {
            return b[i];
        }
    }
    fail_msg("no such asset");
    return b[0];
}

static void expect_balances(int64_t usdt_free, int64_t usdt_locked, int64_t eth_free, int64_t eth_locked)
{
    assert_int_equal(balance(CURRENCY_USDT).free_e8, usdt_free);
    assert_int_equal(balance(CURRENCY_USDT).locked_e8, usdt_locked);
    assert_int_equal(balance(CURRENCY_ETH).free_e8, eth_free);
    assert_int_equal(balance(CURRENCY_ETH).locked_e8, eth_locked);
}

static void test_orders_lock_and_release(void **state)
{
    (void)state;
    const char *msg;
    struct xch_order o;
    assert_int_equal(rig_place("b", "GTC", SIDE_BUY, 260000, 1000, NULL), 0); // 2,600 and 0.04 % of it
    expect_balances(INT64_C(739896000000), INT64_C(260104000000), 5 * E8, 0);
    assert_non_null(strstr(rig.account, "{\"e\":\"outboundAccountPosition\""));
    assert_non_null(strstr(rig.account, "{\"a\":\"USDT\",\"f\":\"7398.96000000\",\"l\":\"2601.04000000\"}"));
    assert_int_equal(rig_place("s", "GTC", SIDE_SELL, 270000, 4000, NULL), 0);
    assert_int_equal(rig_place("s2", "GTC", SIDE_SELL, 270000, 1001, NULL), -2018); // 1 is left
    assert_int_equal(rig_place("b2", "GTC", SIDE_BUY, 260000, 2900, NULL), -2018);
    assert_int_equal(
        exchange_amend(rig.x, "ETHUSDT", 0, "s", 2690 * E8, 5 * E8, rig.now_ns, &o, &msg, &rig.sink), 0);
    expect_balances(INT64_C(739896000000), INT64_C(260104000000), 0, 5 * E8);
    assert_int_equal(exchange_cancel_all(rig.x, "ETHUSDT", rig.now_ns, &msg, &rig.sink), 0);
    expect_balances(10000 * E8, 0, 5 * E8, 0);
}

static void test_fills_move_both_assets_and_the_fee_is_quote(void **state)
{
    (void)state;
    assert_int_equal(rig_place("t", "IOC", SIDE_BUY, 268010, 1000, NULL), 0);
    int64_t fee = 268010 * INT64_C(400); // 2680.10 x 0.04 %
    expect_balances(10000 * E8 - INT64_C(268010000000) - fee, 0, 6 * E8, 0);
    assert_int_equal(rig.fill[0].fee_asset, CURRENCY_USDT);
    assert_int_equal(rig.fill[0].fee_e8, fee);
    assert_int_equal(rig.fill[0].realised_e8, 0);
    assert_non_null(strstr(rig.order, "{\"e\":\"executionReport\""));
    assert_non_null(strstr(rig.order, "\"Z\":\"2680.10000000\",\"Y\":\"2680.10000000\""));
    assert_null(strstr(rig.order, "\"ps\""));
    assert_int_equal(rig_place("m", "GTX", SIDE_SELL, 268015, 500, NULL), 0);
    rig_trade(SIDE_BUY, 268016, 1);
    int64_t maker = 268015 * INT64_C(25); // 1340.075 x 0.005 %
    expect_balances(10000 * E8 - INT64_C(268010000000) - fee + INT64_C(134007500000) - maker, 0,
                    INT64_C(550000000), 0);
}

static void test_market_buy_spends_at_most_what_it_may(void **state)
{
    (void)state;
    struct xch_order_request r = {.symbol = "ETHUSDT",
                                  .client_id = "q",
                                  .type = "MARKET",
                                  .side = SIDE_BUY,
                                  .has_quote_qty = 1,
                                  .quote_qty_e8 = 4000 * E8};
    struct xch_order o;
    const char *msg;
    assert_int_equal(exchange_place(rig.x, &r, rig.now_ns, &o, &msg, &rig.sink), 0);
    assert_int_equal(o.cum_lots, 1492); // 1000 at 2680.10, 492 at 2680.20: 3998.76, one lot more 4001.44
    assert_int_equal(o.status, OS_FILLED);
    assert_true(o.cum_quote_e8 <= r.quote_qty_e8);
    assert_non_null(strstr(rig.order, "\"Q\":\"4000.00000000\""));
    r.quote_qty_e8 = 4 * E8;
    assert_int_equal(exchange_place(rig.x, &r, rig.now_ns, &o, &msg, &rig.sink), -5076);
    r.quote_qty_e8 = 6001 * E8; // free is 10,000 - 3998.76 - 1.6 = 5999.6
    assert_int_equal(exchange_place(rig.x, &r, rig.now_ns, &o, &msg, &rig.sink), -2018);
    r.side = SIDE_SELL;
    assert_int_equal(exchange_place(rig.x, &r, rig.now_ns, &o, &msg, &rig.sink), -1128);
}

static void test_what_a_spot_market_does_not_have(void **state)
{
    (void)state;
    const char *msg;
    struct xch_position p;
    assert_true(exchange_is_spot(rig.x));
    assert_int_equal(rig_place("r", "GTC!", SIDE_SELL, 270000, 100, NULL), -1106);
    assert_int_equal(exchange_set_leverage(rig.x, "ETHUSDT", 3, rig.now_ns, &msg, &rig.sink), -1020);
    assert_int_equal(exchange_set_isolated(rig.x, "ETHUSDT", true, &msg), -1020);
    assert_int_equal(exchange_positions(rig.x, &p, 1), 0);
    rig_time(3600 * NS_PER_S);
    assert_string_equal(rig.mark, "");
    assert_int_equal(rig_place("hi", "GTC", SIDE_SELL, 290000, 100, NULL), -4016); // both bounds, both sides
    assert_int_equal(rig_place("lo", "GTC", SIDE_BUY, 240000, 100, NULL), -4024);
    struct xch_config c;
    xch_config_default(&c);
    c.instrument_count = 1;
    c.instruments[0] = rig_instrument();
    c.instruments[0].kind = INSTRUMENT_SPOT;
    snprintf(c.instruments[0].symbol, sizeof c.instruments[0].symbol, "DOGEUSDT");
    assert_null(exchange_new(&c)); // an asset without a name here
}

static void test_stop_locks_nothing_before_its_trigger(void **state)
{
    (void)state;
    struct xch_order_request r = {.symbol = "ETHUSDT",
                                  .client_id = "st",
                                  .type = "STOP_MARKET",
                                  .side = SIDE_SELL,
                                  .has_qty = 1,
                                  .has_stop = 1,
                                  .qty_e8 = 5 * E8,
                                  .stop_price_e8 = 2600 * E8};
    struct xch_order o;
    const char *msg;
    rig_trade(SIDE_SELL, 268000, 1);
    assert_int_equal(exchange_place(rig.x, &r, rig.now_ns, &o, &msg, &rig.sink), 0);
    expect_balances(10000 * E8, 0, 5 * E8, 0);
    assert_int_equal(rig_place("s", "GTC", SIDE_SELL, 270000, 1000, NULL), 0);
    rig_trade(SIDE_SELL, 260000, 1);
    assert_int_equal(rig_order("st").status, OS_EXPIRED); // only 4 were free
    expect_balances(10000 * E8, 0, 4 * E8, 1 * E8);
}

static void test_transfer_of_any_asset(void **state)
{
    (void)state;
    const char *msg;
    uint64_t id;
    assert_int_equal(exchange_transfer(rig.x, CURRENCY_BTC, E8, rig.now_ns, &id, &msg, &rig.sink), -1108);
    assert_int_equal(rig_place("s", "GTC", SIDE_SELL, 270000, 3000, NULL), 0);
    assert_int_equal(exchange_transfer(rig.x, CURRENCY_ETH, -2 * E8 - 1, rig.now_ns, &id, &msg, &rig.sink),
                     -2018);
    assert_int_equal(exchange_transfer(rig.x, CURRENCY_ETH, -2 * E8, rig.now_ns, &id, &msg, &rig.sink), 0);
    expect_balances(10000 * E8, 0, 0, 3 * E8);
}

static void test_seam_keeps_what_is_owned(void **state)
{
    (void)state;
    assert_int_equal(rig_place("s", "GTC", SIDE_SELL, 270000, 3000, NULL), 0);
    exchange_on_seam(rig.x, 1, rig.now_ns, &rig.sink);
    assert_int_equal(rig_order("s").status, OS_EXPIRED);
    expect_balances(10000 * E8, 0, 5 * E8, 0);
}

// -------------------------------------------------------------------------------------- the recorded market

static struct {
    struct play p;
    int64_t free_e8[CURRENCY_COUNT], locked_e8[CURRENCY_COUNT]; // of the last outboundAccountPosition
    int64_t total_e8[CURRENCY_COUNT];                           // from executions alone
    uint64_t last_u[INSTRUMENT_MAX], batches, holes, touches, fills, number;
} k;

static int64_t e8(const json_t *o, const char *key)
{
    int64_t v = 0;
    const char *text = json_string_value(json_object_get(o, key));
    assert_true(text && decimal_parse_e8(text, strlen(text), &v));
    return v;
}

static enum currency asset_of(const char *name)
{
    enum currency c = currency_parse(name, strlen(name));
    assert_true(c != CURRENCY_NONE);
    return c;
}

static void on_execution(const json_t *m)
{
    if (strcmp(json_string_value(json_object_get(m, "x")), "TRADE") != 0) {
        return;
    }
    const char *symbol = json_string_value(json_object_get(m, "s"));
    const struct instrument *ins = exchange_instrument(k.p.x, symbol);
    int64_t sign = strcmp(json_string_value(json_object_get(m, "S")), "BUY") == 0 ? 1 : -1;
    assert_int_equal(e8(m, "Y"), instrument_notional_e8(ins, e8(m, "L"), e8(m, "l") / ins->lot_e8));
    k.total_e8[xch_base_currency(ins)] += sign * e8(m, "l");
    k.total_e8[CURRENCY_USDT] -= sign * e8(m, "Y");
    k.total_e8[asset_of(json_string_value(json_object_get(m, "N")))] -= e8(m, "n");
    k.fills++;
}

static void on_depth(const json_t *m)
{
    const struct instrument *ins = exchange_instrument(k.p.x, json_string_value(json_object_get(m, "s")));
    uint64_t first = (uint64_t)json_integer_value(json_object_get(m, "U"));
    uint64_t last = (uint64_t)json_integer_value(json_object_get(m, "u"));
    assert_true(first <= last);
    assert_null(json_object_get(m, "pu"));
    k.holes += k.last_u[ins->id] && first != k.last_u[ins->id] + 1;
    k.last_u[ins->id] = last;
    k.batches++;
}

static void on_publish(void *ctx, enum xch_out_type type, const char *stream, const char *text, size_t n)
{
    (void)ctx;
    json_t *m = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL), *row;
    size_t i;
    assert_non_null(m);
    if (type == XO_ORDER) {
        on_execution(m);
    } else if (type == XO_ACCOUNT) {
        json_array_foreach(json_object_get(m, "B"), i, row)
        {
            enum currency c = asset_of(json_string_value(json_object_get(row, "a")));
            k.free_e8[c] = e8(row, "f");
            k.locked_e8[c] = e8(row, "l");
            assert_true(k.free_e8[c] >= 0 && k.locked_e8[c] >= 0);
        }
    } else if (strstr(stream, "@depth")) {
        on_depth(m);
    } else if (strstr(stream, "@bookTicker")) {
        assert_true(!json_object_get(m, "e") && !json_object_get(m, "E") && !json_object_get(m, "T"));
        k.touches++;
    } else {
        assert_null(strstr(stream, "@mark"));
    }
    json_decref(m);
}

static void step(struct play *p)
{
    static const char *const TIFS[] = {"GTC", "IOC", "FOK", "GTX"};
    struct rng *r = &p->rng;
    struct xch_balance b[CURRENCY_COUNT];
    struct xch_order_request q = {
        .has_qty = 1, .has_price = 1, .type = "LIMIT", .stp = (uint8_t)rng_below(r, 4)};
    struct ev_touch t;
    struct xch_order o;
    const char *msg = "";
    uint16_t i = (uint16_t)rng_below(r, p->instruments);
    if (rng_below(r, 30) != 0 || !exchange_touch(p->x, i, &t)) {
        return;
    }
    snprintf(q.symbol, sizeof q.symbol, "%s", p->ins[i].symbol);
    snprintf(q.client_id, sizeof q.client_id, "k-%llu", (unsigned long long)k.number++);
    snprintf(q.tif, sizeof q.tif, "%s", TIFS[rng_below(r, 4)]);
    q.side = rng_below(r, 2) ? SIDE_BUY : SIDE_SELL;
    q.price_e8 = instrument_price_e8(&p->ins[i], (rng_below(r, 2) ? t.bid_ticks : t.ask_ticks) +
                                                     (int64_t)rng_below(r, 200) - 100);
    q.qty_e8 = muldiv_floor((int64_t)(5 + rng_below(r, 3000)) * E8, E8, q.price_e8) / p->ins[i].lot_e8 *
               p->ins[i].lot_e8;
    if (rng_below(r, 6) == 0) {
        snprintf(q.type, sizeof q.type, "MARKET");
        q.tif[0] = 0;
        q.has_price = 0;
        q.has_quote_qty = q.side == SIDE_BUY;
        q.has_qty = !q.has_quote_qty;
        q.quote_qty_e8 = 3 * E8 + (int64_t)rng_below(r, 1000) * E8;
    }
    int32_t code = exchange_place(p->x, &q, p->now_ns, &o, &msg, &p->sink);
    assert_true(code == 0 || code == -2018 || code == -5076 || code == -2025 || code == -4004);
    if (rng_below(r, 8) == 0) {
        assert_int_equal(exchange_cancel_all(p->x, q.symbol, p->now_ns, &msg, &p->sink), 0);
    }
    size_t n = exchange_balances(p->x, b);
    for (size_t a = 0; a < n; a++) {
        assert_int_equal(b[a].free_e8 + b[a].locked_e8, k.total_e8[b[a].asset]);
        assert_true(b[a].free_e8 >= 0);
        if (k.fills) {
            assert_int_equal(b[a].free_e8, k.free_e8[b[a].asset]);
            assert_int_equal(b[a].locked_e8, k.locked_e8[b[a].asset]);
        }
    }
}

static void test_recorded_spot_market_kept_from_the_stream(void **state)
{
    (void)state;
    memset(&k, 0, sizeof k);
    xch_config_default(&k.p.cfg);
    k.p.cfg.balance_e8[CURRENCY_USDT] = 20000 * E8;
    k.p.cfg.balance_e8[CURRENCY_BTC] = E8 / 10;
    k.p.cfg.balance_e8[CURRENCY_ETH] = 3 * E8;
    memcpy(k.total_e8, k.p.cfg.balance_e8, sizeof k.total_e8);
    k.p.sink = (struct xch_sink){.publish = on_publish};
    play_open(&k.p, 5, VENUE_SPOT);
    play_until(&k.p, 700, step);
    print_message("%llu fills, %llu batches, %llu holes, %llu touches\n", (unsigned long long)k.fills,
                  (unsigned long long)k.batches, (unsigned long long)k.holes, (unsigned long long)k.touches);
    assert_true(k.fills > 1000 && k.batches > 1000 && k.touches > 1000);
    assert_int_equal(market_player_lap(k.p.player), 2);
    assert_int_equal(k.holes, 2 * k.p.instruments); // the seams, and nothing else
    play_close(&k.p);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_orders_lock_and_release),
        T(test_fills_move_both_assets_and_the_fee_is_quote),
        T(test_market_buy_spends_at_most_what_it_may),
        T(test_what_a_spot_market_does_not_have),
        T(test_stop_locks_nothing_before_its_trigger),
        T(test_transfer_of_any_asset),
        T(test_seam_keeps_what_is_owned),
        cmocka_unit_test(test_recorded_spot_market_kept_from_the_stream),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
