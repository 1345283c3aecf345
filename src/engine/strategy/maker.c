// SPDX-License-Identifier: Apache-2.0
// maker: see the header. maker_decide is the recipe; each step below it is a formula of quoting.h with the
// units and bounds of this instrument put in.
#include "engine/strategy/maker.h"

#include <math.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/decimal.h"
#include "base/dmath.h"
#include "base/fmt.h"
#include "engine/strategy/quoting.h"

enum { SIZE_STEPS_MAX = 20 };

// ---------------------------------------------------------------------------------------------- spread

static double tick_price(const struct instrument *ins)
{
    return (double)ins->tick_e8 / (double)E8;
}

// Market orders per second that reach the nearest place where fees let us stand (quant.md 4.1 and 4.4);
// without a fit the rate at the touch.
static double rate_at_floor(const struct maker_input *in, double floor_ticks)
{
    if (isfinite(in->arrival_a) && isfinite(in->arrival_k)) {
        return in->arrival_a * dmath_exp(-in->arrival_k * floor_ticks / 2);
    }
    return in->orders_per_s;
}

struct spread_choice {
    double full_ticks; // before cap
    double floor_ticks;
    double skew_per_unit; // GLFT: ticks per order of inventory; else 0
};

// The specified spread: in price units inside, in ticks outside.
static bool specified(const struct maker_input *in, double price, double rate, struct spread_choice *c)
{
    double tick = tick_price(in->ins);
    double horizon = (double)in->config->horizon_ns / (double)NS_PER_S;
    double fills =
        in->config->spread_a_e8 > 0 ? (double)in->config->spread_a_e8 / (double)E8 : rate * horizon;
    double fee_bps = (double)in->ins->maker_fee_e8 / 1e4, edge_bps = (double)in->config->min_edge_e8 / 1e4;
    struct spec_spread s;
    if (!quoting_spec_spread(in->sigma_rel * price, horizon, fills, tick, price, fee_bps, edge_bps, &s)) {
        return false;
    }
    c->full_ticks = s.spread / tick;
    return true;
}

// GLFT in ticks with orders as the unit of inventory.
static bool glft(const struct maker_input *in, double price, struct spread_choice *c)
{
    struct glft_quote g;
    double sigma_ticks = in->sigma_rel * price / tick_price(in->ins);
    double gamma = (double)in->config->gamma_e8 / (double)E8;
    if (!quoting_glft(in->arrival_a, in->arrival_k, gamma, sigma_ticks, 0, 1, &g)) {
        return false;
    }
    c->full_ticks = 2 * g.half_spread;
    c->skew_per_unit = g.skew;
    return true;
}

// Floor of 4.1 in ticks: two ticks, or fee and edge on both sides.
static double floor_in_ticks(const struct maker_input *in, double price)
{
    double share = (double)(in->ins->maker_fee_e8 + in->config->min_edge_e8) / (double)E8;
    double floor = 2 * price * share / tick_price(in->ins);
    return floor > 2 ? floor : 2;
}

// Full spread in ticks with floor, operator's wish, widening and cap. MAKER_QUOTING or the reason why not.
static enum maker_reason choose_spread(const struct maker *m, const struct maker_input *in, double price,
                                       struct spread_choice *c, struct maker_plan *out)
{
    c->skew_per_unit = 0;
    c->floor_ticks = floor_in_ticks(in, price);
    out->rate_per_s = rate_at_floor(in, c->floor_ticks);
    bool known =
        in->config->model == SPREAD_GLFT ? glft(in, price, c) : specified(in, price, out->rate_per_s, c);
    if (!known) {
        return MAKER_WARMING;
    }
    bool toxic = in->config->vpin_widen_e8 > 0 && in->vpin * (double)E8 > (double)in->config->vpin_widen_e8;
    out->widened = toxic || in->widen > 1;
    double full = c->full_ticks * (toxic ? 2 : 1) * in->widen;
    full += 2 * (double)(in->spread_adjust_ticks + (in->now_ns < m->backed_until_ns));
    double cap = (double)in->config->max_spread_e8 / (double)E8 * price / tick_price(in->ins);
    if (!isfinite(full) || c->floor_ticks > cap) {
        return isfinite(full) ? MAKER_SPREAD_CAP : MAKER_WARMING;
    }
    out->fee_floor = full <= c->floor_ticks;
    full = full < c->floor_ticks ? c->floor_ticks : full;
    out->spread_ticks = full > cap ? cap : full;
    return MAKER_QUOTING;
}

