// SPDX-License-Identifier: Apache-2.0
// Tries to break the ledger: random fills of several strategies that flip through zero, fees in two
// currencies, funding, transfers, forced and killed positions, against a recomputation in 128 bits from the
// plain list of cash flows, and against a venue's wallet kept apart. The sum per currency must be zero after
// every single event.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/check.h"
#include "base/rng.h"
#include "engine/order/ledger.h"
#include "support/door.h"

static struct ledger *L;
static uint64_t seq;

static int setup(void **state)
{
    (void)state;
    L = calloc(1, sizeof *L);
    assert_non_null(L);
    ledger_init(L);
    ledger_begin_step(L);
    ledger_open(L, ++seq, VENUE_ASTER, CURRENCY_USDT, 50 * E8);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(L);
    return 0;
}

static struct order_fill fill_of(uint16_t instrument, enum strategy_id s, int64_t lots, int64_t price_e8,
                                 int64_t fee_e8)
{
    return (struct order_fill){.signed_lots = lots,
                               .price_e8 = price_e8,
                               .fee_e8 = fee_e8,
                               .trade_id = ++seq,
                               .instrument = instrument,
                               .strategy = (uint8_t)s,
                               .fee_currency = CURRENCY_USDT};
}

static struct ledger_fill_result book(const struct instrument *ins, struct order_fill f)
{
    ledger_begin_step(L);
    const struct ledger_fill_result r = ledger_fill(L, ++seq, ins, &f);
    ledger_check(L);
    return r;
}

static int64_t wallet(void)
{
    return ledger_wallet_e8(L, VENUE_ASTER, CURRENCY_USDT);
}

// All P&L there is, at the marks.
static int64_t net_of_everything(const struct instrument *ins, const int64_t *marks, int n)
{
    struct snap_pnl sum = {0};
    for (int i = 0; i < n; i++) {
        const struct snap_pnl p = ledger_pnl_instrument(L, &ins[i], marks[i]);
        pnl_add(&sum, &p);
    }
    for (int s = 0; s < STRATEGY_COUNT; s++) {
        const struct snap_pnl p = ledger_pnl_none(L, CURRENCY_USDT, (enum strategy_id)s);
        pnl_add(&sum, &p);
    }
    return pnl_net_e8(&sum);
}

// --------------------------------------------------------------------------------------------- worked case

static void the_account_of_quant_12_2(void **state)
{
    (void)state;
    const struct instrument ins = {.settle = CURRENCY_USDT, .tick_e8 = E8, .lot_e8 = E8, .contract_e8 = E8};
    static const struct {
        int64_t lots, price, fee_ppm;
    } FILLS[] = {{2, 100, 100}, {1, 101, 350}, {-2, 102, 100}, {-3, 99, 350}};
    for (size_t i = 0; i < COUNT_OF(FILLS); i++) {
        const int64_t n = FILLS[i].lots < 0 ? -FILLS[i].lots : FILLS[i].lots;
        const int64_t fee = n * FILLS[i].price * E8 / 1000000 * FILLS[i].fee_ppm;
        book(&ins, fill_of(0, STRATEGY_MAKER, FILLS[i].lots, FILLS[i].price * E8, fee));
    }
    ledger_begin_step(L);
    ledger_funding(L, ++seq, &ins, VENUE_ASTER, CURRENCY_USDT, -3000000);
    ledger_check(L);
    const struct snap_pnl p = ledger_pnl_instrument(L, &ins, 9850000000);
    assert_int_equal(p.realised_e8, 2 * E8);
    assert_int_equal(p.unrealised_e8, E8);
    assert_int_equal(p.fees_e8, 17970000);
    assert_int_equal(p.funding_e8, -3000000);
    assert_int_equal(pnl_net_e8(&p), 279030000);
    assert_int_equal(wallet(), 50 * E8 + 2 * E8 - 17970000 - 3000000);
}

// ------------------------------------------------------------------------------------- naive recomputation

// Cash flow per strategy and instrument in units of 1e-16: what was paid for lots, without any notion of
// cost.
struct naive {
    __int128 paid_e16[2][STRATEGY_COUNT];
    int64_t lots[2][STRATEGY_COUNT];
    __int128 fees, funding, transfers;
    struct position venue[2];
    int64_t venue_wallet;
};

static __int128 exact_e16(const struct instrument *ins, int64_t price_e8, int64_t lots)
{
    return (__int128)price_e8 * ins->lot_e8 * lots;
}

