// SPDX-License-Identifier: Apache-2.0
// formulas: sections 1 to 3 of the quantitative reference (docs: man ticktower-quant) as plain batch
// functions of arrays.
//
// They are the slow, obvious truth: features.c keeps the same figures as streams and its tests compare the
// two. Pure; no allocation. Prices, quantities and times are doubles in any consistent unit; times in
// seconds, ascending. NaN means "cannot be computed". side: +1 buy, -1 sell. `bps` is 1e-4.
#ifndef TT_ENGINE_SIGNAL_FORMULAS_H
#define TT_ENGINE_SIGNAL_FORMULAS_H

#include <stdbool.h>
#include <stddef.h>

// ---------------------------------------------------------------------------------------------- order book

struct formula_level {
    double price, qty;
};

struct formula_spread {
    double mid, spread, spread_bps; // all NaN when a price is missing or the book is crossed
};
struct formula_spread formula_mid_spread(double bid, double ask);

// Volume-weighted between the touches: a large bid pushes it up. NaN for a crossed, one-sided or empty touch.
double formula_weighted_mid(double bid, double bid_qty, double ask, double ask_qty);

// Trade at `price`, mid before and after: effective = realised + impact.
struct formula_cost {
    double effective, realised, impact, effective_bps, realised_bps;
};
struct formula_cost formula_trade_cost(int side, double price, double mid_before, double mid_after);

// (B - A) / (B + A) at the best level, over all given levels, and with level k weighted by exp(-decay (k -
// 1)). Empty: 0; one side empty: +1 or -1; both not valid. Zero quantities are no levels.
struct formula_imbalance {
    double best, all, weighted;
    bool valid;
};
struct formula_imbalance formula_imbalance(const double *bid_qty, size_t bids, const double *ask_qty,
                                           size_t asks, double decay);

// Quantity and notional within x bps of mid, boundaries inclusive. truncated: the given levels end inside the
// band.
struct formula_depth {
    double bid_qty, ask_qty, bid_notional, ask_notional;
    bool truncated;
};
struct formula_depth formula_depth_within(const struct formula_level *bids, size_t nb,
                                          const struct formula_level *asks, size_t na, double bps);

// Average price of walking one side for `notional`. Too thin: of what is there, complete = false; empty: NaN.
struct formula_impact {
    double price;
    bool complete;
};
struct formula_impact formula_impact_price(const struct formula_level *levels, size_t n, double notional);

// Least squares through the origin of cumulative quantity on distance from mid in bps: quantity per bps.
double formula_book_slope(const struct formula_level *levels, size_t n, double mid);

// Order flow of one side of one level between two quotes (Cont, Kukanov, Stoikov 2014). A missing level is
// quantity 0 at the other quote's price: pass its price as NaN.
double formula_flow_bid(struct formula_level before, struct formula_level after);
double formula_flow_ask(struct formula_level before, struct formula_level after);

// ---------------------------------------------------------------------------------------------------- flow

struct formula_trade {
    double t;
    int side;
    double qty;
};

// sum(side q) / sum(q) over (now - window, now], and with both sums decaying by exp(-dt / tau); 0 without
// volume.
struct formula_flow {
    double window, ewma, volume;
};
struct formula_flow formula_trade_imbalance(const struct formula_trade *x, size_t n, double now,
                                            double window, double tau);

// VPIN: what is poured (buy part and whole) fills buckets of a fixed size; the overflow starts the next. The
// caller gives room for the imbalance |buy - sell| of each complete bucket and gets their number back (never
// more than `max`).
struct formula_buckets {
    double size;       // of a bucket, > 0
    double *imbalance; // of complete buckets, oldest first
    size_t max, count;
    double filled, net; // of the open bucket
};
void formula_bucket_pour(struct formula_buckets *b, double qty, double net);
// Mean of the last n imbalances in units of the bucket; NaN with fewer.
double formula_vpin(const struct formula_buckets *b, size_t n);
// Share of a bar's volume that was bought, from its price change (bulk classification); sigma 0: one half.
double formula_bulk_buy_share(double price_change, double sigma);

struct formula_fill {
    double t;
    int side;
    double price, qty;
};
struct formula_point {
    double t, value;
};
// Average markout in bps at horizon h, weighted by quantity; NaN when no fill has mids up to t + h.
double formula_markout(const struct formula_fill *fills, size_t n, const struct formula_point *mids, size_t m,
                       double h);

// Least squares y = intercept + lambda x. NaN with fewer than 2 points or no variance of x; r2 NaN without
// variance of y.
struct formula_line {
    double lambda, intercept, r2;
};
struct formula_line formula_kyle_lambda(const double *y, const double *x, size_t n);

// (1/tau) sum exp(-(now - t) / tau) over events at or before now: events per second.
double formula_ewma_intensity(const double *times, size_t n, double now, double tau);

// --------------------------------------------------------------------------- volatility, momentum, scaling

// Squared log returns on a grid of `step` from the first time, price of the last tick at or before each grid
// point. NaN beyond ten million steps.
struct formula_rv {
    double variance, sigma; // sum of squares; relative per sqrt(second), NaN without a step
    size_t steps;
};
struct formula_rv formula_realised_variance(const struct formula_point *p, size_t n, double step);

// EWMA of r^2 / dt with weight 1 - exp(-dt / tau), started by the first return; ticks with dt = 0 are
// skipped. NaN without a return.
double formula_ewma_variance(const struct formula_point *p, size_t n, double tau);

// Parkinson's variance per bar from highs and lows; NaN without bars.
double formula_parkinson(const double *high, const double *low, size_t n);

// ln(p(now) / p(now - h)), prices at or before; NaN before the history.
double formula_momentum(const struct formula_point *p, size_t n, double now, double h);

struct formula_moments {
    double n, mean, m2;
};
void formula_welford_add(struct formula_moments *w, double x);
struct formula_moments formula_welford_merge(struct formula_moments a, struct formula_moments b);
double formula_welford_variance(const struct formula_moments *w); // of a sample; NaN below 2 values

// Exponentially weighted mean and variance; z is taken before the update. n counts values seen.
struct formula_ewma {
    double mean, var, n;
};

// One step of the z-score: NaN gives 0 and no update; the first value starts the mean. Result within +-clip.
// In the header because the stream takes 40 of them per event, and training must use this very function.
static inline double formula_zscore(struct formula_ewma *s, double x, double alpha, double clip, double eps)
{
    if (x != x) {
        return 0.0;
    }
    double d = s->n == 0.0 ? 0.0 : x - s->mean;
    double z = d / __builtin_sqrt(s->var + eps);
    s->mean = s->n == 0.0 ? x : s->mean + alpha * d;
    s->var = (1.0 - alpha) * (s->var + alpha * d * d);
    s->n += 1.0;
    return z > clip ? clip : z < -clip ? -clip : z;
}

#endif