// ------------------------------------------------------------------------------------------------ size

int64_t maker_base_lots(const struct maker_input *in, int64_t price_e8)
{
    int64_t one = instrument_notional_e8(in->ins, price_e8, 1);
    int64_t value = in->config->order_value_e8;
    int32_t steps = in->size_steps;
    for (; steps > 0 && value < INT64_MAX / 8; steps--) {
        value = value / 4 * 5;
    }
    for (; steps < 0; steps++) {
        value = value / 5 * 4;
    }
    if (one <= 0 || in->smallest_lots <= 0) {
        return 0;
    }
    int64_t lots = value / one;
    int64_t most = in->order_cap_e8 / one < in->cap_lots ? in->order_cap_e8 / one : in->cap_lots;
    if (in->ins->max_qty_lots > 0 && most > in->ins->max_qty_lots) {
        most = in->ins->max_qty_lots;
    }
    lots = lots < in->smallest_lots ? in->smallest_lots : lots;
    lots = lots > most ? most : lots;
    return lots >= in->smallest_lots ? lots : 0;
}

// What one side may quote in all: skewed by the position, at least the venue's minimum, never beyond the cap.
static int64_t side_lots(const struct maker_input *in, enum side side, int64_t base, double mult)
{
    int64_t room = in->cap_lots - (int64_t)side * in->position_lots;
    if (mult <= 0 || room < in->smallest_lots) {
        return 0;
    }
    int64_t lots = (int64_t)((double)base * mult + 1e-9);
    lots = lots < in->smallest_lots ? in->smallest_lots : lots;
    return lots > room ? room : lots;
}

// ---------------------------------------------------------------------------------------------- quotes

// Round one layer by the venue's filters; no price when they refuse it.
static struct maker_quote round_quote(const struct maker_input *in, enum side side, int64_t ticks,
                                      int64_t lots)
{
    struct round_request r = {
        .side = (int8_t)side,
        .post_only = true,
        .price_e8 = instrument_price_e8(in->ins, ticks),
        .qty_e8 = instrument_qty_e8(in->ins, lots),
        .tick_e8 = in->ins->tick_e8,
        .step_e8 = in->ins->lot_e8,
        .min_qty_e8 = instrument_qty_e8(in->ins, in->ins->min_qty_lots),
        .max_qty_e8 = instrument_qty_e8(in->ins, in->ins->max_qty_lots),
        .min_notional_e8 = in->ins->min_notional_e8,
        .best_bid_e8 = instrument_price_e8(in->ins, in->bid_ticks),
        .best_ask_e8 = instrument_price_e8(in->ins, in->ask_ticks),
        .mark_e8 = in->mark_e8,
        .percent_up_e8 = in->ins->percent_up_e8,
        .percent_down_e8 = in->ins->percent_down_e8,
    };
    struct rounded o = quoting_round_order(&r);
    return o.result == ROUND_OK ? (struct maker_quote){o.price_ticks, o.qty_lots}
                                : (struct maker_quote){0, 0};
}