static void naive_fill(struct naive *n, const struct instrument *ins, const struct order_fill *f)
{
    n->paid_e16[ins->id][f->strategy] += exact_e16(ins, f->price_e8, f->signed_lots);
    n->lots[ins->id][f->strategy] += f->signed_lots;
    n->fees += f->fee_e8;
    n->venue_wallet += position_fill(&n->venue[ins->id], ins, f->signed_lots, f->price_e8) - f->fee_e8;
}

static void compare(const struct naive *n, const struct instrument *ins, const int64_t *marks)
{
    __int128 net_e16 = (n->funding - n->fees) * E8;
    int64_t unrealised = 0;
    for (int i = 0; i < 2; i++) {
        for (int s = 0; s < STRATEGY_COUNT; s++) {
            const __int128 value = exact_e16(&ins[i], marks[i], n->lots[i][s]) - n->paid_e16[i][s];
            net_e16 += value;
            const struct snap_pnl p = ledger_pnl(L, &ins[i], (enum strategy_id)s, marks[i]);
            assert_true((__int128)(p.realised_e8 + p.unrealised_e8) * E8 == value);
            assert_int_equal(L->part[i][s].lots, n->lots[i][s]);
        }
        unrealised += position_unrealised_e8(&n->venue[i], &ins[i], marks[i]);
    }
    assert_true((__int128)net_of_everything(ins, marks, 2) * E8 == net_e16);
    assert_int_equal(wallet(), n->venue_wallet);
    assert_int_equal(wallet() - ledger_capital_e8(L, VENUE_ASTER, CURRENCY_USDT) + unrealised,
                     (int64_t)(net_e16 / E8));
}

static void random_fills_against_the_plain_cash_flow(void **state)
{
    (void)state;
    const struct instrument ins[2] = {grid_btc(0), grid_eth(1)};
    struct naive n = {.venue_wallet = 50 * E8};
    struct rng g;
    rng_seed(&g, 812);
    int64_t mark_ticks[2] = {618000, 260000};
    int flips = 0;
    for (int k = 0; k < 20000; k++) {
        const uint16_t i = (uint16_t)rng_below(&g, 2);
        mark_ticks[i] += (int64_t)rng_below(&g, 41) - 20;
        const int64_t marks[2] = {mark_ticks[0] * ins[0].tick_e8, mark_ticks[1] * ins[1].tick_e8};
        const uint64_t what = rng_below(&g, 20);
        if (what == 0) {
            const int64_t amount = (int64_t)rng_below(&g, 1000001) - 500000;
            ledger_begin_step(L);
            assert_true(ledger_funding(L, ++seq, rng_below(&g, 9) ? &ins[i] : NULL, VENUE_ASTER,
                                       CURRENCY_USDT, amount));
            n.funding += amount;
            n.venue_wallet += amount;
        } else if (what == 1) {
            const int64_t amount = (int64_t)rng_below(&g, 20) * E8 - 9 * E8;
            ledger_begin_step(L);
            assert_true(ledger_transfer(L, ++seq, VENUE_ASTER, CURRENCY_USDT, amount));
            n.venue_wallet += amount;
        } else {
            static const enum strategy_id WHO[] = {STRATEGY_MAKER, STRATEGY_FUNDING, STRATEGY_LATENCY,
                                                   STRATEGY_EXTERNAL};
            const enum strategy_id who = WHO[rng_below(&g, 4)];
            const int64_t before = L->part[i][who].lots;
            int64_t lots = 1 + (int64_t)rng_below(&g, 30);
            lots =
                (before < 0) == (rng_below(&g, 3) != 0) ? lots : -lots; // two of three against the position
            const struct order_fill f =
                fill_of(i, who, lots, marks[i], (int64_t)rng_below(&g, 3000000) - 500000);
            naive_fill(&n, &ins[i], &f);
            const struct ledger_fill_result r = book(&ins[i], f);
            assert_true(r.posted);
            flips += before != 0 && (before > 0) != (before + lots > 0) && before + lots != 0;
        }
        ledger_check(L);
        compare(&n, ins, marks);
    }
    assert_true(flips > 1000); // or this test would not have tried what it says
}

