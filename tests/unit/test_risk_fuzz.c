// SPDX-License-Identifier: Apache-2.0
// Tries to get a forbidden order through the door by force: random orders into a world that changes under
// them, judged by a second implementation of the limits, written from the specification over its own plain
// list of orders. What it forbids must be refused, for a reason it names; what it allows must pass. Every
// refusal must have been met.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "unit/risk_rig.h"

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

// The limits once more, from the specification, over a plain list of orders; wide arithmetic, no sums kept.
enum { SHADOWS = 512 };

struct shadow {
    struct order_intent in;
    uint16_t slot;
    int64_t open, placed_ns;
    bool live;
};

static struct shadow *S;
static size_t shadows;
static int64_t cancels_ns[20000];
static size_t cancels;
static bool stopped[STRATEGY_COUNT];

typedef __int128 wide;

static wide lots_out(uint16_t instrument, int8_t side, bool only_reduce)
{
    wide n = 0;
    for (size_t i = 0; i < shadows; i++) {
        const struct order_intent *in = &S[i].in;
        n +=
            S[i].live && in->instrument == instrument && in->side == side && (!only_reduce || in->reduce_only)
                ? S[i].open
                : 0;
    }
    return n;
}

static wide worst(uint16_t i, const struct order_intent *in)
{
    const wide p = W->r.fact[i].position_lots;
    const wide buys =
        lots_out(i, SIDE_BUY, false) + (in && in->instrument == i && in->side == SIDE_BUY ? in->qty_lots : 0);
    const wide sells = lots_out(i, SIDE_SELL, false) +
                       (in && in->instrument == i && in->side == SIDE_SELL ? in->qty_lots : 0);
    const wide up = p + buys, down = sells - p;
    return up > down ? (up > 0 ? up : 0) : (down > 0 ? down : 0);
}

// Value in 1e-16 USDT.
static wide value_e16(uint16_t i, wide lots)
{
    return lots * W->r.fact[i].def.lot_e8 * W->r.fact[i].mark_e8;
}

static bool same_order(const struct order_intent *a, const struct order_intent *b)
{
    return a->instrument == b->instrument && a->strategy == b->strategy && a->side == b->side &&
           a->tif == b->tif && a->reduce_only == b->reduce_only && a->price_ticks == b->price_ticks &&
           a->qty_lots == b->qty_lots;
}

static int64_t limit_now(enum limit_id id)
{
    const wide l = W->r.config.limit[id];
    const bool scaled = W->r.equity_e8 < W->r.capital_e8;
    return (int64_t)(scaled ? l * W->r.equity_e8 / W->r.capital_e8 : l);
}

#define FORBID(cond, why) mask |= (cond) ? UINT64_C(1) << (why) : 0

static uint64_t forbids_exposure(const struct order_intent *in)
{
    uint64_t mask = 0;
    const struct risk_fact *f = &W->r.fact[in->instrument];
    const wide own = in->side == SIDE_BUY
                         ? f->position_lots + lots_out(in->instrument, SIDE_BUY, false) + in->qty_lots
                         : lots_out(in->instrument, SIDE_SELL, false) + in->qty_lots - f->position_lots;
    FORBID(value_e16(in->instrument, own > 0 ? own : 0) > (wide)limit_now(LIMIT_POSITION_VALUE) * E8,
           REFUSED_POSITION);
    wide gross = 0;
    for (uint16_t i = 0; i < 2; i++) {
        gross += value_e16(i, worst(i, in));
    }
    FORBID(gross > (wide)limit_now(LIMIT_GROSS_VALUE) * E8, REFUSED_GROSS);
    const wide value = (wide)in->price_ticks * f->def.tick_e8 * in->qty_lots * f->def.lot_e8;
    FORBID(value > (wide)W->r.config.limit[LIMIT_ORDER_VALUE] * E8, REFUSED_ORDER_VALUE);
    FORBID(value < (wide)f->def.min_notional_e8 * E8, REFUSED_NOTIONAL);
    FORBID(f->book_state != BOOK_LIVE || f->book_suspect ||
               W->now - f->book_mono_ns > W->r.config.book_stale_ns,
           REFUSED_BOOK);
    FORBID(W->r.latched & RISK_HIT_DAY_LOSS, REFUSED_DAY_LOSS);
    FORBID(W->r.latched & RISK_HIT_DRAWDOWN, REFUSED_DRAWDOWN);
    FORBID(f->missed_fill, REFUSED_MISSED_FILL);
    return mask;
}