// All layers of one side around `centre` (ticks).
static void fill_side(const struct maker_input *in, enum side side, double centre, double half,
                      int64_t per_layer, struct maker_quote *out, uint32_t layers)
{
    struct level l[MAKER_LAYERS_MAX];
    if (per_layer <= 0 || !quoting_layers(side, centre, layers, half, (double)in->config->layer_step_ticks,
                                          1.0, per_layer * layers, 1.0, l)) {
        return;
    }
    int64_t room = in->cap_lots - (int64_t)side * in->position_lots;
    for (uint32_t i = 0; i < layers && room >= per_layer; i++) {
        out[i] = round_quote(in, side, l[i].ticks, per_layer);
        room -= out[i].qty_lots;
    }
}

static bool side_is_held_back(const struct maker *m, enum side side, int64_t now_ns)
{
    int s = side == SIDE_SELL;
    return m->cooling[s] || now_ns < m->refused_until_ns[s];
}

static enum maker_reason may_quote(const struct maker *m, const struct maker_input *in)
{
    if (in->blocked != MAKER_QUOTING) {
        return in->blocked;
    }
    if (in->bid_ticks <= 0 || in->ask_ticks <= in->bid_ticks) {
        return MAKER_NO_BOOK;
    }
    if (in->mark_e8 <= 0) {
        return MAKER_NO_MARK;
    }
    return in->now_ns < m->backoff_until_ns ? MAKER_BACKOFF : MAKER_QUOTING;
}

// Shift of the centre in ticks by the position, and the size multipliers of both sides.
static struct skew_quote skew(const struct maker_input *in, const struct spread_choice *c, int64_t base,
                              struct maker_plan *out)
{
    double half = out->spread_ticks / 2, most = (double)in->config->skew_max_e8 / (double)E8 * half;
    double q = (double)in->position_lots, q_max = (double)in->cap_lots;
    struct skew_quote s = {0, 0, 0, 0};
    CHECK(quoting_inventory_skew(0, half, q, q_max, most, &s));
    if (in->config->model == SPREAD_GLFT) {
        double shift = c->skew_per_unit * q / (double)base;
        shift = shift > most ? most : shift < -most ? -most : shift;
        s.bid = -shift - half;
        s.ask = -shift + half;
    }
    out->skew_ticks = (s.bid + s.ask) / 2;
    return s;
}

static enum maker_reason quote(struct maker *m, const struct maker_input *in, struct maker_plan *out)
{
    enum maker_reason no = may_quote(m, in);
    if (no != MAKER_QUOTING) {
        return no;
    }
    double centre = (double)(in->bid_ticks + in->ask_ticks) / 2;
    int64_t base = maker_base_lots(in, in->mark_e8);
    if (base == 0) {
        return MAKER_CAPITAL;
    }
    struct spread_choice c;
    no = choose_spread(m, in, centre * tick_price(in->ins), &c, out);
    if (no != MAKER_QUOTING) {
        return no;
    }
    struct skew_quote s = skew(in, &c, base, out);
    double half = out->spread_ticks / 2;
    int64_t bid_lots = side_lots(in, SIDE_BUY, base, s.bid_size_mult);
    int64_t ask_lots = side_lots(in, SIDE_SELL, base, s.ask_size_mult);
    out->side_closed = (uint8_t)((bid_lots == 0) | (ask_lots == 0) << 1);
    if (out->side_closed == 3) {
        return MAKER_FULL;
    }
    bool hold_bid = side_is_held_back(m, SIDE_BUY, in->now_ns),
         hold_ask = side_is_held_back(m, SIDE_SELL, in->now_ns);
    out->held = (uint8_t)(hold_bid | hold_ask << 1);
    if (!hold_bid) {
        fill_side(in, SIDE_BUY, centre + out->skew_ticks, half, bid_lots, out->bid, out->layers);
    }
    if (!hold_ask) {
        fill_side(in, SIDE_SELL, centre + out->skew_ticks, half, ask_lots, out->ask, out->layers);
    }
    if (hold_bid && hold_ask) {
        return m->cooling[0] || m->cooling[1] ? MAKER_COOLDOWN : MAKER_REFUSED;
    }
    return MAKER_QUOTING;
}

