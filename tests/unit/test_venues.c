// SPDX-License-Identifier: Apache-2.0
// Tries to let one venue's trouble reach another: a watched venue that dies in every way while we quote
// elsewhere, one that comes late or never, two that we trade on of which one falls silent; wallets that must
// agree at each venue by itself; a kill over all of them, that waits for no venue where nothing of ours is,
// and on spot sells what our own trades bought and not one unit of what lay there before.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "engine/order/order.h"
#include "support/fake_venue.h"

enum { FUT = 0, SPOT = 1, BIN = 2 };

static const int64_t STAKE_E8 = 50 * E8, SPOT_USDT_E8 = 400 * E8, SPOT_ETH_E8 = 3 * E8, BIN_E8 = 90 * E8;

static struct fake_venue V, W;
static struct snapshot S;

static const struct snapshot *look(void)
{
    engine_snapshot(V.e, &S);
    return &S;
}

static struct instrument at_venue(uint16_t id, uint8_t venue)
{
    struct instrument d = fv_eth(id);
    d.venue = venue;
    d.kind = venue == VENUE_SPOT ? INSTRUMENT_SPOT : INSTRUMENT_LINEAR;
    d.percent_up_e8 = d.percent_down_e8 = venue == VENUE_SPOT ? 0 : d.percent_up_e8;
    d.percent_down_e8 = venue == VENUE_SPOT ? 0 : 95000000;
    return d;
}

static void wallet(uint8_t venue, enum currency c, int64_t e8)
{
    event_init(&V.ev, EV_ACCOUNT, INSTRUMENT_NONE, 0);
    V.ev.venue = venue;
    V.ev.u.account = (struct ev_account){.kind = AK_BALANCE,
                                         .reason = AR_READ,
                                         .from_read = 1,
                                         .request_mono_ns = V.now,
                                         .currency = (uint8_t)c,
                                         .wallet_e8 = e8};
    fv_now(&V);
}

static void market_of(uint16_t i)
{
    event_init(&V.ev, EV_INSTRUMENT, i, 0);
    V.ev.u.instrument_rev = V.ins[i];
    fv_now(&V);
    fv_book(&V, i, 268000, true);
    fv_book_state(&V, i, BOOK_LIVE, BOOK_REASON_NONE);
    if (V.ins[i].kind != INSTRUMENT_SPOT) {
        fv_mark(&V, i);
    }
}

static void links(uint8_t venue, enum link_state state)
{
    fv_link_at(&V, venue, LINK_MARKET, state);
    fv_link_at(&V, venue, LINK_USER, state);
}

// The account of one venue, as reads tell it.
static void account_of(uint16_t i)
{
    uint8_t venue = V.ins[i].venue;
    fv_account(&V, i, AK_OPEN_ORDERS, 0);
    if (venue == VENUE_SPOT) {
        wallet(venue, CURRENCY_USDT, SPOT_USDT_E8);
        wallet(venue, CURRENCY_ETH, SPOT_ETH_E8);
        return;
    }
    wallet(venue, CURRENCY_USDT, venue == VENUE_ASTER ? STAKE_E8 : BIN_E8);
    fv_account(&V, i, AK_POSITION, 0);
}

// ETHUSDT at three venues; quoted where `quote` says. Only the first venue is up.
static void start(bool quote_binance)
{
    struct engine_config c;
    engine_config_default(&c);
    c.maker.spread_a_e8 = 1000 * E8;
    c.risk.limit[LIMIT_GROSS_VALUE] = 100 * E8;
    c.instrument_count = 3;
    for (uint16_t i = 0; i < 3; i++) {
        c.instruments[i] = (struct instrument_config){.symbol = "ETHUSDT", .venue = (uint8_t)i};
        c.instruments[i].quote = i == FUT || (i == BIN && quote_binance);
    }
    fv_free(&V);
    memset(&V, 0, sizeof V);
    V.mem = aligned_alloc(64, (engine_size() + 63) / 64 * 64);
    V.e = engine_init(V.mem, engine_size(), &c);
    V.now = NS_PER_S;
    V.latency_ns = 200000;
    V.depth_lots = 1000000;
    V.move_ticks = 30;
    V.n_ins = 3;
    rng_seed(&V.rng, 21);
    for (uint16_t i = 0; i < 3; i++) {
        V.ins[i] = at_venue(i, (uint8_t)i);
    }
    V.venue_base_e8[VENUE_SPOT] = SPOT_ETH_E8;
    event_init(&V.ev, EV_START, INSTRUMENT_NONE, 0);
    V.ev.u.start = (struct ev_start){.epoch = 77, .mode = MODE_SIM};
    fv_now(&V);
    links(VENUE_ASTER, LINK_UP);
    fv_link_at(&V, VENUE_ASTER, LINK_ORDER, LINK_UP);
    market_of(FUT);
    account_of(FUT);
}

