// SPDX-License-Identifier: Apache-2.0
// Tries to get a forbidden order through the door, one refusal at a time; then losses, days, ceilings, the
// kill's own path, and the lines for people. The second opinion on every limit at once is test_risk_fuzz.c.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/check.h"
#include "base/rng.h"
#include "engine/risk/sizing.h"
#include "unit/risk_rig.h"

#define DAY (INT64_C(86400) * SECOND)

static struct order_intent eth(int8_t side, int64_t ticks, int64_t lots)
{
    return (struct order_intent){.instrument = ETH,
                                 .strategy = STRATEGY_MAKER,
                                 .side = side,
                                 .tif = TIF_GTX,
                                 .price_ticks = ticks,
                                 .qty_lots = lots};
}

static enum refusal try(struct order_intent in)
{
    struct approved_order *a = risk_approve(&W->r, &in, &W->o.exposures, W->now, &W->v);
    assert_true((a != NULL) == (W->v.refusal == REFUSED_NOT));
    assert_true((a != NULL) == (W->v.text[0] == '\0')); // every refusal says something
    assert_true(strlen(W->v.text) < sizeof W->v.text);
    struct action act;
    if (a != NULL) {
        order_place(&W->o, a, (struct order_stamp){.seq = 1, .mono_ns = W->now}, &act);
        orders_check(&W->o);
    }
    return (enum refusal)W->v.refusal;
}

#define REFUSED(intent, why, words)                                                                          \
    do {                                                                                                     \
        assert_int_equal(try(intent), why);                                                                  \
        if (strstr(W->v.text, words) == NULL) {                                                              \
            fail_msg("text is \"%s\"", W->v.text);                                                           \
        }                                                                                                    \
    } while (0)

// ---------------------------------------------------------------------------------------------- one by one

static void nothing_known_is_nothing_allowed(void **state)
{
    (void)state;
    struct risk_config c = {0};
    risk_init(&W->r, &c, 50 * E8);
    assert_int_not_equal(try(eth(SIDE_BUY, 260000, 2)), REFUSED_NOT);
    for (int i = 0; i < LIMIT_COUNT; i++) { // a limit that is missing is a limit of zero
        fresh();
        W->r.config.limit[i] = 0;
        risk_on_equity(&W->r, W->r.equity_e8, 0);
        struct order_intent in = eth(SIDE_BUY, 260000 - 1, 2);
        assert_int_not_equal(try(in), REFUSED_NOT);
    }
}

static void states(void **state)
{
    (void)state;
    static const struct {
        uint8_t program, instrument;
        enum refusal plain, reduce;
    } CASES[] = {
        {TS_RUN, TS_RUN, REFUSED_NOT, REFUSED_NOT},       {TS_REDUCE, TS_RUN, REFUSED_STATE, REFUSED_NOT},
        {TS_RUN, TS_REDUCE, REFUSED_STATE, REFUSED_NOT},  {TS_QUIET, TS_RUN, REFUSED_STATE, REFUSED_STATE},
        {TS_RUN, TS_QUIET, REFUSED_STATE, REFUSED_STATE}, {TS_KILLED, TS_RUN, REFUSED_STATE, REFUSED_STATE},
        {TS_HALT, TS_RUN, REFUSED_STATE, REFUSED_STATE},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        fresh();
        W->r.fact[ETH].position_lots = 10;
        W->r.trading_state = CASES[i].program;
        W->r.fact[ETH].trading_state = CASES[i].instrument;
        struct order_intent in = eth(SIDE_SELL, 260001, 4);
        assert_int_equal(try(in), CASES[i].plain);
        in.reduce_only = 1;
        in.price_ticks++;
        assert_int_equal(try(in), CASES[i].reduce);
    }
}

