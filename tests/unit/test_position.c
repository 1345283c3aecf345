// SPDX-License-Identifier: Apache-2.0
// Tries to break position.c: random fills through zero and back, with steps whose products do not fit 1e-8
// exactly. The cost must equal cash paid plus profit realised to the last unit after each fill, a flat
// position must hold no money, and a naive recomputation in 128 bits from the list of fills must agree.
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "base/rng.h"
#include "engine/market/position.h"

static const struct instrument GRIDS[] = {
    {.kind = INSTRUMENT_LINEAR, .tick_e8 = 10000000, .lot_e8 = 100000, .contract_e8 = E8},
    {.kind = INSTRUMENT_LINEAR, .tick_e8 = 1000, .lot_e8 = E8, .contract_e8 = E8},
    {.kind = INSTRUMENT_LINEAR, .tick_e8 = 7, .lot_e8 = 13, .contract_e8 = E8}, // rounds at every fill
    {.kind = INSTRUMENT_LINEAR,
     .tick_e8 = 100,
     .lot_e8 = 3000,
     .contract_e8 = 1000 * E8}, // a "1000X" contract
};

// The same rules written once more, with money in 1e-16 and 128 bits: its rounding is far below one unit of
// ours.
struct naive {
    __int128 lots, cost_e16, realised_e16;
};

static __int128 magnitude(__int128 v)
{
    return v < 0 ? -v : v;
}

static void naive_fill(struct naive *n, int64_t lots, __int128 per_lot_e16)
{
    if (n->lots == 0 || (n->lots > 0) == (lots > 0)) {
        n->cost_e16 += lots * per_lot_e16;
        n->lots += lots;
        return;
    }
    __int128 closed = magnitude(lots) < magnitude(n->lots) ? magnitude(lots) : magnitude(n->lots);
    if (n->lots < 0) {
        closed = -closed;
    }
    __int128 released = n->cost_e16 * closed / n->lots;
    n->realised_e16 += closed * per_lot_e16 - released;
    n->cost_e16 -= released;
    n->lots -= closed;
    __int128 rest = lots + closed;
    n->cost_e16 += rest * per_lot_e16;
    n->lots += rest;
}

static __int128 per_lot(const struct instrument *g, int64_t price_e8)
{
    return (__int128)price_e8 * g->lot_e8 * (g->contract_e8 / E8);
}

// Each fill may round twice by half a unit.
static void near(__int128 got_e8, __int128 want_e16, int fills)
{
    assert_true(magnitude(got_e8 * E8 - want_e16) <= (__int128)fills * E8);
}

static void run_random(const struct instrument *g, uint64_t seed)
{
    struct rng r;
    rng_seed(&r, seed);
    struct position p = {0, 0};
    struct naive n = {0, 0, 0};
    __int128 paid = 0;
    __int128 realised = 0;
    for (int i = 0; i < 400; i++) {
        int64_t price_e8 = (int64_t)(5000 + rng_below(&r, 5000)) * g->tick_e8 + (int64_t)rng_below(&r, 3);
        int64_t lots = (int64_t)rng_below(&r, 2001) - 1000;
        if (rng_below(&r, 8) == 0) {
            lots = -p.lots;
        }
        if (lots == 0) {
            continue;
        }
        paid += instrument_notional_e8(g, price_e8, lots);
        realised += position_fill(&p, g, lots, price_e8);
        naive_fill(&n, lots, per_lot(g, price_e8));
        assert_true(p.lots == n.lots);
        assert_true(p.cost_e8 == paid + realised);
        assert_true(p.lots != 0 || p.cost_e8 == 0);
        near(realised, n.realised_e16, i + 1);
        near(p.cost_e8, n.cost_e16, i + 1);
        // net identity of quant.md 12.2: realised + unrealised = position at mark - cash paid
        int64_t mark = 7777 * g->tick_e8;
        assert_true(realised + position_unrealised_e8(&p, g, mark) ==
                    instrument_notional_e8(g, mark, p.lots) - paid);
    }
}

static void test_random_fills(void **state)
{
    (void)state;
    for (size_t g = 0; g < sizeof GRIDS / sizeof GRIDS[0]; g++) {
        for (uint64_t seed = 1; seed <= 200; seed++) {
            run_random(&GRIDS[g], seed * 1000 + g);
        }
    }
}

// quant.md 12.2: +2 @ 100, +1 @ 101, -2 @ 102, -3 @ 99, mark 98.5.
static void test_worked_example(void **state)
{
    (void)state;
    const struct instrument g = {
        .kind = INSTRUMENT_LINEAR, .tick_e8 = 1000000, .lot_e8 = E8, .contract_e8 = E8};
    struct position p = {0, 0};
    int64_t realised = position_fill(&p, &g, 2, 100 * E8);
    realised += position_fill(&p, &g, 1, 101 * E8);
    assert_int_equal(position_entry_e8(&p, &g), 10033333333);
    realised += position_fill(&p, &g, -2, 102 * E8);
    realised += position_fill(&p, &g, -3, 99 * E8);
    assert_int_equal(realised, 2 * E8);
    assert_int_equal(p.lots, -2);
    assert_int_equal(position_entry_e8(&p, &g), 99 * E8);
    assert_int_equal(position_unrealised_e8(&p, &g, 9850000000), E8);
    position_fill(&p, &g, 2, 98 * E8);
    assert_int_equal(p.cost_e8, 0);
    assert_int_equal(position_entry_e8(&p, &g), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_fills),
        cmocka_unit_test(test_worked_example),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