// The venue's wallet and the parts differ in when they realise, and the books must stand it.
static void opposite_strategies_realise_at_other_times_than_the_account(void **state)
{
    (void)state;
    const struct instrument ins = grid_eth(1);
    book(&ins, fill_of(1, STRATEGY_MAKER, 10, 2600 * E8, 0));
    const struct ledger_fill_result r = book(&ins, fill_of(1, STRATEGY_FUNDING, -10, 2610 * E8, 0));
    assert_int_equal(r.realised_e8, 0);                  // each strategy holds its own
    assert_int_equal(r.wallet_change_e8, 10 * E8 / 100); // the venue sees a round trip: 0.01 ETH x 10
    assert_int_equal(wallet(), 50 * E8 + 10 * E8 / 100);
    const struct snap_pnl maker = ledger_pnl(L, &ins, STRATEGY_MAKER, 2700 * E8);
    assert_int_equal(maker.realised_e8, 0);
    assert_int_equal(maker.unrealised_e8, E8);
    book(&ins, fill_of(1, STRATEGY_MAKER, -10, 2620 * E8, 0));
    book(&ins, fill_of(1, STRATEGY_FUNDING, 10, 2620 * E8, 0));
    assert_int_equal(ledger_pnl(L, &ins, STRATEGY_MAKER, 1).realised_e8, 20 * E8 / 100);
    assert_int_equal(ledger_pnl(L, &ins, STRATEGY_FUNDING, 1).realised_e8, -10 * E8 / 100);
}

// --------------------------------------------------------------------------------------- forced and killed

static void a_seam_closes_every_strategy_and_is_booked_as_seam(void **state)
{
    (void)state;
    const struct instrument ins = grid_eth(1);
    book(&ins, fill_of(1, STRATEGY_MAKER, 7, 2600 * E8, 0));
    book(&ins, fill_of(1, STRATEGY_FUNDING, -3, 2605 * E8, 0));
    struct order_fill f = fill_of(1, STRATEGY_EXTERNAL, -4, 2590 * E8, 0);
    f.kind = FILL_SEAM;
    assert_true(book(&ins, f).posted);
    for (int s = 0; s < STRATEGY_COUNT; s++) {
        assert_int_equal(L->part[1][s].lots, 0);
    }
    const struct snap_pnl maker = ledger_pnl(L, &ins, STRATEGY_MAKER, 2590 * E8);
    const struct snap_pnl funding = ledger_pnl(L, &ins, STRATEGY_FUNDING, 2590 * E8);
    assert_int_equal(maker.seam_e8, -7 * 10 * E8 / 1000);
    assert_int_equal(maker.realised_e8, 0);
    assert_int_equal(funding.seam_e8, 3 * 15 * E8 / 1000);
    assert_int_equal(ledger_pnl(L, &ins, STRATEGY_EXTERNAL, 1).seam_e8, 0);
}

static void the_kill_closes_in_slices_for_those_who_hold(void **state)
{
    (void)state;
    const struct instrument ins = grid_eth(1);
    book(&ins, fill_of(1, STRATEGY_MAKER, 9, 2600 * E8, 0));
    book(&ins, fill_of(1, STRATEGY_FUNDING, -3, 2600 * E8, 0));
    book(&ins, fill_of(1, STRATEGY_KILL, -4, 2600 * E8, 8));
    assert_int_equal(L->part[1][STRATEGY_MAKER].lots, 5);
    assert_int_equal(L->part[1][STRATEGY_FUNDING].lots, -3);
    book(&ins, fill_of(1, STRATEGY_KILL, -2, 2600 * E8, 4));
    for (int s = 0; s < STRATEGY_COUNT; s++) {
        assert_int_equal(L->part[1][s].lots, 0);
    }
    // The second fee is shared by what each closed: 5 of 8 and 3 of 8 lots, to the unit.
    assert_int_equal(ledger_pnl(L, &ins, STRATEGY_MAKER, 1).fees_e8 +
                         ledger_pnl(L, &ins, STRATEGY_FUNDING, 1).fees_e8,
                     12);
    assert_int_equal(ledger_pnl(L, &ins, STRATEGY_FUNDING, 1).fees_e8, 1);
}

static void liquidation_beyond_what_is_held_goes_to_external(void **state)
{
    (void)state;
    const struct instrument ins = grid_eth(1);
    book(&ins, fill_of(1, STRATEGY_MAKER, 2, 2600 * E8, 0));
    struct order_fill f = fill_of(1, STRATEGY_EXTERNAL, -5, 2500 * E8, 0);
    f.kind = FILL_LIQUIDATION;
    book(&ins, f);
    assert_int_equal(L->part[1][STRATEGY_MAKER].lots, 0);
    assert_int_equal(L->part[1][STRATEGY_EXTERNAL].lots, -3);
}

