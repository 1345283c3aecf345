// SPDX-License-Identifier: Apache-2.0
// formulas: each figure written once as its definition reads, over whole arrays. Nothing here is tuned for
// speed or kept between calls; what must be quick is in features.c and must agree with this file.
#include "engine/signal/formulas.h"

#include <math.h>

#include "base/dmath.h"

// ---------------------------------------------------------------------------------------------- order book

struct formula_spread formula_mid_spread(double bid, double ask)
{
    if (!(bid < ask)) {
        return (struct formula_spread){DMATH_NAN, DMATH_NAN, DMATH_NAN};
    }
    double mid = (ask + bid) / 2.0;
    double spread = ask - bid;
    return (struct formula_spread){mid, spread, 1e4 * spread / mid};
}

double formula_weighted_mid(double bid, double bid_qty, double ask, double ask_qty)
{
    if (!(bid < ask) || !(bid_qty > 0.0) || !(ask_qty > 0.0)) {
        return DMATH_NAN;
    }
    return (bid * ask_qty + ask * bid_qty) / (bid_qty + ask_qty);
}

struct formula_cost formula_trade_cost(int side, double price, double mid_before, double mid_after)
{
    struct formula_cost c;
    c.effective = 2.0 * side * (price - mid_before);
    c.realised = 2.0 * side * (price - mid_after);
    c.impact = 2.0 * side * (mid_after - mid_before);
    c.effective_bps = 1e4 * c.effective / mid_before;
    c.realised_bps = 1e4 * c.realised / mid_before;
    return c;
}

struct side_sums {
    double best, all, weighted;
};

static struct side_sums sum_side(const double *qty, size_t n, double decay)
{
    struct side_sums s = {0.0, 0.0, 0.0};
    double k = 0.0;
    for (size_t i = 0; i < n; i++) {
        if (!(qty[i] > 0.0)) {
            continue;
        }
        s.best = k == 0.0 ? qty[i] : s.best;
        s.all += qty[i];
        s.weighted += qty[i] * dmath_exp(-decay * k);
        k += 1.0;
    }
    return s;
}

static double ratio(double bid, double ask)
{
    return bid + ask > 0.0 ? (bid - ask) / (bid + ask) : 0.0;
}

struct formula_imbalance formula_imbalance(const double *bid_qty, size_t bids, const double *ask_qty,
                                           size_t asks, double decay)
{
    struct side_sums b = sum_side(bid_qty, bids, decay);
    struct side_sums a = sum_side(ask_qty, asks, decay);
    struct formula_imbalance r;
    r.best = ratio(b.best, a.best);
    r.all = ratio(b.all, a.all);
    r.weighted = ratio(b.weighted, a.weighted);
    r.valid = b.all > 0.0 && a.all > 0.0;
    return r;
}

// Sum of one side within `limit` of mid; false when the levels end inside the band.
static bool depth_side(const struct formula_level *l, size_t n, double mid, double limit, double *qty,
                       double *notional)
{
    *qty = 0.0;
    *notional = 0.0;
    for (size_t i = 0; i < n; i++) {
        if (dmath_abs(l[i].price - mid) > limit) {
            return true;
        }
        *qty += l[i].qty;
        *notional += l[i].price * l[i].qty;
    }
    return false;
}

struct formula_depth formula_depth_within(const struct formula_level *bids, size_t nb,
                                          const struct formula_level *asks, size_t na, double bps)
{
    struct formula_depth d = {DMATH_NAN, DMATH_NAN, DMATH_NAN, DMATH_NAN, false};
    double mid = nb && na ? formula_mid_spread(bids[0].price, asks[0].price).mid : DMATH_NAN;
    if (dmath_isnan(mid)) {
        return d;
    }
    // A price that is written as the boundary belongs to the band although mid x bps rounds: one part in
    // 10^12.
    double limit = mid * bps / 1e4 + mid * 1e-12;
    bool bid_ends = depth_side(bids, nb, mid, limit, &d.bid_qty, &d.bid_notional);
    bool ask_ends = depth_side(asks, na, mid, limit, &d.ask_qty, &d.ask_notional);
    d.truncated = !bid_ends || !ask_ends;
    return d;
}

