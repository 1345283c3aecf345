// SPDX-License-Identifier: Apache-2.0
// Tries to break the money of the simulated exchange: positions that outlive their margin or lose more than
// they may, margin by the wrong bracket, funding off its schedule or paid twice, an income log that forgets,
// settings that let risk grow unseen.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "unit/exchange_rig.h"

static struct {
    char force[1024], call[2048], config[512];
    size_t forces, calls, configs, incomes;
    int64_t sum_e8;
} heard;

static void listen(void *ctx, enum xch_out_type type, const char *stream, const char *text, size_t n)
{
    rig_publish(ctx, type, stream, text, n);
    if (type == XO_MARGIN_CALL) {
        rig_keep(heard.call, sizeof heard.call, text, n);
        heard.calls++;
    } else if (type == XO_CONFIG) {
        rig_keep(heard.config, sizeof heard.config, text, n);
        heard.configs++;
    } else if (strstr(stream, "@forceOrder")) {
        rig_keep(heard.force, sizeof heard.force, text, n);
        heard.forces++;
    }
}

static void on_income(void *ctx, const struct xch_income *i)
{
    (void)ctx;
    heard.incomes++;
    heard.sum_e8 += i->amount_e8;
}

static struct xch_position position(uint16_t instrument)
{
    struct xch_position p[INSTRUMENT_MAX];
    exchange_positions(rig.x, p, INSTRUMENT_MAX);
    return p[instrument];
}

// A market of its own for each instrument: a deep book around a price.
static void quote(uint16_t instrument, int64_t mid_ticks)
{
    static struct event e;
    event_init(&e, EV_BOOK_SNAPSHOT, instrument, 2);
    rig.update_id += 10;
    e.u.book.last_id = rig.update_id;
    e.u.book.bids = e.u.book.asks = 1;
    e.u.book.levels[0] = (struct level){mid_ticks - 5, 1000000};
    e.u.book.levels[1] = (struct level){mid_ticks + 5, 1000000};
    exchange_on_market(rig.x, &e, rig.now_ns, &rig.sink);
}

static int32_t take(uint16_t instrument, enum side side, int64_t lots)
{
    struct xch_order_request r = {
        .type = "MARKET", .side = (int8_t)side, .has_qty = 1, .qty_e8 = lots * 100000};
    struct xch_order o;
    const char *msg;
    snprintf(r.symbol, sizeof r.symbol, "%s", instrument ? "BTCUSDT" : "ETHUSDT");
    return exchange_place(rig.x, &r, rig.now_ns, &o, &msg, &rig.sink);
}

static int32_t leverage(int32_t l)
{
    const char *msg;
    return exchange_set_leverage(rig.x, "ETHUSDT", l, rig.now_ns, &msg, &rig.sink);
}

static void start(int64_t wallet_usdt, int64_t funding_period_ns)
{
    struct xch_config c;
    struct instrument ins[2] = {rig_instrument(), rig_instrument()};
    memset(&heard, 0, sizeof heard);
    snprintf(ins[1].symbol, sizeof ins[1].symbol, "BTCUSDT");
    ins[0].market_max_qty_lots = ins[1].market_max_qty_lots = 0;
    xch_config_default(&c);
    c.wallet_e8 = wallet_usdt * E8;
    c.funding_period_ns = funding_period_ns;
    rig_start(&c, ins, 2);
    rig.sink.publish = listen;
    rig.sink.income = on_income;
    quote(0, 268000);
    quote(1, 6000000);
    rig_time(0);
}