static void facts(void **state)
{
    (void)state;
    struct risk_fact *f = &W->r.fact[ETH];
    const struct risk_fact good = *f;
    const struct order_intent in = eth(SIDE_BUY, 260000, 2);
    f->book_state = BOOK_SYNCING;
    REFUSED(in, REFUSED_BOOK, "not live");
    *f = good;
    f->book_suspect = 1;
    REFUSED(in, REFUSED_BOOK, "suspect");
    *f = good;
    W->now += 1500000001;
    f->mark_mono_ns = W->now;
    REFUSED(in, REFUSED_BOOK, "1.5 s old");
    f->book_stale_ns = 4 * SECOND; // a slow stream has a longer measure
    assert_int_equal(try(in), REFUSED_NOT);
    *f = good;
    f->book_mono_ns = W->now;
    W->now += 6 * SECOND;
    f->book_mono_ns = W->now;
    REFUSED(in, REFUSED_MARK, "old");
    f->mark_e8 = 0;
    REFUSED(in, REFUSED_MARK, "unknown");
    *f = good;
    f->book_mono_ns = f->mark_mono_ns = W->now;
    f->def.status = INSTRUMENT_HALTED;
    REFUSED(in, REFUSED_INSTRUMENT, "halted");
    f->def.status = INSTRUMENT_TRADING;
    f->def.kind = INSTRUMENT_INVERSE;
    REFUSED(in, REFUSED_INSTRUMENT, "read-only");
    f->def.kind = INSTRUMENT_LINEAR;
    f->missed_fill = 1;
    REFUSED(in, REFUSED_MISSED_FILL, "ETHUSDT: a fill is missing");
    f->missed_fill = 0;
    W->r.equity_known = 0;
    REFUSED(in, REFUSED_EQUITY, "no account read");
    W->r.equity_known = 1;
    f->def.tick_e8 = 0;
    REFUSED(in, REFUSED_INSTRUMENT, "not known");
}

static void prices(void **state)
{
    (void)state;
    W->r.config.limit[LIMIT_COLLAR] = E8 / 100; // 1 % of 2600 = 26.00
    REFUSED(eth(SIDE_BUY, 257399, 2), REFUSED_COLLAR, "price 2573.99 is 1.00 % from mark, collar 1.00 %");
    assert_int_equal(try(eth(SIDE_BUY, 257400, 2)), REFUSED_NOT);
    REFUSED(eth(SIDE_SELL, 262601, 2), REFUSED_COLLAR, "collar 1.00 %");
    W->r.config.limit[LIMIT_COLLAR] = E8 / 2;
    REFUSED(eth(SIDE_BUY, 246999, 3), REFUSED_PRICE, "below the venue's band from 2470.00");
    REFUSED(eth(SIDE_SELL, 273001, 2), REFUSED_PRICE, "above the venue's band to 2730.00");
    assert_int_equal(try(eth(SIDE_SELL, 273000, 2)), REFUSED_NOT);
    W->r.fact[ETH].mark_e8 = 40 * E8;
    REFUSED(eth(SIDE_BUY, 3985, 200), REFUSED_PRICE, "below the venue's minimum 39.86");
    W->r.fact[ETH].def.max_price_ticks = 4001;
    REFUSED(eth(SIDE_SELL, 4002, 200), REFUSED_PRICE, "above the venue's maximum 40.01");
}

static void quantities_and_values(void **state)
{
    (void)state;
    W->r.fact[ETH].def.min_qty_lots = 2;
    REFUSED(eth(SIDE_BUY, 260000, 1), REFUSED_QTY, "quantity 0.001 below the venue's minimum 0.002");
    REFUSED(eth(SIDE_BUY, 260000, 10000001), REFUSED_QTY, "above the venue's maximum 10000.000");
    W->r.fact[ETH].def.min_qty_lots = 1;
    REFUSED(eth(SIDE_BUY, 260000, 1), REFUSED_NOTIONAL, "worth 2.60, the venue takes 5.00");
    W->r.config.limit[LIMIT_ORDER_VALUE] = 10 * E8;
    REFUSED(eth(SIDE_BUY, 260000, 4), REFUSED_ORDER_VALUE, "order value 10.40 over limit 10.00");
    assert_int_equal(try(eth(SIDE_BUY, 250000, 4)), REFUSED_NOT); // 10.00 is not over 10.00
    struct order_intent in = eth(SIDE_SELL, 260000, 1);
    in.reduce_only = 1;
    W->r.fact[ETH].position_lots = 1;
    assert_int_equal(try(in), REFUSED_NOT); // reducing is exempt from the minimum notional
}