struct formula_impact formula_impact_price(const struct formula_level *levels, size_t n, double notional)
{
    double left = notional;
    double qty = 0.0;
    double paid = 0.0;
    for (size_t i = 0; i < n; i++) {
        double here = levels[i].price * levels[i].qty;
        if (here >= left) {
            qty += left / levels[i].price;
            return (struct formula_impact){notional / qty, true};
        }
        left -= here;
        paid += here;
        qty += levels[i].qty;
    }
    return (struct formula_impact){qty > 0.0 ? paid / qty : DMATH_NAN, false};
}

double formula_book_slope(const struct formula_level *levels, size_t n, double mid)
{
    double cumulative = 0.0;
    double xy = 0.0;
    double xx = 0.0;
    for (size_t i = 0; i < n; i++) {
        double d = dmath_abs(levels[i].price - mid) / mid * 1e4;
        cumulative += levels[i].qty;
        xy += d * cumulative;
        xx += d * d;
    }
    return xx > 0.0 ? xy / xx : DMATH_NAN;
}

// Quantity that joined (or stayed) at a price at least as good, less what stood before at a price at least as
// good. `better` is +1 for bids (higher is better) and -1 for asks.
static double flow(struct formula_level before, struct formula_level after, double better)
{
    bool had = !dmath_isnan(before.price);
    bool has = !dmath_isnan(after.price);
    if (!had || !has) {
        return (has ? after.qty : 0.0) - (had ? before.qty : 0.0);
    }
    double step = better * (after.price - before.price);
    return (step >= 0.0 ? after.qty : 0.0) - (step <= 0.0 ? before.qty : 0.0);
}

double formula_flow_bid(struct formula_level before, struct formula_level after)
{
    return flow(before, after, 1.0);
}

double formula_flow_ask(struct formula_level before, struct formula_level after)
{
    return -flow(before, after, -1.0);
}

// ---------------------------------------------------------------------------------------------------- flow

struct formula_flow formula_trade_imbalance(const struct formula_trade *x, size_t n, double now,
                                            double window, double tau)
{
    struct formula_flow r = {0.0, 0.0, 0.0};
    double net = 0.0;
    double ewma_net = 0.0;
    double ewma_volume = 0.0;
    for (size_t i = 0; i < n; i++) {
        if (x[i].t > now) {
            continue;
        }
        double weight = dmath_exp(-(now - x[i].t) / tau);
        ewma_net += weight * x[i].side * x[i].qty;
        ewma_volume += weight * x[i].qty;
        if (x[i].t > now - window) {
            net += x[i].side * x[i].qty;
            r.volume += x[i].qty;
        }
    }
    r.window = r.volume > 0.0 ? net / r.volume : 0.0;
    r.ewma = ewma_volume > 0.0 ? ewma_net / ewma_volume : 0.0;
    return r;
}

void formula_bucket_pour(struct formula_buckets *b, double qty, double net)
{
    double share = net / qty;
    double left = qty;
    while (left > 1e-12 * b->size && b->count < b->max) {
        double room = b->size - b->filled;
        if (left < room) {
            b->filled += left;
            b->net += share * left;
            return;
        }
        b->imbalance[b->count++] = dmath_abs(b->net + share * room);
        b->filled = 0.0;
        b->net = 0.0;
        left -= room;
    }
}

double formula_vpin(const struct formula_buckets *b, size_t n)
{
    if (n == 0 || b->count < n) {
        return DMATH_NAN;
    }
    double sum = 0.0;
    for (size_t i = b->count - n; i < b->count; i++) {
        sum += b->imbalance[i];
    }
    return sum / ((double)n * b->size);
}

double formula_bulk_buy_share(double price_change, double sigma)
{
    return sigma > 0.0 ? dmath_normal_cdf(price_change / sigma) : 0.5;
}

// Value of the last point at or before t; NaN before the first.
static double value_at(const struct formula_point *p, size_t n, double t)
{
    double v = DMATH_NAN;
    for (size_t i = 0; i < n && p[i].t <= t; i++) {
        v = p[i].value;
    }
    return v;
}

double formula_markout(const struct formula_fill *fills, size_t n, const struct formula_point *mids, size_t m,
                       double h)
{
    double sum = 0.0;
    double weight = 0.0;
    for (size_t i = 0; i < n; i++) {
        double at = fills[i].t + h;
        double mid = value_at(mids, m, at);
        if (m == 0 || mids[m - 1].t < at || dmath_isnan(mid)) {
            continue;
        }
        sum += fills[i].qty * fills[i].side * (mid - fills[i].price) / fills[i].price * 1e4;
        weight += fills[i].qty;
    }
    return weight > 0.0 ? sum / weight : DMATH_NAN;
}