static void funding_follows_the_positions(void **state)
{
    (void)state;
    const struct instrument ins = grid_eth(1);
    book(&ins, fill_of(1, STRATEGY_MAKER, 2, 2600 * E8, 0));
    book(&ins, fill_of(1, STRATEGY_FUNDING, -3, 2600 * E8, 0));
    book(&ins, fill_of(1, STRATEGY_LATENCY, 3, 2600 * E8, 0)); // the running total passes through zero
    ledger_begin_step(L);
    ledger_funding(L, ++seq, &ins, VENUE_ASTER, CURRENCY_USDT, -1001);
    ledger_check(L);
    assert_int_equal(ledger_pnl(L, &ins, STRATEGY_MAKER, 1).funding_e8, -1001);
    assert_int_equal(ledger_pnl(L, &ins, STRATEGY_FUNDING, 1).funding_e8, 1502);
    assert_int_equal(ledger_pnl(L, &ins, STRATEGY_LATENCY, 1).funding_e8, -1502);
    assert_int_equal(wallet(), 50 * E8 - 1001);
}

// ------------------------------------------------------------------------------------------------ postings

static void every_movement_is_in_the_step(void **state)
{
    (void)state;
    const struct instrument ins = grid_eth(1);
    book(&ins, fill_of(1, STRATEGY_MAKER, 10, 2600 * E8, 0));
    struct order_fill f = fill_of(1, STRATEGY_MAKER, -10, 2601 * E8, 26010);
    memcpy(f.client_id, "ttm0000001-2", 13);
    book(&ins, f);
    size_t n;
    const struct posting *p = ledger_postings_of_step(L, &n);
    int64_t into_cash = 0;
    for (size_t i = 0; i < n; i++) {
        assert_true(p[i].amount_e8 > 0 && p[i].debit != p[i].credit);
        assert_int_equal(p[i].trade_id, f.trade_id);
        assert_string_equal(p[i].client_id, "ttm0000001-2");
        into_cash += p[i].debit == ACCOUNT_CASH    ? p[i].amount_e8
                     : p[i].credit == ACCOUNT_CASH ? -p[i].amount_e8
                                                   : 0;
    }
    assert_int_equal(n, 4);
    assert_int_equal(into_cash, 10 * E8 / 1000 - 26010);
    ledger_begin_step(L);
    ledger_postings_of_step(L, &n);
    assert_int_equal(n, 0);
}

static void a_fee_in_another_currency_leaves_this_wallet_alone(void **state)
{
    (void)state;
    const struct instrument ins = grid_eth(1);
    struct order_fill f = fill_of(1, STRATEGY_MAKER, 10, 2600 * E8, 77);
    f.fee_currency = CURRENCY_ETH;
    assert_int_equal(book(&ins, f).wallet_change_e8, 0);
    assert_int_equal(wallet(), 50 * E8);
    assert_int_equal(ledger_wallet_e8(L, VENUE_ASTER, CURRENCY_ETH), -77);
    assert_int_equal(ledger_sum_e8(L, CURRENCY_ETH), 0);
}

// ------------------------------------------------------------------------------------------ venues and spot

static struct instrument spot_eth(uint16_t id)
{
    struct instrument ins = grid_eth(id);
    ins.kind = INSTRUMENT_SPOT;
    ins.venue = VENUE_SPOT;
    return ins;
}

static int64_t cash(uint8_t venue, enum currency c)
{
    return ledger_wallet_e8(L, venue, c);
}