static void the_worst_case_counts_everything_that_may_fill(void **state)
{
    (void)state;
    W->r.config.limit[LIMIT_POSITION_VALUE] = 26 * E8; // 0.010 ETH at 2600
    W->r.fact[ETH].position_lots = 4;
    assert_int_equal(try(eth(SIDE_BUY, 259990, 3)), REFUSED_NOT);
    REFUSED(eth(SIDE_BUY, 259980, 4), REFUSED_POSITION, "position would reach 28.60 over limit 26.00");
    assert_int_equal(try(eth(SIDE_BUY, 259980, 3)), REFUSED_NOT);
    assert_int_equal(try(eth(SIDE_SELL, 260010, 14)), REFUSED_NOT); // from +4 to -10
    REFUSED(eth(SIDE_SELL, 260010, 2), REFUSED_POSITION, "over limit");
    // Doubt keeps its place in the sum.
    struct event ev;
    event_init(&ev, EV_ORDER, ETH, 0);
    memcpy(ev.u.order.client_id, W->o.slot[0].client_id, CLIENT_ID_MAX);
    ev.u.order.kind = RK_DOUBT;
    order_apply(&W->o, &ev);
    REFUSED(eth(SIDE_BUY, 259980, 2), REFUSED_POSITION, "over limit");
}

static void gross_is_over_all_instruments(void **state)
{
    (void)state;
    W->r.config.limit[LIMIT_GROSS_VALUE] = 100 * E8;
    W->r.fact[BTC].position_lots = -1;                             // 61.80
    assert_int_equal(try(eth(SIDE_BUY, 260000, 14)), REFUSED_NOT); // 36.40
    REFUSED(eth(SIDE_BUY, 259999, 2), REFUSED_GROSS, "gross exposure would reach 103.40 over limit 100.00");
    assert_int_equal(try(eth(SIDE_SELL, 260001, 14)),
                     REFUSED_NOT); // the other side's worst case is no larger
    W->r.fact[BTC].mark_e8 = 0;
    REFUSED(eth(SIDE_SELL, 260001, 2), REFUSED_GROSS, "no mark");
}

static void limits_shrink_with_equity_below_capital(void **state)
{
    (void)state;
    W->r.capital_e8 = 50 * E8;
    risk_start(&W->r, 50 * E8, 0, 0);
    W->r.config.limit[LIMIT_POSITION_VALUE] = 26 * E8;
    assert_int_equal(risk_limit_in_force_e8(&W->r, LIMIT_POSITION_VALUE), 26 * E8);
    risk_on_equity(&W->r, 45 * E8, 0);
    assert_int_equal(risk_limit_in_force_e8(&W->r, LIMIT_POSITION_VALUE), 2340000000);
    REFUSED(eth(SIDE_BUY, 260000, 10), REFUSED_POSITION, "limit 23.40");
    risk_on_equity(&W->r, 500 * E8, 0); // gains do not raise it
    assert_int_equal(risk_limit_in_force_e8(&W->r, LIMIT_POSITION_VALUE), 26 * E8);
    risk_on_equity(&W->r, -E8, 0);
    assert_int_equal(risk_limit_in_force_e8(&W->r, LIMIT_GROSS_VALUE), 0);
}

static void o14_own_orders_do_not_cross(void **state)
{
    (void)state;
    assert_int_equal(try(eth(SIDE_SELL, 260010, 2)), REFUSED_NOT);
    struct order_intent in = eth(SIDE_BUY, 260010, 2);
    in.strategy = STRATEGY_FUNDING; // another strategy is still us
    in.tif = TIF_IOC;
    REFUSED(in, REFUSED_SELF_CROSS, "price 2600.10 would trade with our own order at 2600.10");
    in.price_ticks--;
    assert_int_equal(try(in), REFUSED_NOT);
    REFUSED(eth(SIDE_SELL, 260009, 2), REFUSED_SELF_CROSS, "our own order");
}