static int setup(void **state)
{
    (void)state;
    start(1000, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(exchange_wallet_e8(rig.x) - heard.sum_e8, 1000 * E8); // the log is the wallet
    exchange_free(rig.x);
    rig.x = NULL;
    return 0;
}

// ------------------------------------------------------------------------------------------------- brackets

static void test_maintenance_and_notional_by_bracket(void **state)
{
    (void)state;
    size_t n;
    const struct xch_bracket *b = exchange_brackets(rig.x, 0, &n);
    assert_true(n >= 2 && b[0].floor_e8 == 0);
    for (size_t i = 0; i + 1 < n; i++) { // continuous: a position that grows over an edge does not jump
        assert_int_equal(b[i].cap_e8, b[i + 1].floor_e8);
        assert_int_equal(xch_maintenance_e8(b, n, b[i].cap_e8 - 1), xch_maintenance_e8(b, n, b[i].cap_e8));
        assert_true(b[i].leverage > b[i + 1].leverage && b[i].mmr_e8 < b[i + 1].mmr_e8);
        assert_true(b[i].mmr_e8 * b[i].leverage < E8); // never liquidated by opening
    }
    assert_int_equal(xch_maintenance_e8(b, n, 50000 * E8), 250 * E8); // 0.5 % of 50,000
    assert_int_equal(xch_maintenance_e8(b, n, -100000 * E8), 750 * E8);
    assert_int_equal(exchange_max_notional_e8(rig.x, 0, 125), 50000 * E8);
    assert_int_equal(exchange_max_notional_e8(rig.x, 0, 51), 50000 * E8);
    assert_int_equal(exchange_max_notional_e8(rig.x, 0, 50), 250000 * E8);
    assert_int_equal(exchange_max_notional_e8(rig.x, 0, 1), b[n - 1].cap_e8);
    assert_int_equal(leverage(125), 0);
    assert_int_equal(take(0, SIDE_BUY, 19000), -2027); // 50,900 at 125x
    assert_int_equal(take(0, SIDE_BUY, 18000), 0);
    assert_int_equal(position(0).max_notional_e8, 50000 * E8);
    assert_in_range(position(0).maintenance_e8, 241 * E8, 242 * E8);
    assert_int_equal(leverage(126), -4028);
    assert_int_equal(leverage(0), -4028);
    assert_int_equal(leverage(40), -2019);
}

// ---------------------------------------------------------------------------------------------- liquidation

static void test_margin_call_once_then_liquidation_at_bankruptcy(void **state)
{
    (void)state;
    assert_int_equal(leverage(100), 0);
    assert_int_equal(take(0, SIDE_BUY, 18000), 0); // 48,240: initial 482, maintenance 241
    assert_int_equal(rig_place("rest", "GTX", SIDE_SELL, 270000, 10, NULL), 0);
    int64_t wallet = exchange_wallet_e8(rig.x), liq = position(0).liquidation_e8;
    quote(0, 264500);
    rig_time(NS_PER_S); // 630 lost, 350 left
    assert_int_equal(heard.calls, 0);
    quote(0, 264200);
    rig_time(NS_PER_S); // 684 lost, 297 left: 80 %
    assert_int_equal(heard.calls, 1);
    assert_non_null(strstr(heard.call, "{\"e\":\"MARGIN_CALL\""));
    assert_non_null(
        strstr(heard.call, "\"s\":\"ETHUSDT\",\"ps\":\"BOTH\",\"pa\":\"18.000\",\"mt\":\"CROSSED\""));
    rig_time(NS_PER_S);
    assert_int_equal(heard.calls, 1);
    quote(0, liq / 1000000 + 2);
    rig_time(NS_PER_S);
    assert_int_equal(rig_position(), 18000); // two ticks short of it
    quote(0, liq / 1000000 - 1);
    rig_time(NS_PER_S);
    assert_int_equal(rig_position(), 0);
    assert_int_equal(rig_order("rest").status, OS_EXPIRED);
    const struct xch_fill *f = &rig.fill[rig.fills - 1];
    assert_int_equal(f->kind, FILL_LIQUIDATION);
    assert_true(strncmp(f->order.client_id, "autoclose-", 10) == 0);
    assert_in_range(f->realised_e8 + wallet + 100, 0, 200); // all of it, to the rounding of a price
    assert_int_equal(f->fee_e8, muldiv_round(f->order.cum_quote_e8, E8 / 40, E8));
    assert_int_equal(exchange_wallet_e8(rig.x), 0); // the fund paid the fee
    assert_non_null(strstr(rig.order, "\"x\":\"CALCULATED\",\"X\":\"FILLED\""));
    assert_non_null(strstr(rig.account, "\"m\":\"INSURANCE_CLEAR\""));
    assert_int_equal(heard.forces, 1);
    assert_non_null(strstr(heard.force, "{\"e\":\"forceOrder\""));
    assert_non_null(strstr(heard.force, "\"o\":{\"s\":\"ETHUSDT\",\"S\":\"SELL\""));
    struct xch_order o;
    assert_int_equal(exchange_force_orders(rig.x, "ETHUSDT", NULL, &o, 1), 1);
    assert_int_equal(o.order_id, f->order.order_id);
}

static void test_cross_positions_stand_for_each_other(void **state)
{
    (void)state;
    assert_int_equal(leverage(100), 0);
    assert_int_equal(take(0, SIDE_BUY, 18000), 0);
    assert_int_equal(take(1, SIDE_SELL, 40), 0); // 0.04 BTC: 2,400
    quote(0, 262800);                            // -936 on ETH
    quote(1, 4500000);                           // +600 on BTC
    rig_time(NS_PER_S);
    assert_int_equal(rig_position(), 18000); // held by the other
    quote(1, 5995000);
    rig_time(NS_PER_S);
    assert_int_equal(rig_position(), 0);
    assert_int_equal(position(1).lots, 0);
    assert_int_equal(heard.forces, 2);
    assert_int_equal(exchange_wallet_e8(rig.x), 0);
}

static void test_isolated_loses_only_what_was_set_apart(void **state)
{
    (void)state;
    const char *msg;
    assert_int_equal(exchange_set_isolated(rig.x, "ETHUSDT", true, &msg), 0);
    assert_int_equal(leverage(50), 0);
    assert_int_equal(take(0, SIDE_BUY, 10000), 0); // 26,800: 536 apart
    assert_int_equal(take(1, SIDE_BUY, 10), 0);
    struct xch_order_request r = {.symbol = "BTCUSDT",
                                  .type = "LIMIT",
                                  .tif = "GTX",
                                  .side = SIDE_BUY,
                                  .has_price = 1,
                                  .has_qty = 1,
                                  .price_e8 = 59000 * E8,
                                  .qty_e8 = 100000};
    struct xch_order o;
    assert_int_equal(exchange_place(rig.x, &r, rig.now_ns, &o, &msg, &rig.sink), 0);
    int64_t apart = position(0).isolated_wallet_e8, wallet = exchange_wallet_e8(rig.x);
    assert_in_range(apart, 535 * E8, 537 * E8);
    quote(0, 263900);
    rig_time(NS_PER_S);
    assert_int_equal(rig_position(), 0);
    assert_int_equal(exchange_wallet_e8(rig.x), wallet - apart); // fee and gap are the fund's
    assert_int_equal(position(1).lots, 10);
    assert_int_equal(exchange_query_open(rig.x, "BTCUSDT", o.order_id, NULL, &o, &msg), 0); // untouched
    assert_non_null(strstr(heard.call, "ISOLATED"));
    assert_null(strstr(heard.call, "\"cw\""));
}

static void test_a_gap_beyond_bankruptcy_costs_no_more_than_the_wallet(void **state)
{
    (void)state;
    assert_int_equal(take(0, SIDE_SELL, 7000), 0); // short 18,760 with 1,000
    quote(0, 400000);                              // +49 %: -9,240
    rig_time(NS_PER_S);
    assert_int_equal(rig_position(), 0);
    assert_int_equal(exchange_wallet_e8(rig.x), 0);
    assert_in_range(rig.fill[rig.fills - 1].price_e8, 2800 * E8, 2830 * E8); // where the money ended
}

// ------------------------------------------------------------------------------------------------- settings

static void test_margin_of_an_isolated_position(void **state)
{
    (void)state;
    const char *msg;
    assert_int_equal(exchange_position_margin(rig.x, "ETHUSDT", 5 * E8, rig.now_ns, &msg, &rig.sink), -4049);
    assert_int_equal(exchange_set_isolated(rig.x, "ETHUSDT", true, &msg), 0);
    assert_int_equal(exchange_set_isolated(rig.x, "ETHUSDT", true, &msg), -4046);
    assert_int_equal(exchange_position_margin(rig.x, "ETHUSDT", 5 * E8, rig.now_ns, &msg, &rig.sink), -4054);
    assert_int_equal(take(0, SIDE_BUY, 1000), 0); // 2,680 at 20x: 134
    assert_int_equal(exchange_set_isolated(rig.x, "ETHUSDT", false, &msg), -4048);
    struct xch_position before = position(0);
    struct xch_account a, b;
    exchange_account(rig.x, &a);
    assert_int_equal(exchange_position_margin(rig.x, "ETHUSDT", 0, rig.now_ns, &msg, &rig.sink), -4055);
    assert_int_equal(exchange_position_margin(rig.x, "ETHUSDT", 2000 * E8, rig.now_ns, &msg, &rig.sink),
                     -4050);
    assert_int_equal(exchange_position_margin(rig.x, "ETHUSDT", 100 * E8, rig.now_ns, &msg, &rig.sink), 0);
    assert_non_null(strstr(rig.account, "\"m\":\"MARGIN_TRANSFER\""));
    exchange_account(rig.x, &b);
    assert_int_equal(a.available_e8 - b.available_e8, 100 * E8);
    assert_int_equal(a.wallet_e8, b.wallet_e8);
    assert_int_equal(position(0).isolated_wallet_e8 - before.isolated_wallet_e8, 100 * E8);
    assert_in_range(before.liquidation_e8 - position(0).liquidation_e8, 100 * E8, 101 * E8); // 1 ETH
    assert_int_equal(exchange_position_margin(rig.x, "ETHUSDT", -101 * E8, rig.now_ns, &msg, &rig.sink),
                     -4051);
    assert_int_equal(exchange_position_margin(rig.x, "ETHUSDT", -60 * E8, rig.now_ns, &msg, &rig.sink), 0);
    assert_int_equal(leverage(10), -4161);
    struct xch_margin_change log[8];
    assert_int_equal(exchange_margin_log(rig.x, "ETHUSDT", NULL, log, 8), 2);
    assert_int_equal(log[0].amount_e8, 100 * E8);
    assert_int_equal(log[1].amount_e8, -60 * E8);
    assert_int_equal(take(0, SIDE_SELL, 1000), 0);
    assert_int_equal(position(0).isolated_wallet_e8, 0);
    exchange_account(rig.x, &b);
    assert_int_equal(b.available_e8, b.wallet_e8); // all of it came back
    assert_int_equal(take(0, SIDE_BUY, 1000), 0);
    assert_int_equal(position(0).isolated_wallet_e8, before.isolated_wallet_e8); // and nothing lingers
}

static void test_settings_are_told_and_refused(void **state)
{
    (void)state;
    const char *msg;
    assert_int_equal(leverage(5), 0);
    assert_int_equal(heard.configs, 1);
    assert_non_null(strstr(heard.config, "{\"e\":\"ACCOUNT_CONFIG_UPDATE\""));
    assert_non_null(strstr(heard.config, "\"ac\":{\"s\":\"ETHUSDT\",\"l\":5}"));
    assert_int_equal(leverage(5), 0);
    assert_int_equal(heard.configs, 1); // no change, no news
    assert_int_equal(exchange_set_multi_assets(rig.x, true, rig.now_ns, &msg, &rig.sink), 0);
    assert_non_null(strstr(heard.config, "\"ai\":{\"j\":true}"));
    assert_true(exchange_multi_assets(rig.x));
    assert_int_equal(exchange_set_isolated(rig.x, "ETHUSDT", true, &msg), -4168);
    assert_int_equal(exchange_set_multi_assets(rig.x, false, rig.now_ns, &msg, &rig.sink), 0);
    assert_int_equal(exchange_set_isolated(rig.x, "ETHUSDT", true, &msg), 0);
    assert_int_equal(exchange_set_multi_assets(rig.x, true, rig.now_ns, &msg, &rig.sink), -4168);
    assert_int_equal(exchange_set_dual(rig.x, false, &msg), -4059);
    assert_int_equal(exchange_set_dual(rig.x, true, &msg), -1020);
}

// -------------------------------------------------------------------------------------------------- funding

static void test_funding_on_an_accelerated_schedule(void **state)
{
    (void)state;
    start(1000, 60 * NS_PER_S);
    static struct xch_funding f[64];
    static struct xch_income inc[64];
    struct ev_mark m;
    assert_int_equal(take(0, SIDE_BUY, 1000), 0);
    assert_int_equal(exchange_funding_period_ns(rig.x, 0), 60 * NS_PER_S);
    int64_t expect = exchange_wallet_e8(rig.x);
    for (int i = 0; i < 10; i++) {
        exchange_mark(rig.x, 0, &m);
        assert_int_equal(m.next_funding_ns % (60 * NS_PER_S), 0);
        assert_in_range(m.next_funding_ns - rig.now_ns, 1, 60 * NS_PER_S);
        char text[64];
        snprintf(text, sizeof text, "\"T\":%lld}", (long long)(m.next_funding_ns / NS_PER_MS));
        rig_time(NS_PER_S);
        assert_non_null(strstr(rig.mark, text)); // the stream says the same
        rig_time(m.next_funding_ns - rig.now_ns - 1);
        assert_int_equal(exchange_wallet_e8(rig.x), expect);
        exchange_mark(rig.x, 0, &m);
        expect +=
            xch_funding_payment_e8(exchange_instrument(rig.x, "ETHUSDT"), 1000, m.mark_e8, m.funding_rate_e8);
        rig_time(1);
        assert_int_equal(exchange_wallet_e8(rig.x), expect);
        assert_non_null(strstr(rig.account, "\"P\":[]")); // cross: the balance only
    }
    size_t n = exchange_funding_history(rig.x, "ETHUSDT", NULL, f, 64);
    assert_int_equal(n, 10);
    for (size_t i = 1; i < n; i++) {
        assert_int_equal(f[i].time_ns - f[i - 1].time_ns, 60 * NS_PER_S);
    }
    assert_int_equal(exchange_funding_history(rig.x, NULL, NULL, f, 64), 20); // both symbols, held or not
    assert_int_equal(exchange_income(rig.x, "ETHUSDT", XI_FUNDING_FEE, NULL, inc, 64), 10);
    struct xch_range r = {.start_ms = f[5].time_ns / NS_PER_MS, .end_ms = f[9].time_ns / NS_PER_MS};
    assert_int_equal(exchange_income(rig.x, NULL, XI_FUNDING_FEE, &r, inc, 64), 3); // f: two rows a minute
    assert_int_equal(exchange_income(rig.x, "BTCUSDT", XI_ANY, NULL, inc, 64), 0);
    assert_true(inc[0].amount_e8 < 0);
}

// All the money set apart: funding comes out of the position's margin, not out of nothing.
static void test_funding_of_an_isolated_position_without_free_money(void **state)
{
    (void)state;
    start(1000, 60 * NS_PER_S);
    const char *msg;
    uint64_t id;
    struct xch_account a;
    struct xch_income inc;
    assert_int_equal(exchange_set_isolated(rig.x, "ETHUSDT", true, &msg), 0);
    assert_int_equal(take(0, SIDE_BUY, 7000), 0); // 18,760 at 20x: 938
    exchange_account(rig.x, &a);
    assert_int_equal(
        exchange_transfer(rig.x, CURRENCY_USDT, -a.cross_wallet_e8, rig.now_ns, &id, &msg, &rig.sink), 0);
    int64_t wallet = exchange_wallet_e8(rig.x), apart = position(0).isolated_wallet_e8;
    assert_int_equal(wallet, apart);
    for (int i = 0; i < 10 * 60; i++) {
        rig_time(NS_PER_S);
    }
    assert_in_range(wallet - exchange_wallet_e8(rig.x), 18 * E8, 20 * E8); // ten times 0.01 %
    assert_int_equal(position(0).isolated_wallet_e8, exchange_wallet_e8(rig.x));
    assert_int_equal(exchange_income(rig.x, NULL, XI_INSURANCE_CLEAR, NULL, &inc, 1), 0);
    exchange_account(rig.x, &a);
    assert_int_equal(a.cross_wallet_e8, 0);
    assert_int_equal(exchange_transfer(rig.x, CURRENCY_USDT, 50 * E8, rig.now_ns, &id, &msg, &rig.sink), 0);
    assert_int_equal(exchange_position_margin(rig.x, "ETHUSDT", -E8, rig.now_ns, &msg, &rig.sink), -4051);
    assert_int_equal(exchange_position_margin(rig.x, "ETHUSDT", 5 * E8, rig.now_ns, &msg, &rig.sink), 0);
    assert_int_equal(take(0, SIDE_SELL, 7000), 0);
}

// ------------------------------------------------------------------------------------------------ transfers

static void test_transfers_move_only_what_is_free(void **state)
{
    (void)state;
    const char *msg;
    uint64_t a = 0, b = 0;
    assert_int_equal(exchange_transfer(rig.x, CURRENCY_BTC, E8, rig.now_ns, &a, &msg, &rig.sink), -1108);
    assert_int_equal(exchange_transfer(rig.x, (enum currency)99, E8, rig.now_ns, &a, &msg, &rig.sink), -1108);
    assert_int_equal(exchange_transfer(rig.x, CURRENCY_USDT, 0, rig.now_ns, &a, &msg, &rig.sink), -4055);
    assert_int_equal(exchange_transfer(rig.x, CURRENCY_USDT, INT64_MIN, rig.now_ns, &a, &msg, &rig.sink),
                     -4055);
    assert_int_equal(take(0, SIDE_BUY, 5000), 0); // 13,400 at 20x: 670
    quote(0, 268400);
    rig_time(NS_PER_S); // +20 unrealised: stays here
    struct xch_account acc;
    exchange_account(rig.x, &acc);
    assert_int_equal(
        exchange_transfer(rig.x, CURRENCY_USDT, -acc.available_e8 - 1, rig.now_ns, &a, &msg, &rig.sink),
        -2018);
    assert_int_equal(exchange_transfer(rig.x, CURRENCY_USDT, -100 * E8, rig.now_ns, &a, &msg, &rig.sink), 0);
    assert_non_null(strstr(rig.account, "\"m\":\"WITHDRAW\""));
    assert_non_null(strstr(rig.account, "\"bc\":\"-100.00000000\""));
    assert_int_equal(exchange_transfer(rig.x, CURRENCY_USDT, 40 * E8, rig.now_ns, &b, &msg, &rig.sink), 0);
    assert_non_null(strstr(rig.account, "\"m\":\"DEPOSIT\""));
    assert_true(b > a);
    struct xch_income inc[4];
    assert_int_equal(exchange_income(rig.x, NULL, XI_TRANSFER, NULL, inc, 4), 2);
    assert_int_equal(inc[1].tran_id, b);
    assert_int_equal(inc[1].amount_e8, 40 * E8);
    assert_string_equal(xch_income_name(XI_TRANSFER), "TRANSFER");
    assert_int_equal(xch_income_parse("FUNDING_FEE"), XI_FUNDING_FEE);
    assert_int_equal(xch_income_parse("WELCOME_BONUS"), XI_TYPE_COUNT);
}

static void test_income_of_a_trade(void **state)
{
    (void)state;
    static struct xch_income inc[16];
    assert_int_equal(take(0, SIDE_BUY, 1000), 0);
    quote(0, 269000);
    assert_int_equal(take(0, SIDE_SELL, 1000), 0);
    assert_int_equal(exchange_income(rig.x, NULL, XI_REALIZED_PNL, NULL, inc, 16), 1);
    assert_int_equal(inc[0].amount_e8, 990000000); // 2689.95 - 2680.05
    assert_int_equal(inc[0].trade_id, rig.fill[1].trade_id);
    assert_int_equal(exchange_income(rig.x, NULL, XI_COMMISSION, NULL, inc, 16), 2);
    assert_int_equal(inc[1].amount_e8, -rig.fill[1].fee_e8);
    struct xch_balance b[CURRENCY_COUNT];
    assert_int_equal(exchange_balances(rig.x, b), 1);
    assert_int_equal(b[0].free_e8 + b[0].locked_e8, exchange_wallet_e8(rig.x));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_maintenance_and_notional_by_bracket),
        T(test_margin_call_once_then_liquidation_at_bankruptcy),
        T(test_cross_positions_stand_for_each_other),
        T(test_isolated_loses_only_what_was_set_apart),
        T(test_a_gap_beyond_bankruptcy_costs_no_more_than_the_wallet),
        T(test_margin_of_an_isolated_position),
        T(test_settings_are_told_and_refused),
        T(test_funding_on_an_accelerated_schedule),
        T(test_funding_of_an_isolated_position_without_free_money),
        T(test_transfers_move_only_what_is_free),
        T(test_income_of_a_trade),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
