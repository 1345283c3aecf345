// SPDX-License-Identifier: Apache-2.0
// vectors_quant: adapters for sections 1 to 3 of the quantitative reference (book, flow, volatility, scaling)
// to src/engine/signal/formulas.c. They only carry values; a list that is missing reads as empty, null as
// NaN.
#include <stdlib.h>

#include "base/dmath.h"
#include "engine/signal/formulas.h"
#include "vectors.h"

static struct formula_level *levels(const json_t *in, const char *key, size_t *n)
{
    const json_t *a = json_object_get(in, key);
    *n = json_array_size(a);
    struct formula_level *l = calloc(*n + 1, sizeof *l);
    for (size_t i = 0; i < *n; i++) {
        const json_t *row = json_array_get(a, i);
        l[i] = (struct formula_level){vector_at(row, 0), vector_at(row, 1)};
    }
    return l;
}

// Points from two parallel lists.
static struct formula_point *points(const json_t *in, const char *t, const char *v, size_t *n)
{
    size_t nt;
    size_t nv;
    double *times = vector_nums(in, t, &nt);
    double *values = vector_nums(in, v, &nv);
    *n = nt < nv ? nt : nv;
    struct formula_point *p = calloc(*n + 1, sizeof *p);
    for (size_t i = 0; i < *n; i++) {
        p[i] = (struct formula_point){times[i], values[i]};
    }
    free(times);
    free(values);
    return p;
}

static void put(json_t *out, const char *key, double x)
{
    json_object_set_new(out, key, vector_real(x));
}

// ---------------------------------------------------------------------------------------------- order book

static json_t *run_mid_spread(const json_t *in)
{
    struct formula_spread s = formula_mid_spread(vector_num(in, "bid"), vector_num(in, "ask"));
    json_t *out = json_object();
    put(out, "mid", s.mid);
    put(out, "spread", s.spread);
    put(out, "spread_bps", s.spread_bps);
    return out;
}
VECTOR(mid_spread, run_mid_spread)

static json_t *run_weighted_mid(const json_t *in)
{
    json_t *out = json_object();
    put(out, "weighted_mid",
        formula_weighted_mid(vector_num(in, "bid"), vector_num(in, "bid_qty"), vector_num(in, "ask"),
                             vector_num(in, "ask_qty")));
    return out;
}
VECTOR(weighted_mid, run_weighted_mid)

static json_t *run_trade_cost(const json_t *in)
{
    int side = vector_num(in, "side") < 0 ? -1 : 1;
    struct formula_cost c =
        formula_trade_cost(side, vector_num(in, "price"), vector_num(in, "mid0"), vector_num(in, "mid1"));
    json_t *out = json_object();
    put(out, "effective", c.effective);
    put(out, "realised", c.realised);
    put(out, "impact", c.impact);
    put(out, "effective_bps", c.effective_bps);
    put(out, "realised_bps", c.realised_bps);
    return out;
}
VECTOR(trade_cost, run_trade_cost)

static json_t *run_imbalance(const json_t *in)
{
    size_t nb;
    size_t na;
    double *b = vector_nums(in, "bid_qty", &nb);
    double *a = vector_nums(in, "ask_qty", &na);
    struct formula_imbalance r = formula_imbalance(b, nb, a, na, vector_num(in, "decay"));
    json_t *out = json_object();
    put(out, "l1", r.best);
    put(out, "ln", r.all);
    put(out, "weighted", r.weighted);
    json_object_set_new(out, "valid", json_boolean(r.valid));
    free(b);
    free(a);
    return out;
}
VECTOR(imbalance, run_imbalance)

static json_t *run_depth_within(const json_t *in)
{
    size_t nb;
    size_t na;
    struct formula_level *b = levels(in, "bids", &nb);
    struct formula_level *a = levels(in, "asks", &na);
    struct formula_depth d = formula_depth_within(b, nb, a, na, vector_num(in, "bps"));
    json_t *out = json_object();
    put(out, "bid_qty", d.bid_qty);
    put(out, "ask_qty", d.ask_qty);
    put(out, "bid_notional", d.bid_notional);
    put(out, "ask_notional", d.ask_notional);
    json_object_set_new(out, "truncated", json_boolean(d.truncated));
    free(b);
    free(a);
    return out;
}
VECTOR(depth_within, run_depth_within)