static void counts_and_pace(void **state)
{
    (void)state;
    W->r.config.limit[LIMIT_OPEN_ORDERS] = 3;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(try(eth(SIDE_BUY, 260000 - i, 2)), REFUSED_NOT);
    }
    REFUSED(eth(SIDE_BUY, 259990, 2), REFUSED_OPEN_ORDERS, "3 orders are open, limit 3");
    W->r.fact[ETH].def.max_open_orders = 2; // the venue's own, when it is smaller
    REFUSED(eth(SIDE_BUY, 259990, 2), REFUSED_OPEN_ORDERS, "limit 2");
    fresh();
    W->r.config.limit[LIMIT_ORDER_RATE] = 5;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(try(eth(SIDE_BUY, 260000 - i, 2)), REFUSED_NOT);
        W->now += SECOND / 10;
    }
    risk_note_cancel(&W->r, W->now);
    risk_note_cancel(&W->r, W->now);
    REFUSED(eth(SIDE_BUY, 259990, 2), REFUSED_RATE, "5 orders and cancels in the last second, limit 5");
    W->now += SECOND - SECOND * 3 / 10 - 1; // a nanosecond before the first of them is a second old
    assert_int_equal(try(eth(SIDE_BUY, 259990, 2)), REFUSED_RATE);
    W->now += 1;
    assert_int_equal(try(eth(SIDE_BUY, 259990, 2)), REFUSED_NOT);
    assert_int_equal(try(eth(SIDE_BUY, 259989, 2)), REFUSED_RATE);
}

static void o13_a_strategy_that_repeats_itself_is_stopped(void **state)
{
    (void)state;
    W->r.config.repeat_per_s = 20;
    const struct order_intent in = eth(SIDE_BUY, 260000, 2);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(try(in), REFUSED_NOT);
        W->now += SECOND / 100;
    }
    REFUSED(in, REFUSED_REPEAT, "20 times in 1 s");
    W->now += 3 * SECOND;
    W->r.fact[ETH].book_mono_ns = W->now;
    REFUSED(eth(SIDE_BUY, 259000, 2), REFUSED_STRATEGY, "resume it"); // latched, whatever it wants
    struct order_intent other = eth(SIDE_BUY, 260000, 2);
    other.strategy = STRATEGY_FUNDING;
    assert_int_equal(try(other), REFUSED_NOT);
    risk_resume_strategy(&W->r, STRATEGY_MAKER);
    assert_int_equal(try(in), REFUSED_NOT);
}

static void o17_reduce_only_reduces(void **state)
{
    (void)state;
    struct order_intent in = eth(SIDE_SELL, 260010, 6);
    in.reduce_only = 1;
    REFUSED(in, REFUSED_REDUCE, "flat");
    W->r.fact[ETH].position_lots = -10;
    REFUSED(in, REFUSED_REDUCE, "add to the position");
    W->r.fact[ETH].position_lots = 10;
    assert_int_equal(try(in), REFUSED_NOT);
    in.price_ticks++;
    REFUSED(in, REFUSED_REDUCE, "reduces 0.006 of 0.010, already resting 0.006");
    in.qty_lots = 4;
    assert_int_equal(try(in), REFUSED_NOT);
}

static void malformed_intents(void **state)
{
    (void)state;
    static const struct order_intent BAD[] = {
        {.instrument = 200,
         .strategy = STRATEGY_MAKER,
         .side = SIDE_BUY,
         .price_ticks = 260000,
         .qty_lots = 2},
        {.instrument = ETH,
         .strategy = STRATEGY_NONE,
         .side = SIDE_BUY,
         .price_ticks = 260000,
         .qty_lots = 2},
        {.instrument = ETH,
         .strategy = STRATEGY_KILL,
         .side = SIDE_BUY,
         .price_ticks = 260000,
         .qty_lots = 2},
        {.instrument = ETH,
         .strategy = STRATEGY_EXTERNAL,
         .side = SIDE_BUY,
         .price_ticks = 260000,
         .qty_lots = 2},
        {.instrument = ETH, .strategy = 250, .side = SIDE_BUY, .price_ticks = 260000, .qty_lots = 2},
        {.instrument = ETH, .strategy = STRATEGY_MAKER, .side = 0, .price_ticks = 260000, .qty_lots = 2},
        {.instrument = ETH, .strategy = STRATEGY_MAKER, .side = SIDE_BUY, .price_ticks = 0, .qty_lots = 2},
        {.instrument = ETH,
         .strategy = STRATEGY_MAKER,
         .side = SIDE_BUY,
         .price_ticks = 260000,
         .qty_lots = -2},
        {.instrument = ETH,
         .strategy = STRATEGY_MAKER,
         .side = SIDE_BUY,
         .price_ticks = INT64_MAX,
         .qty_lots = 2},
        {.instrument = ETH,
         .strategy = STRATEGY_MAKER,
         .side = SIDE_BUY,
         .price_ticks = 260000,
         .qty_lots = INT64_MAX},
        {.instrument = ETH,
         .strategy = STRATEGY_MAKER,
         .side = SIDE_BUY,
         .tif = 9,
         .price_ticks = 260000,
         .qty_lots = 2},
    };
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        assert_int_equal(try(BAD[i]), REFUSED_INVALID);
    }
    struct order_intent in = eth(SIDE_BUY, 260000, 2);
    in.close_only = 1; // a strategy cannot mark its order for the fence
    assert_int_equal(try(in), REFUSED_NOT);
    assert_int_equal(W->o.slot[0].close_only, 0);
}