static uint64_t forbids_pace(const struct order_intent *in)
{
    uint64_t mask = 0;
    int64_t open = 0, recent = 0, same = 0;
    bool crosses = false;
    for (size_t i = 0; i < shadows; i++) {
        const struct shadow *s = &S[i];
        const bool mine = s->live && s->in.instrument == in->instrument;
        open += mine;
        crosses |= mine && s->in.side == -in->side &&
                   (in->side == SIDE_BUY ? in->price_ticks >= s->in.price_ticks
                                         : in->price_ticks <= s->in.price_ticks);
        recent += W->now - s->placed_ns < SECOND;
        same += W->now - s->placed_ns < SECOND && same_order(&s->in, in);
    }
    for (size_t i = 0; i < cancels; i++) {
        recent += W->now - cancels_ns[i] < SECOND;
    }
    FORBID(open >= W->r.config.limit[LIMIT_OPEN_ORDERS], REFUSED_OPEN_ORDERS);
    FORBID(recent >= W->r.config.limit[LIMIT_ORDER_RATE], REFUSED_RATE);
    FORBID(same >= W->r.config.repeat_per_s, REFUSED_REPEAT);
    FORBID(crosses, REFUSED_SELF_CROSS);
    return mask;
}

// A bit for every rule that the order would break; 0 = it must pass.
static uint64_t forbids(const struct order_intent *in)
{
    uint64_t mask = forbids_pace(in);
    const struct risk_fact *f = &W->r.fact[in->instrument];
    const int64_t st = W->r.trading_state > f->trading_state ? W->r.trading_state : f->trading_state;
    const wide price = (wide)in->price_ticks * f->def.tick_e8, mark = f->mark_e8;
    const wide away = price > mark ? price - mark : mark - price;
    FORBID(st > TS_REDUCE || (st == TS_REDUCE && !in->reduce_only), REFUSED_STATE);
    FORBID(in->qty_lots <= 0, REFUSED_INVALID);
    FORBID(stopped[in->strategy], REFUSED_STRATEGY);
    FORBID(f->def.status != INSTRUMENT_TRADING, REFUSED_INSTRUMENT);
    FORBID(W->now - f->mark_mono_ns > RISK_MARK_STALE_NS, REFUSED_MARK);
    FORBID(price * 100 < mark * 95 || price * 100 > mark * 105, REFUSED_PRICE);
    FORBID(away * E8 > mark * W->r.config.limit[LIMIT_COLLAR], REFUSED_COLLAR);
    FORBID(in->qty_lots < f->def.min_qty_lots || in->qty_lots > f->def.max_qty_lots, REFUSED_QTY);
    if (!in->reduce_only) {
        return mask | forbids_exposure(in);
    }
    const wide p = f->position_lots, left = (p > 0 ? p : -p) - lots_out(in->instrument, in->side, true);
    FORBID(p == 0 || (p > 0) == (in->side == SIDE_BUY) || in->qty_lots > left, REFUSED_REDUCE);
    return mask;
}

static void finish_shadow(struct rng *g, size_t i)
{
    struct event ev;
    struct shadow *s = &S[i];
    event_init(&ev, EV_ORDER, s->in.instrument, 0);
    struct ev_order *r = &ev.u.order;
    memcpy(r->client_id, W->o.slot[s->slot].client_id, CLIENT_ID_MAX);
    r->side = s->in.side;
    r->source = SOURCE_STREAM;
    const uint64_t what = rng_below(g, 4);
    if (what == 0) {
        r->kind = RK_DOUBT; // stays in every sum
    } else if (what == 1) {
        static uint64_t trade;
        r->kind = RK_FILL;
        r->trade_id = ++trade;
        r->last_lots = 1 + (int64_t)rng_below(g, (uint64_t)s->open);
        r->cum_lots = s->in.qty_lots - s->open + r->last_lots;
        r->last_price_e8 = E8;
        W->r.fact[s->in.instrument].position_lots += s->in.side * r->last_lots;
        s->open -= r->last_lots;
        s->live = s->open > 0;
    } else {
        r->kind = RK_CANCELED;
        r->cum_lots = s->in.qty_lots - s->open;
        s->live = false;
        risk_note_cancel(&W->r, W->now);
        cancels_ns[cancels++] = W->now;
    }
    order_apply(&W->o, &ev);
    orders_check(&W->o);
}

static void shake_world(struct rng *g)
{
    struct risk_fact *f = &W->r.fact[rng_below(g, 2)];
    W->now += (int64_t)rng_below(g, 60) * SECOND / 1000;
    if (rng_below(g, 6) == 0) { // heal, or most orders would fall to the same few faults
        W->r.trading_state = f->trading_state = TS_RUN;
        f->book_state = BOOK_LIVE;
        f->book_suspect = f->missed_fill = W->r.latched = 0;
        f->def.status = INSTRUMENT_TRADING;
    }
    switch (rng_below(g, 40)) {
    case 0:
        f->trading_state = rng_below(g, 3) ? TS_RUN : (uint8_t)rng_below(g, TS_HALT + 1);
        break;
    case 1:
        W->r.trading_state = rng_below(g, 4) ? TS_RUN : (uint8_t)rng_below(g, TS_HALT + 1);
        break;
    case 2:
        f->book_state = rng_below(g, 3) ? BOOK_LIVE : BOOK_STALE;
        break;
    case 3:
        f->book_suspect = rng_below(g, 3) == 0;
        break;
    case 4:
        f->missed_fill = rng_below(g, 3) == 0;
        break;
    case 5:
        f->def.status = rng_below(g, 3) ? INSTRUMENT_TRADING : INSTRUMENT_HALTED;
        break;
    case 6:
        W->r.latched = rng_below(g, 3) ? 0 : (uint8_t)rng_below(g, 4);
        break;
    case 7:
        W->r.equity_e8 = (int64_t)rng_below(g, 200) * E8;
        break;
    case 8:
        W->now += 6 * SECOND;
        break;
    case 9:
        memset(stopped, 0, sizeof stopped);
        memset(W->r.stopped, 0, sizeof W->r.stopped);
        break;
    default:
        break;
    }
    for (int i = 0; i < 2; i++) {
        f = &W->r.fact[i];
        f->mark_e8 += ((int64_t)rng_below(g, 2001) - 1000) * f->def.tick_e8 / 10;
        f->mark_mono_ns = rng_below(g, 60) ? W->now : f->mark_mono_ns;
        f->book_mono_ns = rng_below(g, 30) ? W->now : f->book_mono_ns;
    }
}

