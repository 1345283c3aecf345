// SPDX-License-Identifier: Apache-2.0
// Tries to break the maker: quotes that cross, leave the grid, exceed a cap or fall below the venue's minimum
// under random markets; numbers that are not known turned into quotes; a post-only storm; an inventory at its
// limit that still adds; and the arrival fit against data with a known answer.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "engine/strategy/arrival.h"
#include "engine/strategy/maker.h"
#include "engine/strategy/quoting.h"
#include "support/fake_venue.h"

static struct instrument ETH;
static struct engine_config CONFIG;
static struct maker M;
static struct maker_plan P;

// ETHUSDT at 2680 with a touch of one tick, the shipped configuration, flat.
static struct maker_input usual(void)
{
    ETH = fv_eth(0);
    engine_config_default(&CONFIG);
    memset(&M, 0, sizeof M);
    return (struct maker_input){.ins = &ETH,
                                .config = &CONFIG.maker,
                                .now_ns = 1000 * NS_PER_S,
                                .bid_ticks = 268000,
                                .ask_ticks = 268001,
                                .mark_e8 = 2680 * E8,
                                .sigma_rel = 2e-5,
                                .orders_per_s = 5,
                                .arrival_a = NAN,
                                .arrival_k = NAN,
                                .vpin = 0.3,
                                .widen = 1,
                                .cap_lots = 9,
                                .order_cap_e8 = 10 * E8,
                                .smallest_lots = 2};
}

static void test_fees_set_the_floor(void **state)
{
    (void)state;
    struct maker_input in = usual();
    in.sigma_rel = 1e-7;
    maker_decide(&M, &in, &P);
    assert_int_equal(P.reason, MAKER_QUOTING);
    assert_int_equal(P.fee_floor, 1);
    // 2 x 2680 x (1.0 + 0.1) bp = 0.5896: half of it on each side of 2680.005, rounded outward.
    assert_int_equal(P.bid[0].price_ticks, 267971);
    assert_int_equal(P.ask[0].price_ticks, 268030);
    assert_int_equal(P.bid[0].qty_lots, 2);
    CONFIG.maker.max_spread_e8 = 20000; // 2 bp: below the floor
    maker_decide(&M, &in, &P);
    assert_int_equal(P.reason, MAKER_SPREAD_CAP);
    assert_int_equal(P.bid[0].price_ticks, 0);
}

static void test_volatility_and_activity_move_the_spread(void **state)
{
    (void)state;
    struct maker_input in = usual();
    in.sigma_rel = 1e-3;
    maker_decide(&M, &in, &P);
    double wide = P.spread_ticks;
    // sqrt(2) x sigma x sqrt(1 / rate), in ticks
    assert_true(fabs(wide - sqrt(2.0 / 5) * 1e-3 * 2680.005 * 100) < 1e-6);
    in.orders_per_s = 20;
    maker_decide(&M, &in, &P);
    assert_true(fabs(P.spread_ticks - wide / 2) < 1e-6);
    in.vpin = 0.9;
    maker_decide(&M, &in, &P);
    assert_true(fabs(P.spread_ticks - wide) < 1e-6);
    in.vpin = NAN; // not known: no widening, but a quote
    in.spread_adjust_ticks = 7;
    maker_decide(&M, &in, &P);
    assert_true(fabs(P.spread_ticks - wide / 2 - 14) < 1e-6);
}

static void test_unknown_means_no_quote(void **state)
{
    (void)state;
    struct maker_input good = usual();
    for (int k = 0; k < 9; k++) {
        struct maker_input in = good;
        CONFIG.maker.model = k == 8 ? SPREAD_GLFT : SPREAD_SPECIFIED;
        switch (k) {
        case 0:
            in.sigma_rel = NAN;
            break;
        case 1:
            in.sigma_rel = INFINITY;
            break;
        case 2:
            in.orders_per_s = NAN;
            break;
        case 3:
            in.orders_per_s = 0;
            break;
        case 4:
            in.bid_ticks = 0;
            break;
        case 5:
            in.ask_ticks = in.bid_ticks;
            break;
        case 6:
            in.mark_e8 = 0;
            break;
        case 7:
            in.smallest_lots = 0;
            break;
        default:
            break; // GLFT without a fit
        }
        maker_decide(&M, &in, &P);
        assert_int_not_equal(P.reason, MAKER_QUOTING);
        for (int l = 0; l < MAKER_LAYERS_MAX; l++) {
            assert_int_equal(P.bid[l].price_ticks | P.ask[l].price_ticks, 0);
        }
    }
}