// ----------------------------------------------------------------------------------------- the kill's path

static void the_kill_can_only_reduce(void **state)
{
    (void)state;
    struct rng g;
    rng_seed(&g, 17);
    int passed = 0;
    for (int k = 0; k < 20000; k++) {
        const int64_t p = (int64_t)rng_below(&g, 41) - 20;
        struct risk_fact *f = &W->r.fact[ETH];
        f->position_lots = p;
        f->book_state = (uint8_t)rng_below(&g, 4);
        f->mark_e8 = rng_below(&g, 8) ? 2600 * E8 : 0;
        W->r.trading_state = (uint8_t)rng_below(&g, TS_HALT + 1);
        W->r.latched = (uint8_t)rng_below(&g, 4);
        struct order_intent in = eth(rng_below(&g, 2) ? SIDE_BUY : SIDE_SELL,
                                     246000 + (int64_t)rng_below(&g, 28000), (int64_t)rng_below(&g, 25));
        in.strategy = (uint8_t)rng_below(&g, STRATEGY_COUNT);
        in.tif = (uint8_t)rng_below(&g, 4);
        in.reduce_only = (uint8_t)rng_below(&g, 2);
        struct approved_order *a = risk_approve_close(&W->r, &in, &W->o.exposures, W->now, &W->v);
        const bool against = (p > 0 && in.side == SIDE_SELL) || (p < 0 && in.side == SIDE_BUY);
        const bool fits = in.qty_lots >= 1 && in.qty_lots <= (p < 0 ? -p : p);
        const bool band = f->mark_e8 == 0 || (in.price_ticks >= 247000 && in.price_ticks <= 273000);
        assert_true((a != NULL) == (against && fits && band && W->r.trading_state != TS_HALT));
        if (a == NULL) {
            assert_true(W->v.refusal != REFUSED_NOT && W->v.text[0] != '\0');
            continue;
        }
        struct action act;
        const uint16_t s = order_place(&W->o, a, (struct order_stamp){.seq = 1, .mono_ns = W->now}, &act);
        assert_true(act.type == ACT_PLACE && act.reduce_only && act.close_only && act.tif == TIF_IOC);
        assert_int_equal(act.strategy, STRATEGY_KILL);
        assert_true(W->r.last_value_e8 == 0 &&
                    W->r.last_distance_e8 == 0); // gauges of limits that it is not under
        struct event ev;
        event_init(&ev, EV_ORDER, ETH, 0);
        memcpy(ev.u.order.client_id, W->o.slot[s].client_id, CLIENT_ID_MAX);
        ev.u.order.kind = RK_NOT_SENT;
        order_apply(&W->o, &ev);
        passed++;
    }
    assert_true(passed > 1000);
}

static void a_slice_in_doubt_does_not_block_the_next(void **state)
{
    (void)state;
    W->r.trading_state = TS_KILLED;
    W->r.fact[ETH].position_lots = 10;
    const struct order_intent in = eth(SIDE_SELL, 258000, 10);
    struct action act;
    for (int i = 0; i < 3; i++) {
        struct approved_order *a = risk_approve_close(&W->r, &in, &W->o.exposures, W->now, &W->v);
        assert_non_null(a);
        order_place(&W->o, a, (struct order_stamp){.seq = 1, .mono_ns = W->now}, &act);
    }
    assert_int_equal(try(in), REFUSED_STATE); // by the ordinary door nothing goes
}

// -------------------------------------------------------------------------------------------------- losses