static struct order_intent wish(struct rng *g)
{
    const uint16_t i = (uint16_t)rng_below(g, 2);
    const struct risk_fact *f = &W->r.fact[i];
    const int64_t mark_ticks = f->mark_e8 / f->def.tick_e8;
    const int64_t reach = rng_below(g, 10) ? 200 : mark_ticks / 8;
    return (struct order_intent){
        .instrument = i,
        .strategy = (uint8_t)(STRATEGY_MAKER + rng_below(g, 2)),
        .side = rng_below(g, 2) ? SIDE_BUY : SIDE_SELL,
        .tif = rng_below(g, 9) ? TIF_GTX : TIF_IOC,
        .reduce_only = rng_below(g, 4) == 0,
        .price_ticks = mark_ticks + (int64_t)rng_below(g, (uint64_t)reach * 2) - reach,
        .qty_lots = (int64_t)rng_below(g, i == BTC ? 4 : 50) +
                    (rng_below(g, 40) == 0 ? f->def.max_qty_lots * 2 : 0) + (rng_below(g, 20) != 0),
    };
}

static void begin_round(struct rng *g)
{
    fresh();
    shadows = cancels = 0;
    memset(stopped, 0, sizeof stopped);
    int64_t *l = W->r.config.limit;
    l[LIMIT_ORDER_VALUE] = (int64_t)(50 + rng_below(g, 100)) * E8;
    l[LIMIT_POSITION_VALUE] = (int64_t)(100 + rng_below(g, 300)) * E8;
    l[LIMIT_GROSS_VALUE] = (int64_t)(200 + rng_below(g, 400)) * E8;
    l[LIMIT_OPEN_ORDERS] = 3 + (int64_t)rng_below(g, 8);
    l[LIMIT_ORDER_RATE] = 5 + (int64_t)rng_below(g, 30);
    l[LIMIT_COLLAR] = (int64_t)(1 + rng_below(g, 80)) * E8 / 1000;
    W->r.config.repeat_per_s = 2 + (int64_t)rng_below(g, 4);
    W->r.capital_e8 = 150 * E8;
    W->r.equity_e8 = 150 * E8;
}

static void nothing_forbidden_passes_and_nothing_allowed_is_refused(void **state)
{
    (void)state;
    S = calloc(SHADOWS, sizeof *S);
    assert_non_null(S);
    uint64_t seen[REFUSED_COUNT] = {0};
    struct rng g;
    rng_seed(&g, 5150);
    for (int round = 0; round < 150; round++) {
        begin_round(&g);
        struct order_intent in = wish(&g);
        for (int step = 0; step < 600 && shadows < SHADOWS; step++) {
            shake_world(&g);
            in = rng_below(&g, 4) ? wish(&g) : in; // sometimes the same again
            const uint64_t forbidden = forbids(&in);
            const enum refusal got = try(in);
            if ((got == REFUSED_NOT) != (forbidden == 0) || (got != REFUSED_NOT && !(forbidden >> got & 1))) {
                fail_msg("round %d step %d: got %s (%s), second opinion %#llx", round, step,
                         refusal_name(got), W->v.text, (unsigned long long)forbidden);
            }
            seen[got]++;
            if (got == REFUSED_NOT) {
                S[shadows++] = (struct shadow){
                    .in = in,
                    .slot = order_find(&W->o, W->o.slot[W->o.live_head[in.instrument]].client_id),
                    .open = in.qty_lots,
                    .placed_ns = W->now,
                    .live = true};
            }
            stopped[in.strategy] |= got == REFUSED_REPEAT;
            for (size_t k = 0; k < 2 && shadows > 0; k++) {
                const size_t i = rng_below(&g, shadows);
                if (S[i].live) {
                    finish_shadow(&g, i);
                }
            }
        }
    }
    for (int i = 0; i < REFUSED_COUNT; i++) { // the fuzz must have met every rule it can meet
        if (i != REFUSED_EQUITY && seen[i] == 0) {
            fail_msg("never met: %s", refusal_name((enum refusal)i));
        }
    }
    assert_true(seen[REFUSED_NOT] > 2000);
    free(S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_forbidden_passes_and_nothing_allowed_is_refused, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