static json_t *run_impact_price(const json_t *in)
{
    size_t n;
    struct formula_level *l = levels(in, "levels", &n);
    struct formula_impact r = formula_impact_price(l, n, vector_num(in, "notional"));
    json_t *out = json_object();
    put(out, "price", r.price);
    json_object_set_new(out, "complete", json_boolean(r.complete));
    free(l);
    return out;
}
VECTOR(impact_price, run_impact_price)

static json_t *run_book_slope(const json_t *in)
{
    size_t n;
    struct formula_point *p = points(in, "prices", "qtys", &n);
    struct formula_level *l = calloc(n + 1, sizeof *l);
    for (size_t i = 0; i < n; i++) {
        l[i] = (struct formula_level){p[i].t, p[i].value};
    }
    json_t *out = json_object();
    put(out, "slope", formula_book_slope(l, n, vector_num(in, "mid")));
    free(p);
    free(l);
    return out;
}
VECTOR(book_slope, run_book_slope)

// One row of quotes: bid, quantity, ask, quantity. A row of nothing but nulls is a gap.
static bool quote_row(const json_t *row, struct formula_level *bid, struct formula_level *ask)
{
    *bid = (struct formula_level){vector_at(row, 0), vector_at(row, 1)};
    *ask = (struct formula_level){vector_at(row, 2), vector_at(row, 3)};
    return !dmath_isnan(bid->price) || !dmath_isnan(ask->price);
}

static json_t *run_ofi(const json_t *in)
{
    const json_t *rows = json_object_get(in, "quotes");
    json_t *e = json_array();
    double sum = 0.0;
    bool have = false;
    struct formula_level bid = {0, 0};
    struct formula_level ask = {0, 0};
    for (size_t i = 0; i < json_array_size(rows); i++) {
        struct formula_level b;
        struct formula_level a;
        bool row = quote_row(json_array_get(rows, i), &b, &a);
        if (have && row) {
            double x = formula_flow_bid(bid, b) + formula_flow_ask(ask, a);
            json_array_append_new(e, vector_real(x));
            sum += x;
        }
        have = row;
        bid = b;
        ask = a;
    }
    json_t *out = json_object();
    json_object_set_new(out, "e", e);
    put(out, "ofi", sum);
    return out;
}
VECTOR(ofi, run_ofi)

static struct formula_level level_or_none(const struct formula_level *l, size_t n, size_t i)
{
    return i < n ? l[i] : (struct formula_level){DMATH_NAN, 0.0};
}

static json_t *run_mlofi(const json_t *in)
{
    static const char *const KEYS[4] = {"prev_bids", "bids", "prev_asks", "asks"};
    struct formula_level *l[4];
    size_t n[4];
    size_t most = 0;
    for (int k = 0; k < 4; k++) {
        l[k] = levels(in, KEYS[k], &n[k]);
        most = n[k] > most ? n[k] : most;
    }
    json_t *flow = json_array();
    for (size_t i = 0; i < most; i++) {
        double bid = formula_flow_bid(level_or_none(l[0], n[0], i), level_or_none(l[1], n[1], i));
        double ask = formula_flow_ask(level_or_none(l[2], n[2], i), level_or_none(l[3], n[3], i));
        json_array_append_new(flow, vector_real(bid + ask));
    }
    for (int k = 0; k < 4; k++) {
        free(l[k]);
    }
    json_t *out = json_object();
    json_object_set_new(out, "mlofi", flow);
    return out;
}
VECTOR(mlofi, run_mlofi)

// ---------------------------------------------------------------------------------------------------- flow

static json_t *run_trade_imbalance(const json_t *in)
{
    const json_t *rows = json_object_get(in, "trades");
    size_t n = json_array_size(rows);
    struct formula_trade *x = calloc(n + 1, sizeof *x);
    for (size_t i = 0; i < n; i++) {
        const json_t *row = json_array_get(rows, i);
        x[i] = (struct formula_trade){vector_at(row, 0), vector_at(row, 1) < 0 ? -1 : 1, vector_at(row, 2)};
    }
    struct formula_flow r =
        formula_trade_imbalance(x, n, vector_num(in, "now"), vector_num(in, "window"), vector_num(in, "tau"));
    json_t *out = json_object();
    put(out, "window", r.window);
    put(out, "ewma", r.ewma);
    put(out, "volume", r.volume);
    free(x);
    return out;
}
VECTOR(trade_imbalance, run_trade_imbalance)