static void the_daily_loss_latches_until_the_operator_on_another_day(void **state)
{
    (void)state;
    char text[96];
    W->r.config.limit[LIMIT_DAY_LOSS] = 3000000;
    W->r.config.limit[LIMIT_DRAWDOWN] = 20000000;
    const int64_t noon = 19943 * DAY + DAY / 2;
    risk_start(&W->r, 49 * E8, -E8, noon); // one lost already this day, in an earlier run: 2 % of 50
    assert_int_equal(risk_on_equity(&W->r, 4850000001, noon), 0);
    assert_int_equal(try(eth(SIDE_BUY, 260000, 2)), REFUSED_NOT);
    assert_int_equal(risk_on_equity(&W->r, 4850000000, noon), RISK_HIT_DAY_LOSS);
    assert_int_equal(risk_on_equity(&W->r, 48 * E8, noon), 0); // told once
    REFUSED(eth(SIDE_BUY, 260000, 2), REFUSED_DAY_LOSS, "daily loss reached 3.00 %");
    risk_on_equity(&W->r, 60 * E8, noon); // winning it back changes nothing
    assert_int_equal(try(eth(SIDE_BUY, 260000, 2)), REFUSED_DAY_LOSS);
    W->r.fact[ETH].position_lots = 5;
    struct order_intent out = eth(SIDE_SELL, 260010, 5);
    out.reduce_only = 1;
    assert_int_equal(try(out), REFUSED_NOT); // the way out stays open
    assert_false(risk_release(&W->r, text, sizeof text));
    const int64_t midnight = 19944 * DAY;
    risk_on_equity(&W->r, 60 * E8, midnight - 1);
    assert_false(risk_release(&W->r, text, sizeof text));
    risk_on_equity(&W->r, 60 * E8, midnight);
    assert_int_equal(try(eth(SIDE_BUY, 260000, 2)), REFUSED_DAY_LOSS); // not by itself
    assert_true(risk_release(&W->r, text, sizeof text));
    assert_int_equal(try(eth(SIDE_BUY, 260000, 2)), REFUSED_NOT);
    assert_false(risk_release(&W->r, text, sizeof text));
}

static void the_day_turns_once(void **state)
{
    (void)state;
    const int64_t midnight = 19944 * DAY;
    risk_start(&W->r, 100 * E8, 0, midnight - SECOND);
    risk_on_equity(&W->r, 90 * E8, midnight - 1);
    assert_int_equal(risk_day_loss_e8(&W->r), E8 / 10);
    risk_on_equity(&W->r, 90 * E8, midnight);
    assert_int_equal(risk_day_loss_e8(&W->r), 0);
    risk_on_equity(&W->r, 81 * E8, midnight - SECOND); // the clock steps back: the day does not start again
    assert_int_equal(risk_day_loss_e8(&W->r), E8 / 10);
    risk_on_equity(&W->r, 81 * E8, midnight + SECOND);
    assert_int_equal(risk_day_loss_e8(&W->r), E8 / 10);
    assert_int_equal(risk_drawdown_e8(&W->r), E8 * 19 / 100);
}

static void the_drawdown_needs_the_operator(void **state)
{
    (void)state;
    char text[96];
    W->r.config.limit[LIMIT_DRAWDOWN] = 10000000;
    risk_start(&W->r, 50 * E8, 0, 0);
    risk_on_equity(&W->r, 60 * E8, 0);
    assert_int_equal(risk_on_equity(&W->r, 54 * E8, DAY), RISK_HIT_DRAWDOWN);
    REFUSED(eth(SIDE_BUY, 260000, 2), REFUSED_DRAWDOWN, "10.00 %");
    risk_on_equity(&W->r, 59 * E8, 9 * DAY);
    assert_int_equal(try(eth(SIDE_BUY, 260000, 2)), REFUSED_DRAWDOWN);
    assert_true(risk_release(&W->r, text, sizeof text));
    assert_int_equal(risk_drawdown_e8(&W->r), 0); // a new peak begins here
    assert_int_equal(try(eth(SIDE_BUY, 260000, 2)), REFUSED_NOT);
}

static void a_transfer_is_neither_loss_nor_profit(void **state)
{
    (void)state;
    risk_start(&W->r, 100 * E8, 0, 0);
    risk_on_transfer(&W->r, -40 * E8);
    assert_int_equal(risk_on_equity(&W->r, 60 * E8, 0), 0);
    assert_int_equal(risk_day_loss_e8(&W->r) + risk_drawdown_e8(&W->r), 0);
    risk_on_transfer(&W->r, 100 * E8);
    risk_on_equity(&W->r, 152 * E8, 0);
    assert_int_equal(risk_drawdown_e8(&W->r), E8 / 20);
}