static void bring_up(uint16_t i)
{
    links(V.ins[i].venue, LINK_UP);
    market_of(i);
    account_of(i);
}

static int setup(void **state)
{
    (void)state;
    start(false);
    bring_up(SPOT);
    bring_up(BIN);
    fv_run(&V, V.now + 200 * NS_PER_MS);
    return 0;
}

// Both futures venues are traded on.
static int setup_two(void **state)
{
    (void)state;
    start(true);
    bring_up(SPOT);
    fv_link_at(&V, VENUE_BINANCE, LINK_ORDER, LINK_UP);
    bring_up(BIN);
    fv_run(&V, V.now + 200 * NS_PER_MS);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fv_free(&V);
    fv_free(&W);
    return 0;
}

// 100 ms a step: each venue's book moves by itself unless it is `silent`, marks each second.
static void market(int steps, unsigned silent)
{
    for (int k = 0; k < steps; k++) {
        for (uint16_t i = 0; i < 3; i++) {
            int64_t move = (int64_t)rng_below(&V.rng, 61) - 30;
            fv_run(&V, V.now + 30 * NS_PER_MS);
            if (silent & 1U << i) {
                continue;
            }
            fv_trade(&V, i, rng_below(&V.rng, 2) ? SIDE_BUY : SIDE_SELL, 5);
            fv_book(&V, i, V.touch[i].bid_ticks + move, false);
            if (k % 10 == 0 && i != SPOT) {
                fv_mark(&V, i);
            }
        }
        fv_run(&V, V.now + 10 * NS_PER_MS);
    }
}

static int open_at(uint16_t i)
{
    int n = 0;
    for (int k = 0; k < V.n_orders; k++) {
        n += V.order[k].open && V.order[k].ins == i;
    }
    return n;
}

static void until_open(uint16_t i, unsigned silent)
{
    for (int k = 0; k < 200 && open_at(i) == 0; k++) {
        market(1, silent);
    }
    assert_true(open_at(i) > 0);
}

static uint64_t places_at(uint16_t i)
{
    return look()->ins[i].orders_sent;
}

static const struct snap_alarm *alarm_of(const char *code, const char *word)
{
    look();
    for (uint32_t i = 0; i < S.alarm_count; i++) {
        if (strcmp(S.alarm[i].code, code) == 0 && strstr(S.alarm[i].text, word) && !S.alarm[i].cleared) {
            return &S.alarm[i];
        }
    }
    return NULL;
}

static void press_f(void)
{
    V.fence = 1;
    fv_op(&V, VERB_FLATTEN, INSTRUMENT_NONE);
    fv_now(&V);
}

// ------------------------------------------------------------------------------------------------ watched

static void trouble_at(uint8_t venue)
{
    links(venue, LINK_DOWN);
    fv_link_at(&V, venue, LINK_ORDER, LINK_DOWN);
    event_init(&V.ev, EV_LINK, INSTRUMENT_NONE, 0);
    V.ev.venue = venue;
    V.ev.u.link = (struct ev_link){.link = LINK_REST, .state = LINK_UP, .clock_offset_ns = 5 * NS_PER_S};
    fv_now(&V);
    event_init(&V.ev, EV_BUDGET, INSTRUMENT_NONE, 0);
    V.ev.venue = venue;
    V.ev.u.budget = (struct ev_budget){.lane = 0, .used_pct = 100, .used = 2400, .limit = 2400};
    fv_now(&V);
    event_init(&V.ev, EV_LOAD, INSTRUMENT_NONE, 0);
    V.ev.venue = venue;
    V.ev.u.load = (struct ev_load){.lag_ns = 3 * NS_PER_S};
    fv_now(&V);
    event_init(&V.ev, EV_ACCOUNT, INSTRUMENT_NONE, 0);
    V.ev.venue = venue;
    V.ev.u.account = (struct ev_account){.kind = AK_CONFIG, .count = CONFIG_HEDGE};
    fv_now(&V);
    V.gone[venue] = 1;
}