static void test_inventory_leans_and_then_closes_a_side(void **state)
{
    (void)state;
    struct maker_input in = usual();
    maker_decide(&M, &in, &P);
    int64_t flat_bid = P.bid[0].price_ticks, flat_ask = P.ask[0].price_ticks;
    in.position_lots = 4;
    maker_decide(&M, &in, &P);
    assert_true(P.bid[0].price_ticks < flat_bid && P.ask[0].price_ticks < flat_ask);
    in.position_lots = 8; // one lot of room, the venue's minimum is two
    maker_decide(&M, &in, &P);
    assert_int_equal(P.bid[0].price_ticks, 0);
    assert_true(P.ask[0].price_ticks > 0);
    assert_int_equal(P.side_closed, 1);
    in.position_lots = -9;
    maker_decide(&M, &in, &P);
    assert_int_equal(P.ask[0].price_ticks, 0);
    assert_true(P.bid[0].price_ticks > 0);
}

static void test_capital_that_does_not_fit_is_said(void **state)
{
    (void)state;
    struct maker_input in = usual();
    in.cap_lots = 1;
    maker_decide(&M, &in, &P);
    assert_int_equal(P.reason, MAKER_CAPITAL);
    char why[96];
    maker_why(&P, &ETH, why, sizeof why);
    assert_non_null(strstr(why, "smallest order"));
    in = usual();
    in.order_cap_e8 = 5 * E8; // two lots are 5.36
    maker_decide(&M, &in, &P);
    assert_int_equal(P.reason, MAKER_CAPITAL);
}

static void test_five_crossings_back_off(void **state)
{
    (void)state;
    struct maker_input in = usual();
    maker_decide(&M, &in, &P);
    int64_t usual_bid = P.bid[0].price_ticks;
    for (int k = 0; k < 5; k++) {
        in.now_ns += 100 * NS_PER_MS;
        maker_on_crossed(&M, SIDE_BUY, in.now_ns);
        maker_decide(&M, &in, &P);
        assert_int_equal(P.bid[0].price_ticks, 0); // at least until the next book update
        assert_true(k == 4 || P.ask[0].price_ticks > 0);
        maker_on_market(&M);
    }
    assert_int_equal(P.reason, MAKER_BACKOFF);
    assert_int_equal(maker_deadline(&M, in.now_ns), in.now_ns + NS_PER_S);
    in.now_ns += NS_PER_S;
    maker_decide(&M, &in, &P);
    assert_int_equal(P.bid[0].price_ticks, usual_bid - 1); // and one tick further out
    in.now_ns += 10 * NS_PER_S;
    maker_decide(&M, &in, &P);
    assert_int_equal(P.bid[0].price_ticks, usual_bid);
}

static void check_plan(const struct maker_input *in)
{
    int64_t buy = 0, sell = 0;
    for (uint32_t l = 0; l < MAKER_LAYERS_MAX; l++) {
        const struct maker_quote *b = &P.bid[l], *a = &P.ask[l];
        if (b->price_ticks) {
            assert_true(b->price_ticks < in->ask_ticks && b->price_ticks > 0);
            assert_true(b->qty_lots >= in->smallest_lots);
            assert_true(instrument_notional_e8(&ETH, b->price_ticks * ETH.tick_e8, b->qty_lots) >=
                        ETH.min_notional_e8);
            buy += b->qty_lots;
        }
        if (a->price_ticks) {
            assert_true(a->price_ticks > in->bid_ticks);
            assert_true(a->qty_lots >= in->smallest_lots);
            sell += a->qty_lots;
        }
        assert_true(!b->price_ticks || !P.ask[0].price_ticks || b->price_ticks < P.ask[0].price_ticks);
    }
    assert_true(buy == 0 || in->position_lots + buy <= in->cap_lots);
    assert_true(sell == 0 || -in->position_lots + sell <= in->cap_lots);
}