static void ceilings_hold_whatever_is_configured(void **state)
{
    (void)state;
    char text[96];
    struct risk_config c = {0};
    for (int i = 0; i < LIMIT_COUNT; i++) {
        c.limit[i] = INT64_MAX;
    }
    risk_init(&W->r, &c, INT64_MAX);
    assert_int_equal(W->r.config.limit[LIMIT_DAY_LOSS], 20 * E8 / 100);
    assert_int_equal(W->r.config.limit[LIMIT_DRAWDOWN], 30 * E8 / 100);
    assert_false(risk_set_limit(&W->r, LIMIT_DAY_LOSS, 20 * E8 / 100 + 1, text, sizeof text));
    assert_string_equal(text, "limit must be above 0 and at most 20.00 %");
    assert_false(risk_set_limit(&W->r, LIMIT_DRAWDOWN, 31 * E8 / 100, text, sizeof text));
    assert_false(risk_set_limit(&W->r, LIMIT_ORDER_VALUE, 0, text, sizeof text));
    assert_false(risk_set_limit(&W->r, LIMIT_ORDER_VALUE, -1, text, sizeof text));
    assert_false(risk_set_limit(&W->r, (enum limit_id)99, 1, text, sizeof text));
    assert_true(risk_set_limit(&W->r, LIMIT_ORDER_VALUE, 7 * E8, text, sizeof text));
    assert_true(risk_limit_is_raise(&W->r, LIMIT_ORDER_VALUE, 7 * E8 + 1));
    assert_false(risk_limit_is_raise(&W->r, LIMIT_ORDER_VALUE, 7 * E8));
    // The loss that a configuration could not exclude is caught at the ceiling.
    risk_start(&W->r, 100 * E8, 0, 0);
    assert_int_equal(risk_on_equity(&W->r, 80 * E8, 0), RISK_HIT_DAY_LOSS);
    risk_init(&W->r, &(struct risk_config){.limit = {[LIMIT_DAY_LOSS] = -5}}, 0);
    assert_int_equal(W->r.config.limit[LIMIT_DAY_LOSS], 0);
}

// ---------------------------------------------------------------------------------------------- for people

static void fifty_dollars(void **state)
{
    (void)state;
    char text[96];
    W->r.capital_e8 = 50 * E8;
    risk_start(&W->r, 50 * E8, 0, 0);
    W->r.config.limit[LIMIT_POSITION_VALUE] = 25 * E8;
    W->r.config.limit[LIMIT_GROSS_VALUE] = 50 * E8;
    W->r.config.limit[LIMIT_ORDER_VALUE] = 10 * E8;
    assert_int_equal(risk_smallest_order_lots(&W->r.fact[ETH]), 2); // 0.002, by the minimum notional
    assert_false(risk_capital_hint(&W->r, ETH, text, sizeof text));
    assert_string_equal(text, "");
    assert_true(risk_capital_hint(&W->r, BTC, text, sizeof text));
    assert_string_equal(text, "BTCUSDT needs 124 USDT: smallest order 0.001 is 61.80, position cap 25.00");
    // The capital that it names is enough, one less is not.
    W->r.capital_e8 = 124 * E8;
    risk_start(&W->r, 124 * E8, 0, 0);
    W->r.config.limit[LIMIT_POSITION_VALUE] = 62 * E8;
    W->r.config.limit[LIMIT_GROSS_VALUE] = 124 * E8;
    assert_true(risk_capital_hint(&W->r, BTC, text, sizeof text));
    assert_string_equal(text, "BTCUSDT: smallest order is 61.80, order limit 10.00: raise risk.order_value");
    W->r.config.limit[LIMIT_ORDER_VALUE] = 62 * E8;
    assert_false(risk_capital_hint(&W->r, BTC, text, sizeof text));
    risk_on_equity(&W->r, 123 * E8, 0);
    assert_true(risk_capital_hint(&W->r, BTC, text, sizeof text));
    W->r.fact[BTC].mark_e8 = 0;
    assert_false(risk_capital_hint(&W->r, BTC, text, sizeof text));
}