enum { BUCKETS_MAX = 1 << 16 };

static json_t *vpin_output(struct formula_buckets *b, const json_t *in)
{
    json_t *out = json_object();
    double n = vector_num(in, "n");
    json_object_set_new(out, "buckets", json_integer((json_int_t)b->count));
    json_object_set_new(out, "imbalances", vector_reals(b->imbalance, b->count));
    put(out, "vpin", formula_vpin(b, n >= 1.0 && n < BUCKETS_MAX ? (size_t)n : 0));
    free(b->imbalance);
    return out;
}

static json_t *run_vpin_signed(const json_t *in)
{
    const json_t *rows = json_object_get(in, "trades");
    struct formula_buckets b = {.size = vector_num(in, "bucket"), .max = BUCKETS_MAX};
    b.imbalance = calloc(BUCKETS_MAX, sizeof *b.imbalance);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        double qty = vector_at(row, 1);
        if (qty > 0.0) {
            formula_bucket_pour(&b, qty, vector_at(row, 0) < 0 ? -qty : qty);
        }
    }
    return vpin_output(&b, in);
}
VECTOR(vpin_signed, run_vpin_signed)

static json_t *run_vpin_bvc(const json_t *in)
{
    const json_t *rows = json_object_get(in, "bars");
    struct formula_buckets b = {.size = vector_num(in, "bucket"), .max = BUCKETS_MAX};
    b.imbalance = calloc(BUCKETS_MAX, sizeof *b.imbalance);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        double qty = vector_at(row, 1);
        double share = formula_bulk_buy_share(vector_at(row, 0), vector_num(in, "sigma"));
        if (qty > 0.0) {
            formula_bucket_pour(&b, qty, (2.0 * share - 1.0) * qty);
        }
    }
    return vpin_output(&b, in);
}
VECTOR(vpin_bvc, run_vpin_bvc)

static json_t *run_markout(const json_t *in)
{
    const json_t *fills_in = json_object_get(in, "fills");
    const json_t *mids_in = json_object_get(in, "mids");
    size_t n = json_array_size(fills_in);
    size_t m = json_array_size(mids_in);
    struct formula_fill *fills = calloc(n + 1, sizeof *fills);
    struct formula_point *mids = calloc(m + 1, sizeof *mids);
    for (size_t i = 0; i < n; i++) {
        const json_t *row = json_array_get(fills_in, i);
        fills[i] = (struct formula_fill){vector_at(row, 0), vector_at(row, 1) < 0 ? -1 : 1, vector_at(row, 2),
                                         vector_at(row, 3)};
    }
    for (size_t i = 0; i < m; i++) {
        const json_t *row = json_array_get(mids_in, i);
        mids[i] = (struct formula_point){vector_at(row, 0), vector_at(row, 1)};
    }
    size_t horizons;
    double *h = vector_nums(in, "horizons", &horizons);
    for (size_t i = 0; i < horizons; i++) {
        h[i] = formula_markout(fills, n, mids, m, h[i]);
    }
    json_t *out = json_object();
    json_object_set_new(out, "markout_bps", vector_reals(h, horizons));
    free(h);
    free(fills);
    free(mids);
    return out;
}
VECTOR(markout, run_markout)

static json_t *run_kyle_lambda(const json_t *in)
{
    size_t n;
    struct formula_point *p = points(in, "dp", "signed_vol", &n);
    double *y = calloc(n + 1, sizeof *y);
    double *x = calloc(n + 1, sizeof *x);
    for (size_t i = 0; i < n; i++) {
        y[i] = p[i].t;
        x[i] = p[i].value;
    }
    struct formula_line r = formula_kyle_lambda(y, x, n);
    json_t *out = json_object();
    put(out, "lam", r.lambda);
    put(out, "intercept", r.intercept);
    put(out, "r2", r.r2);
    free(p);
    free(y);
    free(x);
    return out;
}
VECTOR(kyle_lambda, run_kyle_lambda)