// Random spot trades with fees in either currency, beside futures trades at another venue, against wallets
// kept by hand as the two venues would keep them: price times quantity moves at once, a fee in base units
// eats the holding, and neither venue's cash ever moves for the other's fill.
static void each_venue_keeps_a_wallet_of_its_own_and_spot_pays_at_once(void **state)
{
    (void)state;
    const struct instrument spot = spot_eth(1), perp = grid_eth(2);
    ledger_begin_step(L);
    assert_true(ledger_open(L, ++seq, VENUE_SPOT, CURRENCY_USDT, 1000 * E8));
    assert_true(ledger_open(L, ++seq, VENUE_SPOT, CURRENCY_ETH, 3 * E8));
    int64_t usdt = 1000 * E8, eth = 3 * E8, futures = 50 * E8;
    struct rng g;
    rng_seed(&g, 77);
    for (int i = 0; i < 5000; i++) {
        const int64_t price_e8 = (int64_t)(2500 + rng_below(&g, 200)) * E8;
        const int64_t held = L->total[1].lots;
        int64_t lots = (int64_t)rng_below(&g, 20) + 1;
        lots = rng_below(&g, 2) && held > 0 ? -(lots < held ? lots : held) : lots;
        struct order_fill f = fill_of(1, STRATEGY_FUNDING, lots, price_e8, (int64_t)rng_below(&g, 9000));
        f.fee_currency = lots > 0 ? CURRENCY_ETH : CURRENCY_USDT;
        book(&spot, f);
        usdt -= instrument_notional_e8(&spot, price_e8, lots) + (lots > 0 ? 0 : f.fee_e8);
        eth += instrument_qty_e8(&spot, lots) - (lots > 0 ? f.fee_e8 : 0);
        futures += book(&perp, fill_of(2, STRATEGY_FUNDING, -lots, price_e8, 5)).wallet_change_e8;
        assert_int_equal(cash(VENUE_SPOT, CURRENCY_USDT), usdt);
        assert_int_equal(cash(VENUE_SPOT, CURRENCY_ETH), eth);
        assert_int_equal(cash(VENUE_ASTER, CURRENCY_USDT), futures);
        assert_int_equal(ledger_holding_e8(L, &spot), eth - 3 * E8); // what was there before is not ours
        // All profit on spot is in the wallet, or in what is held.
        const int64_t mark_e8 = 2600 * E8;
        const struct snap_pnl p = ledger_pnl_instrument(L, &spot, mark_e8);
        const int64_t worth = usdt - 1000 * E8 + muldiv_round(eth - 3 * E8, mark_e8, E8);
        assert_true(llabs(pnl_net_e8(&p) - worth) <= i + 2); // a unit of rounding per trade
    }
    assert_int_equal(cash(VENUE_SPOT, CURRENCY_USDC), 0);
}

static void a_wallet_is_matched_at_its_venue_only(void **state)
{
    (void)state;
    ledger_begin_step(L);
    assert_true(ledger_open(L, ++seq, VENUE_BINANCE, CURRENCY_USDT, 70 * E8));
    assert_int_equal(ledger_match_wallet(L, ++seq, VENUE_BINANCE, CURRENCY_USDT, 75 * E8), 5 * E8);
    assert_true(ledger_transfer(L, ++seq, VENUE_BINANCE, CURRENCY_USDT, -E8));
    assert_int_equal(cash(VENUE_BINANCE, CURRENCY_USDT), 74 * E8);
    assert_int_equal(ledger_capital_e8(L, VENUE_BINANCE, CURRENCY_USDT), 69 * E8);
    assert_int_equal(wallet(), 50 * E8);
    assert_int_equal(ledger_balance_e8(L, ACCOUNT_CASH, CURRENCY_USDT, INSTRUMENT_NONE, STRATEGY_NONE),
                     124 * E8);
    ledger_check(L);
}

// ------------------------------------------------------------------------------------------ reconciliation

static void an_unexplained_wallet_is_one_adjustment_once(void **state)
{
    (void)state;
    ledger_begin_step(L);
    assert_int_equal(ledger_match_wallet(L, ++seq, VENUE_ASTER, CURRENCY_USDT, 49 * E8), -E8);
    ledger_check(L);
    size_t n;
    const struct posting *p = ledger_postings_of_step(L, &n);
    assert_int_equal(n, 1);
    assert_int_equal(p[0].kind, POSTING_ADJUSTMENT);
    assert_int_equal(wallet(), 49 * E8);
    ledger_begin_step(L);
    assert_int_equal(ledger_match_wallet(L, ++seq, VENUE_ASTER, CURRENCY_USDT, 49 * E8), 0);
    ledger_postings_of_step(L, &n);
    assert_int_equal(n, 0);
    assert_int_equal(ledger_pnl_none(L, CURRENCY_USDT, STRATEGY_NONE).adjustment_e8, -E8);
}