struct formula_line formula_kyle_lambda(const double *y, const double *x, size_t n)
{
    struct formula_line r = {DMATH_NAN, DMATH_NAN, DMATH_NAN};
    double mean_x = 0.0;
    double mean_y = 0.0;
    for (size_t i = 0; i < n; i++) {
        mean_x += x[i] / (double)n;
        mean_y += y[i] / (double)n;
    }
    double xx = 0.0;
    double xy = 0.0;
    double yy = 0.0;
    for (size_t i = 0; i < n; i++) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        xy += (x[i] - mean_x) * (y[i] - mean_y);
        yy += (y[i] - mean_y) * (y[i] - mean_y);
    }
    if (n < 2 || !(xx > 0.0)) {
        return r;
    }
    r.lambda = xy / xx;
    r.intercept = mean_y - r.lambda * mean_x;
    r.r2 = yy > 0.0 ? xy * xy / (xx * yy) : DMATH_NAN;
    return r;
}

double formula_ewma_intensity(const double *times, size_t n, double now, double tau)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += times[i] <= now ? dmath_exp(-(now - times[i]) / tau) : 0.0;
    }
    return sum / tau;
}

// --------------------------------------------------------------------------- volatility, momentum, scaling

static const double STEPS_MAX = 1e7; // a grid finer than this is a mistake of the caller

struct formula_rv formula_realised_variance(const struct formula_point *p, size_t n, double step)
{
    struct formula_rv r = {0.0, DMATH_NAN, 0};
    if (n == 0 || !(step > 0.0)) {
        r.variance = DMATH_NAN;
        return r;
    }
    double whole = dmath_floor((p[n - 1].t - p[0].t) / step + 1e-9);
    size_t at = 0;
    double before = dmath_log(p[0].value);
    if (!(whole < STEPS_MAX)) {
        r.variance = DMATH_NAN;
        return r;
    }
    while ((double)r.steps < whole) {
        double t = p[0].t + (double)(r.steps + 1) * step;
        while (at + 1 < n && p[at + 1].t <= t + 1e-9 * step) {
            at++;
        }
        double now = dmath_log(p[at].value);
        r.variance += (now - before) * (now - before);
        before = now;
        r.steps++;
    }
    if (r.steps) {
        r.sigma = sqrt(r.variance / ((double)r.steps * step));
    }
    return r;
}

double formula_ewma_variance(const struct formula_point *p, size_t n, double tau)
{
    double v = DMATH_NAN;
    size_t last = 0;
    for (size_t i = 1; i < n; i++) {
        double dt = p[i].t - p[last].t;
        if (!(dt > 0.0)) {
            continue;
        }
        double r = dmath_log(p[i].value / p[last].value);
        double x = r * r / dt;
        v = dmath_isnan(v) ? x : v - dmath_expm1(-dt / tau) * (x - v);
        last = i;
    }
    return v;
}

double formula_parkinson(const double *high, const double *low, size_t n)
{
    const double four_ln2 = 0x1.62e42fefa39efp+1;
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        double r = dmath_log(high[i] / low[i]);
        sum += r * r;
    }
    return n ? sum / ((double)n * four_ln2) : DMATH_NAN;
}

double formula_momentum(const struct formula_point *p, size_t n, double now, double h)
{
    return dmath_log(value_at(p, n, now) / value_at(p, n, now - h));
}

void formula_welford_add(struct formula_moments *w, double x)
{
    w->n += 1.0;
    double d = x - w->mean;
    w->mean += d / w->n;
    w->m2 += d * (x - w->mean);
}

struct formula_moments formula_welford_merge(struct formula_moments a, struct formula_moments b)
{
    if (a.n == 0.0 || b.n == 0.0) {
        return a.n == 0.0 ? b : a;
    }
    double n = a.n + b.n;
    double d = b.mean - a.mean;
    return (struct formula_moments){n, a.mean + d * b.n / n, a.m2 + b.m2 + d * d * a.n * b.n / n};
}

double formula_welford_variance(const struct formula_moments *w)
{
    return w->n >= 2.0 ? w->m2 / (w->n - 1.0) : DMATH_NAN;
}