void maker_decide(struct maker *m, const struct maker_input *in, struct maker_plan *out)
{
    memset(out, 0, sizeof *out);
    out->layers = in->config->layers;
    CHECK(out->layers >= 1 && out->layers <= MAKER_LAYERS_MAX);
    CHECK(in->size_steps >= -SIZE_STEPS_MAX && in->size_steps <= SIZE_STEPS_MAX);
    out->reason = (uint8_t)quote(m, in, out);
}

// ---------------------------------------------------------------------------------------------- events

void maker_on_crossed(struct maker *m, enum side side, int64_t now_ns)
{
    m->cooling[side == SIDE_SELL] = 1;
    memmove(&m->crossed_ns[1], &m->crossed_ns[0], sizeof m->crossed_ns - sizeof m->crossed_ns[0]);
    m->crossed_ns[0] = now_ns;
    int64_t fifth = m->crossed_ns[MAKER_CROSS_MAX - 1];
    if (fifth != 0 && now_ns - fifth <= NS_PER_S) {
        m->backoff_until_ns = now_ns + NS_PER_S;
        m->backed_until_ns = now_ns + 10 * NS_PER_S;
        memset(m->crossed_ns, 0, sizeof m->crossed_ns);
    }
}

void maker_on_refused(struct maker *m, enum side side, int64_t now_ns)
{
    m->refused_until_ns[side == SIDE_SELL] = now_ns + NS_PER_S;
}

void maker_on_market(struct maker *m)
{
    m->cooling[0] = m->cooling[1] = 0;
}

int64_t maker_deadline(const struct maker *m, int64_t now_ns)
{
    int64_t t[] = {m->backoff_until_ns, m->refused_until_ns[0], m->refused_until_ns[1]};
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < COUNT_OF(t); i++) {
        first = t[i] > now_ns && t[i] < first ? t[i] : first;
    }
    return first;
}

// ----------------------------------------------------------------------------------------------- words

static const char *const WORDS[] = {
    [MAKER_QUOTING] = "quoting",
    [MAKER_OFF] = "off: watched, not quoted",
    [MAKER_PAUSED] = "paused by the operator",
    [MAKER_STOPPED] = "stopped by a rule",
    [MAKER_STATE] = "no quotes in this trading state",
    [MAKER_NO_BOOK] = "no quotes: book not fit to quote on",
    [MAKER_NO_MARK] = "no quotes: mark price unknown",
    [MAKER_WARMING] = "warming up: volatility or arrival rate not known yet",
    [MAKER_SPREAD_CAP] = "no quotes: fee and edge need more than max_spread",
    [MAKER_CAPITAL] = "no quotes: smallest order does not fit the caps",
    [MAKER_BACKOFF] = "backing off: post-only expired 5 times in 1 s",
    [MAKER_COOLDOWN] = "waiting for the next book update after a post-only expiry",
    [MAKER_REFUSED] = "waiting: risk refused a moment ago",
    [MAKER_FULL] = "no quotes: position at its cap",
};

void maker_why(const struct maker_plan *p, const struct instrument *ins, char *buf, size_t cap)
{
    struct fmt f = fmt_begin(buf, cap);
    CHECK(p->reason < COUNT_OF(WORDS));
    fmt_str(&f, WORDS[p->reason]);
    if (p->reason != MAKER_QUOTING) {
        return;
    }
    double tick_e8 = (double)ins->tick_e8;
    fmt_str(&f, " spread ");
    fmt_dec(&f, (int64_t)(p->spread_ticks * tick_e8), 8, ins->price_decimals);
    fmt_str(&f, p->fee_floor ? " (fee floor)" : p->widened ? " (widened)" : " (sigma)");
    fmt_str(&f, ", skew ");
    fmt_dec(&f, (int64_t)(p->skew_ticks * tick_e8), 8, ins->price_decimals);
    if (p->side_closed) {
        fmt_str(&f, p->side_closed == 1 ? ", bid closed by position" : ", ask closed by position");
    }
}