static void used_and_limit(void **state)
{
    (void)state;
    W->r.fact[BTC].position_lots = -1;
    assert_int_equal(try(eth(SIDE_BUY, 259740, 10)), REFUSED_NOT);
    risk_note_cancel(&W->r, W->now);
    const struct exposure_book *x = &W->o.exposures;
    assert_int_equal(risk_limit_used(&W->r, LIMIT_POSITION_VALUE, x, W->now).used, 6180000000);
    assert_int_equal(risk_limit_used(&W->r, LIMIT_GROSS_VALUE, x, W->now).used, 8780000000);
    assert_int_equal(risk_limit_used(&W->r, LIMIT_OPEN_ORDERS, x, W->now).used, 1);
    assert_int_equal(risk_limit_used(&W->r, LIMIT_ORDER_RATE, x, W->now).used, 2);
    assert_int_equal(risk_limit_used(&W->r, LIMIT_ORDER_RATE, x, W->now + SECOND).used, 0);
    assert_int_equal(risk_limit_used(&W->r, LIMIT_ORDER_VALUE, x, W->now).used, 2597400000);
    assert_int_equal(risk_limit_used(&W->r, LIMIT_COLLAR, x, W->now).used, 100000);
    risk_on_equity(&W->r, W->r.equity_e8 * 99 / 100, 0);
    assert_int_equal(risk_limit_used(&W->r, LIMIT_DAY_LOSS, x, W->now).used, E8 / 100);
    assert_int_equal(risk_limit_used(&W->r, LIMIT_DRAWDOWN, x, W->now).used, E8 / 100);
    assert_int_equal(risk_limit_used(&W->r, LIMIT_DRAWDOWN, x, W->now).limit, RISK_DRAWDOWN_CEILING_E8);
}

// -------------------------------------------------------------------------------------------------- sizing

static void sizing_says_which_bound_stops_it(void **state)
{
    (void)state;
    struct sizing_in in = {.capital = 50,
                           .kelly_full = 0.475,
                           .fraction = 0.1,
                           .stop = 0.002,
                           .max_share = 0.5,
                           .min_position = 1,
                           .venue_min = 61.8,
                           .max_positions = 10};
    struct sizing s = sizing_position(&in);
    assert_int_equal(s.bound, SIZING_TOO_SMALL);
    assert_true(s.position == 0 && s.stake == 0);
    in.capital = s.capital_needed; // what it names is enough
    assert_int_equal(sizing_position(&in).bound, SIZING_OK);
    in.capital *= 0.999;
    assert_int_equal(sizing_position(&in).bound, SIZING_TOO_SMALL);
    in.kelly_full = 0;
    assert_int_equal(sizing_position(&in).bound, SIZING_NO_EDGE);
    in.kelly_full = 0.3;
    in.stop = 0;
    assert_int_equal(sizing_position(&in).bound, SIZING_NO_STOP);
    in.stop = 0.01;
    in.open_positions = 10;
    assert_int_equal(sizing_position(&in).bound, SIZING_NO_SLOT);
    in.capital = __builtin_nan("");
    assert_true(sizing_position(&in).position == 0);
    assert_true(sizing_kelly(1.5, 1, 1, 0.1).full == 0 && sizing_kelly(0.6, 0, 1, 0.1).full == 0);
    assert_true(sizing_wilson(0, 0, 1.96).hi == 1 && sizing_wilson(7, 7, 1.96).hi == 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(nothing_known_is_nothing_allowed),
        T(states),
        T(facts),
        T(prices),
        T(quantities_and_values),
        T(the_worst_case_counts_everything_that_may_fill),
        T(gross_is_over_all_instruments),
        T(limits_shrink_with_equity_below_capital),
        T(o14_own_orders_do_not_cross),
        T(counts_and_pace),
        T(o13_a_strategy_that_repeats_itself_is_stopped),
        T(o17_reduce_only_reduces),
        T(malformed_intents),
        T(the_kill_can_only_reduce),
        T(a_slice_in_doubt_does_not_block_the_next),
        T(the_daily_loss_latches_until_the_operator_on_another_day),
        T(the_day_turns_once),
        T(the_drawdown_needs_the_operator),
        T(a_transfer_is_neither_loss_nor_profit),
        T(ceilings_hold_whatever_is_configured),
        T(fifty_dollars),
        T(used_and_limit),
        T(sizing_says_which_bound_stops_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