static void test_a_watched_venue_may_die_in_every_way(void **state)
{
    (void)state;
    until_open(FUT, 0);
    trouble_at(VENUE_BINANCE);
    trouble_at(VENUE_SPOT);
    uint64_t before = places_at(FUT);
    market(80, 1U << BIN | 1U << SPOT);
    look();
    assert_true(places_at(FUT) > before + 5);
    assert_int_equal(S.trading_state, TS_RUN);
    assert_int_equal(S.ins[FUT].trading_state, TS_RUN);
    assert_int_equal(S.venue[VENUE_BINANCE].trading_state, TS_QUIET);
    assert_int_equal(S.ins[BIN].trading_state, TS_QUIET); // marked as what it is
    assert_int_equal(S.ins[SPOT].trading_state, TS_QUIET);
    assert_int_equal(S.alarms_unacked[ALARM_HIGH], 0);
    assert_int_equal(S.alarms_unacked[ALARM_MEDIUM], 0);
    assert_non_null(alarm_of("USR-LOST", "binance: "));
    assert_int_equal(alarm_of("MD-STALE", "ETH.spot: ")->level, ALARM_LOW);
    assert_int_equal(alarm_of("RATE-BUDGET", "binance: ")->level, ALARM_LOW);
    assert_null(alarm_of("ORD-LOST", "")); // nothing of ours is there to be cut off from
}

static void test_a_watched_venue_may_come_late_or_never(void **state)
{
    (void)state;
    start(false); // nobody but Aster answers
    until_open(FUT, 1U << BIN | 1U << SPOT);
    look();
    assert_int_equal(S.trading_state, TS_RUN);
    assert_int_equal(S.instrument_count, 3);
    assert_false(S.ins[BIN].known || S.venue[VENUE_BINANCE].ready);
    assert_string_equal(S.ins[BIN].def.symbol, "ETHUSDT");
    assert_int_equal(S.ins[BIN].def.venue, VENUE_BINANCE);
    int64_t equity_e8 = S.equity_e8;
    bring_up(BIN);
    fv_run(&V, V.now + 200 * NS_PER_MS);
    look();
    assert_true(S.venue[VENUE_BINANCE].ready && S.ins[BIN].known);
    assert_non_null(strstr(V.last_log, "binance: ready"));
    assert_int_equal(S.venue[VENUE_BINANCE].wallet_e8, BIN_E8);
    assert_int_equal(S.equity_e8, equity_e8); // a stake that is watched widens no limit
    assert_int_equal(S.wallet_e8, STAKE_E8);
    assert_int_equal(S.ins[BIN].trading_state, TS_RUN);
}

static void test_the_venue_we_trade_on_stops_us_and_only_us(void **state)
{
    (void)state;
    until_open(FUT, 0);
    fv_link_at(&V, VENUE_ASTER, LINK_USER, LINK_DOWN);
    fv_run(&V, V.now + 20 * NS_PER_MS);
    look();
    assert_int_equal(S.trading_state, TS_QUIET);
    assert_int_equal(S.ins[BIN].trading_state, TS_RUN);
    assert_int_equal(fv_open_orders(&V), 0);
    market(40, 0);
    assert_int_equal(alarm_of("USR-LOST", "aster: ")->level, ALARM_HIGH);
}

// -------------------------------------------------------------------------------------------- traded, both

static void test_one_of_two_falls_silent_the_other_quotes_on(void **state)
{
    (void)state;
    until_open(FUT, 0);
    until_open(BIN, 0);
    fv_link_at(&V, VENUE_BINANCE, LINK_USER, LINK_DOWN);
    fv_run(&V, V.now + 20 * NS_PER_MS);
    assert_int_equal(open_at(BIN), 0);
    uint64_t fut = places_at(FUT), bin = places_at(BIN);
    market(60, 0);
    assert_true(places_at(FUT) > fut + 5);
    assert_int_equal(places_at(BIN), bin);
    look();
    assert_int_equal(S.ins[FUT].trading_state, TS_RUN);
    assert_int_equal(S.trading_state, TS_QUIET); // shown: a venue that we trade on is in trouble
    fv_link_at(&V, VENUE_BINANCE, LINK_USER, LINK_UP);
    market(60, 0);
    assert_true(places_at(BIN) > bin);
    assert_int_equal(look()->trading_state, TS_RUN);
}