static void a_unit_per_posting_is_rounding_and_not_more(void **state)
{
    (void)state;
    const struct instrument ins = grid_eth(1);
    book(&ins, fill_of(1, STRATEGY_MAKER, 10, 2600 * E8, 100)); // two postings
    ledger_begin_step(L);
    assert_int_equal(ledger_match_wallet(L, ++seq, VENUE_ASTER, CURRENCY_USDT, wallet() + 2), 0);
    assert_int_equal(-ledger_balance_e8(L, ACCOUNT_ROUNDING, CURRENCY_USDT, INSTRUMENT_NONE, STRATEGY_NONE),
                     2);
    book(&ins, fill_of(1, STRATEGY_MAKER, 10, 2600 * E8, 100));
    ledger_begin_step(L);
    assert_int_equal(ledger_match_wallet(L, ++seq, VENUE_ASTER, CURRENCY_USDT, wallet() + 3), 3);
    ledger_check(L);
}

static void an_unexplained_position_is_adjusted_without_inventing_profit(void **state)
{
    (void)state;
    const struct instrument ins = grid_eth(1);
    const int64_t mark = 2620 * E8;
    book(&ins, fill_of(1, STRATEGY_MAKER, 3, 2600 * E8, 0));
    // Truth at the venue: 2 more were bought at 2615, average 2606; the wallet did not move.
    ledger_begin_step(L);
    assert_int_equal(ledger_match_position(L, ++seq, &ins, STRATEGY_MAKER, 5, 2606 * E8), 2);
    ledger_check(L);
    struct snap_pnl p = ledger_pnl_instrument(L, &ins, mark);
    assert_int_equal(pnl_net_e8(&p), (3 * 20 + 2 * 5) * E8 / 1000);
    assert_int_equal(L->fills[1][STRATEGY_MAKER], 1); // never a synthetic fill
    ledger_begin_step(L);
    assert_int_equal(ledger_match_position(L, ++seq, &ins, STRATEGY_MAKER, 5, 2606 * E8), 0);
    // And 4 were sold at 2630 while we were blind: the wallet knows the profit.
    ledger_begin_step(L);
    ledger_match_position(L, ++seq, &ins, STRATEGY_MAKER, 1, 2606 * E8);
    ledger_match_wallet(L, ++seq, VENUE_ASTER, CURRENCY_USDT, 50 * E8 + 4 * 24 * E8 / 1000);
    ledger_check(L);
    p = ledger_pnl_instrument(L, &ins, mark);
    const struct snap_pnl none = ledger_pnl_none(L, CURRENCY_USDT, STRATEGY_NONE);
    pnl_add(&p, &none);
    assert_int_equal(pnl_net_e8(&p), (4 * 24 + 1 * 14) * E8 / 1000);
    assert_int_equal(L->total[1].lots, 1);
    assert_int_equal(position_entry_e8(&L->total[1], &ins), 2606 * E8);
    // Flat at the venue, which then knows no entry price.
    ledger_begin_step(L);
    ledger_match_position(L, ++seq, &ins, STRATEGY_MAKER, 0, 0);
    ledger_check(L);
    assert_int_equal(L->part[1][STRATEGY_MAKER].lots, 0);
}

static void a_position_found_at_the_start_has_no_history(void **state)
{
    (void)state;
    const struct instrument ins = grid_eth(1);
    ledger_begin_step(L);
    ledger_open_position(L, ++seq, &ins, STRATEGY_EXTERNAL, -8, 2600 * E8);
    ledger_check(L);
    struct snap_pnl p = ledger_pnl_instrument(L, &ins, 2600 * E8);
    assert_int_equal(pnl_net_e8(&p), 0);
    p = ledger_pnl_instrument(L, &ins, 2590 * E8);
    assert_int_equal(p.unrealised_e8, 8 * 10 * E8 / 1000);
    assert_int_equal(wallet(), 50 * E8);
}

static void random_reconciliations_keep_the_identity(void **state)
{
    (void)state;
    const struct instrument ins = grid_eth(1);
    struct rng g;
    rng_seed(&g, 3);
    for (int k = 0; k < 5000; k++) {
        const int64_t price = (260000 + (int64_t)rng_below(&g, 999)) * ins.tick_e8;
        ledger_begin_step(L);
        if (rng_below(&g, 3)) {
            const struct order_fill f = fill_of(1, rng_below(&g, 2) ? STRATEGY_MAKER : STRATEGY_FUNDING,
                                                (int64_t)rng_below(&g, 19) * 2 - 19, price, 5);
            assert_true(ledger_fill(L, ++seq, &ins, &f).posted);
        } else {
            ledger_match_position(L, ++seq, &ins, STRATEGY_MAKER, (int64_t)rng_below(&g, 41) - 20, price);
        }
        ledger_check(L);
        const int64_t unrealised = position_unrealised_e8(&L->total[1], &ins, price);
        const int64_t marks[1] = {price};
        assert_int_equal(net_of_everything(&ins, marks, 1), wallet() - 50 * E8 + unrealised);
    }
}