static void test_random_markets_never_break_the_rules(void **state)
{
    (void)state;
    struct rng r;
    rng_seed(&r, 7);
    int quoted = 0;
    for (int n = 0; n < 20000; n++) {
        struct maker_input in = usual();
        CONFIG.maker.model = n % 2 ? SPREAD_GLFT : SPREAD_SPECIFIED;
        CONFIG.maker.layers = (uint8_t)(1 + rng_below(&r, 8));
        CONFIG.maker.layer_step_ticks = 1 + (int64_t)rng_below(&r, 20);
        CONFIG.maker.gamma_e8 = (int64_t)rng_below(&r, 2 * E8);
        CONFIG.maker.order_value_e8 = (int64_t)rng_below(&r, 100 * E8);
        in.bid_ticks = 100000 + (int64_t)rng_below(&r, 300000);
        in.ask_ticks = in.bid_ticks + 1 + (int64_t)rng_below(&r, 200);
        in.mark_e8 = (in.bid_ticks + (int64_t)rng_below(&r, 100) - 50) * ETH.tick_e8;
        in.sigma_rel = (double)rng_below(&r, 1000000) * 1e-9;
        in.orders_per_s = (double)rng_below(&r, 1000) * 0.05;
        in.arrival_a = (double)rng_below(&r, 1000) * 0.01;
        in.arrival_k = (double)rng_below(&r, 1000) * 0.001;
        in.vpin = (double)rng_below(&r, 1000) * 0.001;
        in.cap_lots = (int64_t)rng_below(&r, 60);
        in.position_lots = (int64_t)rng_below(&r, 121) - 60;
        in.order_cap_e8 = (int64_t)rng_below(&r, 200 * E8);
        in.smallest_lots = 5 * E8 / instrument_notional_e8(&ETH, in.mark_e8 / 200 * 199, 1) + 1;
        in.spread_adjust_ticks = (int32_t)rng_below(&r, 41) - 20;
        in.size_steps = (int32_t)rng_below(&r, 21) - 10;
        maker_decide(&M, &in, &P);
        check_plan(&in);
        quoted += P.reason == MAKER_QUOTING;
    }
    assert_true(quoted > 5000); // the test must have seen quotes
}

// --------------------------------------------------------------------------------------------- arrival

// Trades whose reach is drawn so that P(depth >= d) per step = p exp(-k d): the fit must find k and the rate.
static void test_arrival_fit_finds_what_was_put_in(void **state)
{
    (void)state;
    static struct arrival a;
    memset(&a, 0, sizeof a);
    struct rng r;
    rng_seed(&r, 3);
    const double p = 0.4, k = 0.05;
    int64_t t = NS_PER_S, mid2 = 2 * 268000 + 1;
    arrival_on_time(&a, t, mid2);
    for (int n = 0; n < 9000; n++) { // longer than the ring: old steps must leave
        for (int side = -1; side <= 1; side += 2) {
            double u = (double)rng_below(&r, 1000000) / 1e6;
            if (u < p) {
                double depth = -log(u / p) / k; // ticks beyond the touch at 0.5
                arrival_on_trade(&a, (enum side)side,
                                 side > 0 ? 268001 + (int64_t)depth : 268000 - (int64_t)depth);
            }
        }
        t += 100 * NS_PER_MS;
        arrival_on_time(&a, t, mid2);
    }
    assert_int_equal(a.filled, ARRIVAL_STEPS);
    assert_int_equal(a.fitted, 1);
    assert_true(fabs(a.k - k) < 0.1 * k);
    assert_true(fabs(arrival_rate(&a, 0.5) - p * 10) < 0.15 * p * 10);
    uint32_t steps = 0;
    for (size_t i = 0; i < ARRIVAL_DEPTHS + 2; i++) {
        steps += a.histogram[i];
    }
    assert_int_equal(steps, 2 * ARRIVAL_STEPS);
}

static void test_arrival_gap_counts_nothing_false(void **state)
{
    (void)state;
    static struct arrival a;
    memset(&a, 0, sizeof a);
    arrival_on_time(&a, NS_PER_S, 1000);
    arrival_on_trade(&a, SIDE_BUY, 510);
    arrival_break(&a);
    arrival_on_trade(&a, SIDE_BUY, 560); // mid unknown: no distance
    arrival_on_time(&a, 2 * NS_PER_S, 1000);
    assert_int_equal(a.filled, 0);
    arrival_on_time(&a, 4000 * NS_PER_S, 1000); // an hour of silence: bounded work
    assert_int_equal(a.filled, ARRIVAL_STEPS);
    assert_int_equal(a.histogram[0], 2 * ARRIVAL_STEPS);
    assert_true(isnan(arrival_rate(&a, 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fees_set_the_floor),
        cmocka_unit_test(test_volatility_and_activity_move_the_spread),
        cmocka_unit_test(test_unknown_means_no_quote),
        cmocka_unit_test(test_inventory_leans_and_then_closes_a_side),
        cmocka_unit_test(test_capital_that_does_not_fit_is_said),
        cmocka_unit_test(test_five_crossings_back_off),
        cmocka_unit_test(test_random_markets_never_break_the_rules),
        cmocka_unit_test(test_arrival_fit_finds_what_was_put_in),
        cmocka_unit_test(test_arrival_gap_counts_nothing_false),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