static void test_refusals_and_budgets_are_counted_by_venue(void **state)
{
    (void)state;
    until_open(BIN, 0);
    event_init(&V.ev, EV_BUDGET, INSTRUMENT_NONE, 0);
    V.ev.venue = VENUE_BINANCE;
    V.ev.u.budget = (struct ev_budget){.lane = 1, .used_pct = 90, .used = 270, .limit = 300};
    fv_now(&V);
    uint64_t fut = places_at(FUT), bin = places_at(BIN);
    market(40, 0);
    assert_int_equal(open_at(BIN), 0);
    assert_int_equal(places_at(BIN), bin);
    assert_true(places_at(FUT) > fut + 3);
    assert_int_equal(alarm_of("RATE-BUDGET", "binance: ")->level, ALARM_MEDIUM);
}

static void test_every_wallet_agrees_with_its_own_venue(void **state)
{
    (void)state;
    for (int k = 0; k < 40; k++) {
        market(10, 0);
        assert_int_equal(engine_ledger_sum_e8(V.e, CURRENCY_USDT), 0);
    }
    press_f(); // flat: all that was paid and received is in the wallets
    fv_run(&V, V.now + 3 * NS_PER_S);
    look();
    assert_true(S.fills > 40 && S.ins[BIN].fills > 10);
    assert_int_equal(S.venue[VENUE_ASTER].wallet_e8, STAKE_E8 + V.venue_cash_e8[VENUE_ASTER]);
    assert_int_equal(S.venue[VENUE_BINANCE].wallet_e8, BIN_E8 + V.venue_cash_e8[VENUE_BINANCE]);
    assert_int_equal(S.venue[VENUE_SPOT].wallet_e8, SPOT_USDT_E8);
    assert_int_equal(S.wallet_e8, S.venue[VENUE_ASTER].wallet_e8 + S.venue[VENUE_BINANCE].wallet_e8);
    assert_int_equal(S.equity_e8, S.wallet_e8);
    struct snap_pnl *p = &S.pnl;
    assert_int_equal(S.equity_e8 - S.equity_start_e8, p->realised_e8 - p->fees_e8);
    // A read that agrees changes nothing; a stranger's deposit at one venue is an adjustment there only.
    wallet(VENUE_BINANCE, CURRENCY_USDT, S.venue[VENUE_BINANCE].wallet_e8);
    fv_run(&V, V.now + 2 * NS_PER_S);
    wallet(VENUE_BINANCE, CURRENCY_USDT, S.venue[VENUE_BINANCE].wallet_e8 + 7 * E8);
    fv_run(&V, V.now + 2 * NS_PER_S);
    int64_t aster_e8 = S.venue[VENUE_ASTER].wallet_e8, binance_e8 = S.venue[VENUE_BINANCE].wallet_e8;
    wallet(VENUE_BINANCE, CURRENCY_USDT, binance_e8 + 7 * E8);
    assert_non_null(strstr(V.last_log, "binance: wallet differs by 7"));
    look();
    assert_int_equal(S.venue[VENUE_BINANCE].wallet_e8, binance_e8 + 7 * E8);
    assert_int_equal(S.venue[VENUE_ASTER].wallet_e8, aster_e8);
}

static void test_the_kill_covers_both(void **state)
{
    (void)state;
    for (int k = 0; k < 300 && (V.position[FUT] == 0 || V.position[BIN] == 0); k++) {
        market(1, 0);
    }
    assert_true(V.position[FUT] != 0 && V.position[BIN] != 0);
    uint64_t spot = V.asked[VENUE_SPOT];
    press_f();
    fv_run(&V, V.now + 1500 * NS_PER_MS);
    look();
    assert_int_equal(fv_open_orders(&V), 0);
    assert_true(V.position[FUT] == 0 && V.position[BIN] == 0);
    assert_int_equal(S.kill.phase, KP_FLAT);
    assert_int_equal(V.plain_after_fence, 0);
    assert_int_equal(S.echo[0].cancels_sent, 2); // one for each venue that we trade on
    assert_int_equal(V.asked[VENUE_SPOT], spot); // nothing of ours is there: nobody is asked
    fv_run(&V, V.now + 12 * NS_PER_S);
    assert_int_equal(look()->kill.phase, KP_SEALED);
}