// ---------------------------------------------------------------------------------------------- odd worlds

static void a_finer_lot_keeps_the_quantity(void **state)
{
    (void)state;
    const struct instrument ins = grid_eth(1);
    book(&ins, fill_of(1, STRATEGY_MAKER, 3, 2600 * E8, 0));
    assert_true(ledger_relot(L, 1, ins.lot_e8, ins.lot_e8 / 100));
    assert_int_equal(L->part[1][STRATEGY_MAKER].lots, 300);
    assert_int_equal(L->total[1].lots, 300);
    assert_true(ledger_relot(L, 1, ins.lot_e8 / 100, ins.lot_e8));
    assert_false(ledger_relot(L, 1, ins.lot_e8, ins.lot_e8 * 2)); // 3 do not fit pairs
    assert_int_equal(L->total[1].lots, 3);
    ledger_check(L);
}

static void absurd_amounts_are_not_posted(void **state)
{
    (void)state;
    const struct instrument ins = grid_eth(1);
    assert_false(book(&ins, fill_of(1, STRATEGY_MAKER, INT64_C(1) << 50, INT64_C(1) << 59, 0)).posted);
    assert_false(book(&ins, fill_of(1, STRATEGY_MAKER, INT64_MIN, E8, 0)).posted);
    assert_false(book(&ins, fill_of(1, STRATEGY_MAKER, 1, 2600 * E8, INT64_MIN)).posted);
    assert_false(ledger_open(L, ++seq, VENUE_ASTER, CURRENCY_USDC, INT64_MIN));
    assert_false(ledger_funding(L, ++seq, &ins, VENUE_ASTER, CURRENCY_USDT, INT64_MIN));
    assert_false(ledger_transfer(L, ++seq, VENUE_ASTER, CURRENCY_USDT, INT64_MAX));
    assert_true(ledger_match_wallet(L, ++seq, VENUE_ASTER, CURRENCY_USDT, INT64_MIN) != 0);
    assert_true(ledger_match_position(L, ++seq, &ins, STRATEGY_MAKER, INT64_MIN, E8) != 0);
    assert_true(ledger_match_position(L, ++seq, &ins, STRATEGY_MAKER, INT64_MAX, INT64_MAX) != 0);
    ledger_check(L);
    assert_int_equal(wallet(), 50 * E8);
    assert_int_equal(L->total[1].lots, 0);
    // And many that are each just allowed do not add up to a crash.
    for (int i = 0; i < 40; i++) {
        ledger_begin_step(L);
        ledger_transfer(L, ++seq, VENUE_ASTER, CURRENCY_USDT, LEDGER_AMOUNT_MAX_E8);
        book(&ins, fill_of(1, STRATEGY_MAKER, 300000000, 3000 * E8, 0));
    }
    ledger_check(L);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(the_account_of_quant_12_2),
        T(random_fills_against_the_plain_cash_flow),
        T(opposite_strategies_realise_at_other_times_than_the_account),
        T(a_seam_closes_every_strategy_and_is_booked_as_seam),
        T(the_kill_closes_in_slices_for_those_who_hold),
        T(liquidation_beyond_what_is_held_goes_to_external),
        T(funding_follows_the_positions),
        T(every_movement_is_in_the_step),
        T(a_fee_in_another_currency_leaves_this_wallet_alone),
        T(each_venue_keeps_a_wallet_of_its_own_and_spot_pays_at_once),
        T(a_wallet_is_matched_at_its_venue_only),
        T(an_unexplained_wallet_is_one_adjustment_once),
        T(a_unit_per_posting_is_rounding_and_not_more),
        T(an_unexplained_position_is_adjusted_without_inventing_profit),
        T(a_position_found_at_the_start_has_no_history),
        T(random_reconciliations_keep_the_identity),
        T(a_finer_lot_keeps_the_quantity),
        T(absurd_amounts_are_not_posted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