static json_t *run_ewma_intensity(const json_t *in)
{
    size_t n;
    double *t = vector_nums(in, "times", &n);
    json_t *out = json_object();
    put(out, "rate", formula_ewma_intensity(t, n, vector_num(in, "now"), vector_num(in, "tau")));
    free(t);
    return out;
}
VECTOR(ewma_intensity, run_ewma_intensity)

// --------------------------------------------------------------------------- volatility, momentum, scaling

static json_t *run_realised_variance(const json_t *in)
{
    size_t n;
    struct formula_point *p = points(in, "times", "prices", &n);
    struct formula_rv r = formula_realised_variance(p, n, vector_num(in, "step"));
    json_t *out = json_object();
    put(out, "rv", r.variance);
    put(out, "sigma_rel_per_sqrt_s", r.sigma);
    json_object_set_new(out, "n", json_integer((json_int_t)r.steps));
    free(p);
    return out;
}
VECTOR(realised_variance, run_realised_variance)

static json_t *run_ewma_variance(const json_t *in)
{
    size_t n;
    struct formula_point *p = points(in, "times", "prices", &n);
    double v = formula_ewma_variance(p, n, vector_num(in, "tau"));
    json_t *out = json_object();
    put(out, "var_rate", v);
    put(out, "sigma_per_sqrt_s", dmath_isnan(v) ? v : __builtin_sqrt(v));
    free(p);
    return out;
}
VECTOR(ewma_variance, run_ewma_variance)

static json_t *run_parkinson(const json_t *in)
{
    size_t nh;
    size_t nl;
    double *high = vector_nums(in, "high", &nh);
    double *low = vector_nums(in, "low", &nl);
    json_t *out = json_object();
    put(out, "variance", formula_parkinson(high, low, nh < nl ? nh : nl));
    free(high);
    free(low);
    return out;
}
VECTOR(parkinson, run_parkinson)

static json_t *run_momentum(const json_t *in)
{
    size_t n;
    size_t horizons;
    struct formula_point *p = points(in, "times", "prices", &n);
    double *h = vector_nums(in, "horizons", &horizons);
    for (size_t i = 0; i < horizons; i++) {
        h[i] = formula_momentum(p, n, vector_num(in, "now"), h[i]);
    }
    json_t *out = json_object();
    json_object_set_new(out, "log_returns", vector_reals(h, horizons));
    free(p);
    free(h);
    return out;
}
VECTOR(momentum, run_momentum)

static struct formula_moments moments(const double *x, size_t n)
{
    struct formula_moments w = {0, 0, 0};
    for (size_t i = 0; i < n; i++) {
        formula_welford_add(&w, x[i]);
    }
    return w;
}

static json_t *run_welford(const json_t *in)
{
    size_t nx;
    size_t ny;
    double *xs = vector_nums(in, "xs", &nx);
    double *ys = vector_nums(in, "ys", &ny);
    struct formula_moments x = moments(xs, nx);
    struct formula_moments all = formula_welford_merge(x, moments(ys, ny));
    double last = ny ? ys[ny - 1] : nx ? xs[nx - 1] : DMATH_NAN;
    double var = formula_welford_variance(&all);
    json_t *out = json_object();
    put(out, "mean_x", nx ? x.mean : DMATH_NAN);
    put(out, "var_x", formula_welford_variance(&x));
    put(out, "mean_all", nx + ny ? all.mean : DMATH_NAN);
    put(out, "var_all", var);
    put(out, "z_last", var > 0.0 ? (last - all.mean) / __builtin_sqrt(var) : DMATH_NAN);
    free(xs);
    free(ys);
    return out;
}
VECTOR(welford, run_welford)

static json_t *run_ewma_zscore(const json_t *in)
{
    size_t n;
    double *x = vector_nums(in, "xs", &n);
    struct formula_ewma s = {0, 0, 0};
    for (size_t i = 0; i < n; i++) {
        x[i] =
            formula_zscore(&s, x[i], vector_num(in, "alpha"), vector_num(in, "clip"), vector_num(in, "eps"));
    }
    json_t *out = json_object();
    json_object_set_new(out, "z", vector_reals(x, n));
    put(out, "mean", s.n > 0.0 ? s.mean : DMATH_NAN);
    put(out, "var", s.n > 0.0 ? s.var : DMATH_NAN);
    free(x);
    return out;
}
VECTOR(ewma_zscore, run_ewma_zscore)