static void test_flat_waits_for_the_venue_that_does_not_answer(void **state)
{
    (void)state;
    for (int k = 0; k < 300 && (V.position[FUT] == 0 || V.position[BIN] == 0); k++) {
        market(1, 0);
    }
    V.gone[VENUE_BINANCE] = 1;
    press_f();
    fv_run(&V, V.now + 4 * NS_PER_S);
    look();
    assert_int_equal(V.position[FUT], 0); // in parallel: closed where it can be
    assert_int_equal(S.kill.phase, KP_UNCONF);
    V.gone[VENUE_BINANCE] = 0;
    fv_run(&V, V.now + 4 * NS_PER_S);
    assert_int_equal(V.position[BIN], 0);
    assert_int_equal(look()->kill.phase, KP_FLAT);
}

static void test_the_kill_does_not_wait_for_a_watched_venue(void **state)
{
    (void)state;
    until_open(FUT, 0);
    trouble_at(VENUE_BINANCE);
    trouble_at(VENUE_SPOT);
    uint64_t asked = V.asked[VENUE_BINANCE] + V.asked[VENUE_SPOT];
    press_f();
    fv_run(&V, V.now + 1500 * NS_PER_MS);
    assert_int_equal(look()->kill.phase, KP_FLAT);
    fv_run(&V, V.now + 12 * NS_PER_S);
    assert_int_equal(look()->kill.phase, KP_SEALED);
    assert_int_equal(V.asked[VENUE_BINANCE] + V.asked[VENUE_SPOT], asked);
}

// ---------------------------------------------------------------------------------------------------- spot

// An order of a former run rests at the spot venue and is filled before its cancel arrives: so many lots in
// the wallet are now ours.
static void buy_spot(int64_t lots)
{
    struct fv_order *o = &V.order[V.n_orders++];
    *o = (struct fv_order){.id = ++V.next_order,
                           .ins = SPOT,
                           .side = SIDE_BUY,
                           .tif = TIF_GTC,
                           .open = 1,
                           .ticks = V.touch[SPOT].bid_ticks,
                           .lots = lots};
    order_id_format(STRATEGY_FUNDING, 5, (uint64_t)V.n_orders, o->client_id);
    fv_report(&V, o, RK_STATE, SOURCE_QUERY);
    fv_tell(&V, 0);
    fv_run(&V, V.now);
    fv_fill(&V, o, o->ticks, lots, true);
    fv_run(&V, V.now + 5 * NS_PER_MS);
}

static void test_spot_is_paid_at_once_and_counts_in_equity(void **state)
{
    (void)state;
    int64_t before_e8 = look()->equity_e8;
    buy_spot(20);
    look();
    assert_int_equal(S.ins[SPOT].position_lots, 20);
    assert_int_equal(S.venue[VENUE_SPOT].wallet_e8, SPOT_USDT_E8 + V.venue_cash_e8[VENUE_SPOT]);
    assert_int_equal(V.venue_base_e8[VENUE_SPOT], SPOT_ETH_E8 + 20 * E8 / 1000 - 20 * E8 / 1000 * 4 / 10000);
    // 0.02 ETH bought at the bid, valued at the middle, the fee eaten out of the base: cents, not 53 USDT.
    int64_t off_e8 = S.equity_e8 - before_e8;
    assert_true(off_e8 > -5 * E8 / 100 && off_e8 < 0);
    assert_int_equal(off_e8, S.pnl.unrealised_e8);
    // Everything in that wallet is worth some 8,400 USDT, of which our equity takes no notice.
    assert_true(S.venue[VENUE_SPOT].worth_e8 > 8000 * E8 && S.equity_e8 < 51 * E8);
}

static void test_the_kill_sells_our_own_holding_and_nothing_else(void **state)
{
    (void)state;
    buy_spot(100);
    assert_int_equal(look()->ins[SPOT].position_lots, 100);
    press_f();
    fv_run(&V, V.now + 1500 * NS_PER_MS);
    look();
    assert_int_equal(S.kill.phase, KP_FLAT);
    assert_int_equal(fv_open_orders(&V), 0);
    int64_t sold = 0;
    for (int k = 0; k < V.n_orders; k++) {
        bool sale = V.order[k].ins == SPOT && V.order[k].side == SIDE_SELL;
        assert_false(sale && V.order[k].tif != TIF_IOC);
        sold += sale ? V.order[k].cum : 0;
    }
    assert_int_equal(sold, 99);                              // the fee ate 0.04 of a lot: rounded down
    assert_true(V.venue_base_e8[VENUE_SPOT] >= SPOT_ETH_E8); // what was there stays there
    assert_true(V.venue_base_e8[VENUE_SPOT] < SPOT_ETH_E8 + 100000); // and less than a lot of ours with it
    fv_run(&V, V.now + 12 * NS_PER_S);
    assert_int_equal(look()->kill.phase, KP_SEALED);
}

// Answers that get lost while nothing at the venue stops a sale from going too far.
static void test_spot_slices_in_doubt_are_never_sold_twice(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        setup(NULL);
        rng_seed(&V.rng, seed);
        buy_spot(100);
        V.lose_answer_pct = 60;
        V.depth_lots = 37;
        V.late_fill_ns = 150 * NS_PER_MS;
        press_f();
        for (int k = 0; k < 60; k++) {
            fv_run(&V, V.now + 100 * NS_PER_MS);
            assert_true(V.venue_base_e8[VENUE_SPOT] >= SPOT_ETH_E8);
        }
        V.lose_answer_pct = 0;
        V.late_fill_ns = 0;
        fv_run(&V, V.now + 8 * NS_PER_S);
        assert_true(V.venue_base_e8[VENUE_SPOT] >= SPOT_ETH_E8);
        assert_true(V.venue_base_e8[VENUE_SPOT] < SPOT_ETH_E8 + 200000); // at most dust below 5 USDT is left
        assert_true(look()->kill.phase == KP_FLAT || S.kill.phase == KP_SEALED);
        fv_free(&V);
    }
}

static void test_spot_below_the_smallest_value_is_dust(void **state)
{
    (void)state;
    buy_spot(1); // 2.68 USDT, the venue takes nothing below 5
    press_f();
    fv_run(&V, V.now + 1500 * NS_PER_MS);
    assert_int_equal(look()->kill.phase, KP_FLAT);
    for (int k = 0; k < V.n_orders; k++) {
        assert_false(V.order[k].ins == SPOT && V.order[k].side == SIDE_SELL);
    }
}

// -------------------------------------------------------------------------------------------- determinism

static void test_the_same_events_give_the_same_actions(void **state)
{
    (void)state;
    market(60, 0);
    fv_clone(&W, &V);
    uint64_t hash[2];
    for (int k = 0; k < 2; k++) {
        buy_spot(20);
        trouble_at(VENUE_BINANCE);
        market(40, 1U << BIN);
        press_f();
        fv_run(&V, V.now + 3 * NS_PER_S);
        hash[k] = engine_action_hash(V.e);
        if (k == 0) {
            fv_clone(&V, &W);
        }
    }
    assert_true(hash[0] == hash[1]);
}

int main(void)
{
#define T(f)   cmocka_unit_test_setup_teardown(f, setup, teardown)
#define TWO(f) cmocka_unit_test_setup_teardown(f, setup_two, teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_watched_venue_may_die_in_every_way),
        T(test_a_watched_venue_may_come_late_or_never),
        T(test_the_venue_we_trade_on_stops_us_and_only_us),
        TWO(test_one_of_two_falls_silent_the_other_quotes_on),
        TWO(test_refusals_and_budgets_are_counted_by_venue),
        TWO(test_every_wallet_agrees_with_its_own_venue),
        TWO(test_the_kill_covers_both),
        TWO(test_flat_waits_for_the_venue_that_does_not_answer),
        T(test_the_kill_does_not_wait_for_a_watched_venue),
        T(test_spot_is_paid_at_once_and_counts_in_equity),
        T(test_the_kill_sells_our_own_holding_and_nothing_else),
        T(test_spot_slices_in_doubt_are_never_sold_twice),
        T(test_spot_below_the_smallest_value_is_dust),
        TWO(test_the_same_events_give_the_same_actions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
