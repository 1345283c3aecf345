// SPDX-License-Identifier: Apache-2.0
// features: the streams behind the forty figures. Three kinds of state, each exact or O(1): integer sums over
// windows (window.h), decaying averages (one exponential per time constant and event), and the price's path
// (path.h). What depends on the book alone is taken from its first ten levels; depth within a band from the
// book's page sums.
//
// Which event moves what: a quote (touch, or a book that is newer) moves spread, order flow, volatility,
// momentum and the z-scores; a book the deeper levels; a trade the flow of trades; a mark basis and funding.
// A figure keeps its value until an event of its kind, save the windows, which every event advances.
#include "engine/signal/features.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/dmath.h"
#include "engine/signal/formulas.h"
#include "engine/signal/path.h"
#include "engine/signal/vpin.h"
#include "engine/signal/window.h"

enum { DEEP = 10, FINE = 1024, COARSE = 4096, PATH_FINE = 2048, PATH_COARSE = 8192 };
enum { FLOW_OFI, FLOW_NET, FLOW_VOLUME, FLOW_LEVEL_1, FLOW_LEVEL_2, FLOW_LEVEL_3 }; // values of a window

static const double DECAY = 0.5;          // of the weighted imbalance
static const double AVERAGE_TAU_S = 60.0; // of typical quantities
static const double INTENSITY_TAU_S = 30.0;
static const double INTENSITY_WARM_S = 10.0;
static const double SIGMA_FAST_S = 10.0;
static const double SIGMA_SLOW_S = 300.0;
static const double SIGMA_FAST_WARM_S = 3.0;
static const double SIGMA_SLOW_WARM_S = 30.0;
static const double TRADE_SIZE_ALPHA = 0.02;
static const double KYLE_KEEP = 0x1.fe4bd2199271bp-1; // exp(-1/300): one interval of a second, tau 300 s
static const double KYLE_POINTS_MIN = 20.0;
static const int64_t KYLE_INTERVAL_NS = NS_PER_S;
static const int64_t KYLE_INTERVAL_MAX_NS = 10 * NS_PER_S;
static const double Z_ALPHA = 1e-3;
static const double Z_CLIP = 5.0;
static const double Z_EPS = 1e-12;
static const double HORIZON_S[6] = {0.1, 0.5, 1.0, 5.0, 30.0, 60.0};

struct average {
    double value;
    int64_t last_ns; // 0: none yet
};

struct quote {
    int64_t bid_ticks, bid_lots, ask_ticks, ask_lots;
    uint64_t update_id;
};

struct sigma {
    double fast, slow; // variance rates, relative per second
    double elapsed_s;  // observed time, to know when they are warm
    double reference;  // ln mid at last_ns
    int64_t last_ns;   // 0: no reference
};

struct intensity {
    double buy, sell;    // events per second, not corrected for the start
    double start_weight; // share of the average that stands for the time before the first event
    int64_t first_ns, last_ns;
};

struct kyle {
    double n;               // intervals seen
    double w, x, y, xx, xy; // decaying sums
    int64_t start_ns;       // of the open interval; 0 none
    int64_t start_mid2;
    int64_t signed_lots;
};

struct features {
    double value[FEATURE_COUNT];
    uint64_t valid;
    // -- instrument
    double tick_e8;
    int64_t funding_interval_ns;
    // -- best quotes
    struct quote quote;
    uint8_t quote_known; // a quote was seen since the last reset
    uint8_t quote_sane;  // both sides, not crossed
    uint8_t deep_known;  // bids and asks below hold the last book since the last reset
    uint8_t pad[5];
    int64_t mid2_ticks; // bid + ask; 0 unknown
    double log_mid;
    // -- book
    struct level bid[DEEP], ask[DEEP];
    size_t bids, asks;
    struct average best_lots, level_lots, third_lots;
    double weight[DEEP]; // exp(-DECAY k)
    // -- streams
    struct window fine, coarse;
    struct path path_fine, path_coarse;
    struct sigma sigma;
    struct intensity intensity;
    struct kyle kyle;
    struct vpin vpin;
    double vpin_quantile;
    double trade_lots;
    double index_e8;
    struct formula_ewma z_state[FEATURE_COUNT];
    double z[FEATURE_COUNT];
    // -- rings
    struct window_entry fine_ring[FINE], coarse_ring[COARSE];
    struct path_entry path_fine_ring[PATH_FINE], path_coarse_ring[PATH_COARSE];
};

// -------------------------------------------------------------------------------------------------- set-up

size_t features_size(void)
{
    return sizeof(struct features);
}

struct features *features_init(void *mem)
{
    struct features *f = mem;
    memset(f, 0, sizeof *f);
    for (int i = 0; i < FEATURE_COUNT; i++) {
        f->value[i] = DMATH_NAN;
    }
    f->tick_e8 = DMATH_NAN;
    f->index_e8 = DMATH_NAN;
    f->vpin_quantile = DMATH_NAN;
    f->trade_lots = DMATH_NAN;
    f->sigma.fast = f->sigma.slow = DMATH_NAN;
    f->intensity.start_weight = 1.0;
    for (int k = 0; k < DEEP; k++) {
        f->weight[k] = dmath_exp(-DECAY * k);
    }
    window_init(&f->fine, FINE, NS_PER_MS, 100 * NS_PER_MS, NS_PER_S);
    window_init(&f->coarse, COARSE, 10 * NS_PER_MS, 5 * NS_PER_S, 30 * NS_PER_S);
    const int64_t fine_ns[PATH_SPANS] = {100 * NS_PER_MS, 500 * NS_PER_MS, NS_PER_S};
    const int64_t coarse_ns[PATH_SPANS] = {5 * NS_PER_S, 30 * NS_PER_S, 60 * NS_PER_S};
    path_init(&f->path_fine, PATH_FINE, NS_PER_MS, fine_ns);
    path_init(&f->path_coarse, PATH_COARSE, 10 * NS_PER_MS, coarse_ns);
    vpin_init(&f->vpin);
    return f;
}

void features_set_instrument(struct features *f, const struct instrument *ins)
{
    f->tick_e8 = (double)ins->tick_e8;
    f->funding_interval_ns = (ins->funding_interval_h > 0 ? ins->funding_interval_h : 8) * (3600 * NS_PER_S);
}

void features_set_vpin_bucket(struct features *f, int64_t lots)
{
    f->vpin.fixed_lots = lots > 0 ? lots : 0;
}

// ----------------------------------------------------------------------------------------------- utilities

static void put(struct features *f, enum feature_id id, double x)
{
    bool ok = dmath_isfinite(x);
    uint64_t bit = UINT64_C(1) << id;
    f->value[id] = ok ? x : DMATH_NAN;
    f->valid = ok ? f->valid | bit : f->valid & ~bit;
}

static double seconds(int64_t ns)
{
    return (double)ns * 1e-9;
}

// Weight of a new value after dt in an average of time constant tau.
static double weight_of(double dt_s, double tau_s)
{
    return -dmath_expm1(-dt_s / tau_s);
}

static void average_add(struct average *a, int64_t now_ns, double x)
{
    a->value = a->last_ns == 0
                   ? x
                   : a->value + weight_of(seconds(now_ns - a->last_ns), AVERAGE_TAU_S) * (x - a->value);
    a->last_ns = now_ns;
}

static double average_of(const struct average *a)
{
    return a->last_ns ? a->value : DMATH_NAN;
}

static void flow_add(struct features *f, int64_t now_ns, int which, int64_t x)
{
    if (x != 0) {
        window_add(&f->fine, f->fine_ring, now_ns, which, x);
        window_add(&f->coarse, f->coarse_ring, now_ns, which, x);
    }
}

// Order flow of one level: what joined at a price at least as good, less what stood at one (formula_flow_bid,
// in lots).
static int64_t level_flow(int64_t ticks0, int64_t lots0, int64_t ticks1, int64_t lots1, bool bids)
{
    int64_t step = bids ? ticks1 - ticks0 : ticks0 - ticks1;
    int64_t flow = (step >= 0 ? lots1 : 0) - (step <= 0 ? lots0 : 0);
    return bids ? flow : -flow;
}

void features_reset_book(struct features *f)
{
    f->quote_known = 0;
    f->quote_sane = 0;
    f->deep_known = 0;
    f->mid2_ticks = 0;
    f->quote.update_id = 0;
    f->sigma.last_ns = 0;
    f->kyle.start_ns = 0;
    path_clear(&f->path_fine);
    path_clear(&f->path_coarse);
    static const struct {
        uint8_t from, to;
    } SPANS[] = {{FEATURE_SPREAD, FEATURE_SLOPE_ASK}, {FEATURE_MOMENTUM_100MS, FEATURE_BASIS}};
    for (size_t k = 0; k < COUNT_OF(SPANS); k++) {
        for (int i = SPANS[k].from; i <= SPANS[k].to; i++) {
            put(f, (enum feature_id)i, DMATH_NAN);
        }
    }
}

// ------------------------------------------------------------------------------------ volatility, momentum

static double sigma_value(double variance, double elapsed_s, double warm_s)
{
    return elapsed_s >= warm_s ? sqrt(variance) : DMATH_NAN;
}

static double sigma_fast(const struct features *f)
{
    return sigma_value(f->sigma.fast, f->sigma.elapsed_s, SIGMA_FAST_WARM_S);
}

static double sigma_slow(const struct features *f)
{
    return sigma_value(f->sigma.slow, f->sigma.elapsed_s, SIGMA_SLOW_WARM_S);
}

static double sigma_best(const struct features *f)
{
    double slow = sigma_slow(f);
    return dmath_isnan(slow) ? sigma_fast(f) : slow;
}

static void sigma_add(struct sigma *s, int64_t now_ns, double log_mid)
{
    if (s->last_ns != 0) {
        double dt = seconds(now_ns - s->last_ns);
        if (!(dt > 0.0)) {
            return; // the older reference stays: the next return covers this move
        }
        double r = log_mid - s->reference;
        double x = r * r / dt;
        s->fast = dmath_isnan(s->fast) ? x : s->fast + weight_of(dt, SIGMA_FAST_S) * (x - s->fast);
        s->slow = dmath_isnan(s->slow) ? x : s->slow + weight_of(dt, SIGMA_SLOW_S) * (x - s->slow);
        s->elapsed_s += dt;
    }
    s->reference = log_mid;
    s->last_ns = now_ns;
}

static void put_sigma(struct features *f)
{
    double fast = sigma_fast(f);
    double slow = sigma_slow(f);
    put(f, FEATURE_SIGMA_10S, fast);
    put(f, FEATURE_SIGMA_300S, slow);
    put(f, FEATURE_SIGMA_RATIO, slow > 0.0 ? fast / slow : DMATH_NAN);
}

static void put_momentum(struct features *f, int64_t now_ns)
{
    double sigma = f->quote_sane ? sigma_best(f) : DMATH_NAN;
    for (int k = 0; k < 6; k++) {
        double before = k < PATH_SPANS
                            ? path_before(&f->path_fine, f->path_fine_ring, now_ns, k)
                            : path_before(&f->path_coarse, f->path_coarse_ring, now_ns, k - PATH_SPANS);
        double scale = sigma * sqrt(HORIZON_S[k]);
        put(f, (enum feature_id)(FEATURE_MOMENTUM_100MS + k),
            scale > 0.0 ? (f->log_mid - before) / scale : DMATH_NAN);
    }
}

// -------------------------------------------------------------------------------------------------- trades

static void intensity_advance(struct intensity *r, int64_t now_ns)
{
    if (r->first_ns == 0) {
        r->first_ns = r->last_ns = now_ns;
        return;
    }
    double keep = 1.0 - weight_of(seconds(now_ns - r->last_ns), INTENSITY_TAU_S);
    r->buy *= keep;
    r->sell *= keep;
    r->start_weight *= keep;
    r->last_ns = now_ns;
}

static double intensity_rate(const struct intensity *r, double raw)
{
    bool warm = r->first_ns && seconds(r->last_ns - r->first_ns) >= INTENSITY_WARM_S;
    return warm ? raw / (1.0 - r->start_weight) : DMATH_NAN;
}

static void put_intensity(struct features *f)
{
    double buy = intensity_rate(&f->intensity, f->intensity.buy);
    double sell = intensity_rate(&f->intensity, f->intensity.sell);
    put(f, FEATURE_INTENSITY_BUY, dmath_log(buy));
    put(f, FEATURE_INTENSITY_SELL, dmath_log(sell));
}

static void kyle_point(struct kyle *k, double dp_ticks, double lots)
{
    k->n += 1.0;
    k->w = k->w * KYLE_KEEP + 1.0;
    k->x = k->x * KYLE_KEEP + lots;
    k->y = k->y * KYLE_KEEP + dp_ticks;
    k->xx = k->xx * KYLE_KEEP + lots * lots;
    k->xy = k->xy * KYLE_KEEP + lots * dp_ticks;
}

// Intervals of at least a second, closed by the first event after it. A longer silence is no interval.
static void kyle_advance(struct features *f, int64_t now_ns)
{
    struct kyle *k = &f->kyle;
    if (f->mid2_ticks == 0) {
        return;
    }
    if (k->start_ns != 0 && now_ns - k->start_ns < KYLE_INTERVAL_NS) {
        return;
    }
    if (k->start_ns != 0 && now_ns - k->start_ns < KYLE_INTERVAL_MAX_NS) {
        kyle_point(k, (double)(f->mid2_ticks - k->start_mid2) / 2.0, (double)k->signed_lots);
    }
    k->start_ns = now_ns;
    k->start_mid2 = f->mid2_ticks;
    k->signed_lots = 0;
}

static double kyle_lambda(const struct kyle *k)
{
    double var = k->w * k->xx - k->x * k->x;
    bool enough = k->n >= KYLE_POINTS_MIN && var > 1e-12 * k->w * k->xx;
    return enough ? (k->w * k->xy - k->x * k->y) / var : DMATH_NAN;
}

static double share(int64_t net, int64_t volume)
{
    return volume > 0 ? (double)net / (double)volume : DMATH_NAN;
}

// Everything that is a sum over a window, as of now.
static void put_windows(struct features *f, int64_t now_ns)
{
    window_advance(&f->fine, f->fine_ring, now_ns);
    window_advance(&f->coarse, f->coarse_ring, now_ns);
    const struct window *s = &f->fine;
    const struct window *l = &f->coarse;
    double best = average_of(&f->best_lots);
    double third = average_of(&f->third_lots);
    put(f, FEATURE_OFI_100MS, (double)s->sum[0][FLOW_OFI] / best);
    put(f, FEATURE_OFI_1S, (double)s->sum[1][FLOW_OFI] / best);
    put(f, FEATURE_OFI_5S, (double)l->sum[0][FLOW_OFI] / best);
    put(f, FEATURE_OFI_30S, (double)l->sum[1][FLOW_OFI] / best);
    put(f, FEATURE_MLOFI_1, (double)s->sum[1][FLOW_LEVEL_1] / third);
    put(f, FEATURE_MLOFI_2, (double)s->sum[1][FLOW_LEVEL_2] / third);
    put(f, FEATURE_MLOFI_3, (double)s->sum[1][FLOW_LEVEL_3] / third);
    put(f, FEATURE_TRADE_IMBALANCE_1S, share(s->sum[1][FLOW_NET], s->sum[1][FLOW_VOLUME]));
    put(f, FEATURE_TRADE_IMBALANCE_5S, share(l->sum[0][FLOW_NET], l->sum[0][FLOW_VOLUME]));
    put(f, FEATURE_TRADE_IMBALANCE_30S, share(l->sum[1][FLOW_NET], l->sum[1][FLOW_VOLUME]));
}

void features_on_trade(struct features *f, const struct event *ev)
{
    const struct ev_trade *t = &ev->u.trade;
    int64_t now_ns = ev->mono_ns;
    if (t->qty_lots <= 0) {
        return;
    }
    flow_add(f, now_ns, FLOW_NET, t->side * t->qty_lots);
    flow_add(f, now_ns, FLOW_VOLUME, t->qty_lots);
    intensity_advance(&f->intensity, now_ns);
    *(t->side > 0 ? &f->intensity.buy : &f->intensity.sell) += 1.0 / INTENSITY_TAU_S;
    kyle_advance(f, now_ns);
    f->kyle.signed_lots =
        (int64_t)((uint64_t)f->kyle.signed_lots + (uint64_t)(t->side * t->qty_lots)); // may wrap
    double lots = (double)t->qty_lots;
    f->trade_lots =
        dmath_isnan(f->trade_lots) ? lots : f->trade_lots + TRADE_SIZE_ALPHA * (lots - f->trade_lots);
    uint64_t buckets = f->vpin.complete;
    vpin_on_trade(&f->vpin, now_ns, t->side, t->qty_lots);
    if (f->vpin.complete != buckets) {
        f->vpin_quantile = vpin_quantile(&f->vpin);
        put(f, FEATURE_VPIN_QUANTILE, f->vpin_quantile);
    }
    put(f, FEATURE_KYLE, kyle_lambda(&f->kyle) * f->trade_lots);
    put_intensity(f);
    put_windows(f, now_ns);
}

// -------------------------------------------------------------------------------------------------- quotes

static void put_touch(struct features *f)
{
    const struct quote *q = &f->quote;
    double spread = (double)(q->ask_ticks - q->bid_ticks);
    double bid = (double)q->bid_lots;
    double ask = (double)q->ask_lots;
    double imbalance = f->quote_sane ? (bid - ask) / (bid + ask) : DMATH_NAN;
    put(f, FEATURE_SPREAD, f->quote_sane ? spread : DMATH_NAN);
    put(f, FEATURE_MICROPRICE, spread / 2.0 * imbalance);
    put(f, FEATURE_WEIGHTED_MID, spread / 2.0 * imbalance);
    put(f, FEATURE_IMBALANCE_1, imbalance);
    double mid_e8 = (double)f->mid2_ticks / 2.0 * f->tick_e8;
    put(f, FEATURE_BASIS, f->quote_sane ? 1e4 * (mid_e8 - f->index_e8) / f->index_e8 : DMATH_NAN);
}

// The mid as of now goes to volatility and to the price's path.
static void follow_mid(struct features *f, int64_t now_ns)
{
    const struct quote *q = &f->quote;
    if (!f->quote_sane) {
        f->mid2_ticks = 0;
        return;
    }
    int64_t mid2 = q->bid_ticks + q->ask_ticks;
    if (mid2 != f->mid2_ticks) {
        f->mid2_ticks = mid2;
        f->log_mid = dmath_log((double)mid2 / 2.0);
        path_push(&f->path_fine, f->path_fine_ring, now_ns, f->log_mid);
        path_push(&f->path_coarse, f->path_coarse_ring, now_ns, f->log_mid);
    }
    sigma_add(&f->sigma, now_ns, f->log_mid);
}

static void on_quote(struct features *f, const struct quote *q, int64_t now_ns)
{
    const struct quote *p = &f->quote;
    bool sane = q->bid_ticks > 0 && q->bid_lots > 0 && q->ask_lots > 0 && q->bid_ticks < q->ask_ticks;
    if (f->quote_known && f->quote_sane && sane) {
        flow_add(f, now_ns, FLOW_OFI,
                 level_flow(p->bid_ticks, p->bid_lots, q->bid_ticks, q->bid_lots, true) +
                     level_flow(p->ask_ticks, p->ask_lots, q->ask_ticks, q->ask_lots, false));
    }
    f->quote = *q;
    f->quote_known = 1;
    f->quote_sane = sane;
    if (sane) {
        average_add(&f->best_lots, now_ns, ((double)q->bid_lots + (double)q->ask_lots) / 2.0);
    }
    follow_mid(f, now_ns);
    put_touch(f);
}

// After a quote or a book: what depends on time and price, then the z-scores.
static void finish(struct features *f, int64_t now_ns)
{
    kyle_advance(f, now_ns);
    intensity_advance(&f->intensity, now_ns);
    put_intensity(f);
    put_sigma(f);
    put_windows(f, now_ns);
    put_momentum(f, now_ns);
    for (int i = 0; i < FEATURE_COUNT; i++) {
        f->z[i] = formula_zscore(&f->z_state[i], f->value[i], Z_ALPHA, Z_CLIP, Z_EPS);
    }
}

void features_on_touch(struct features *f, const struct event *ev)
{
    const struct ev_touch *t = &ev->u.touch;
    if (f->quote_known && t->update_id != 0 && t->update_id < f->quote.update_id) {
        return;
    }
    struct quote q = {t->bid_ticks, t->bid_lots, t->ask_ticks, t->ask_lots, t->update_id};
    on_quote(f, &q, ev->mono_ns);
    finish(f, ev->mono_ns);
}

// ---------------------------------------------------------------------------------------------------- book

struct sums {
    double three, five, ten, weighted;
};

static struct sums sum_levels(const struct features *f, const struct level *l, size_t n)
{
    struct sums s = {0.0, 0.0, 0.0, 0.0};
    for (size_t i = 0; i < n; i++) {
        double lots = (double)l[i].lots;
        s.ten += lots;
        s.weighted += lots * f->weight[i];
        s.three = i == 2 || (i + 1 == n && n < 3) ? s.ten : s.three;
        s.five = i == 4 || (i + 1 == n && n < 5) ? s.ten : s.five;
    }
    return s;
}

static double ratio(double bid, double ask)
{
    return (bid - ask) / (bid + ask);
}

// ln of lots per bps: least squares through the origin over the levels (formula_book_slope).
static double slope(const struct level *l, size_t n, double mid)
{
    double cumulative = 0.0;
    double xy = 0.0;
    double xx = 0.0;
    double to_bps = 1e4 / mid;
    for (size_t i = 0; i < n; i++) {
        double d = dmath_abs((double)l[i].ticks - mid) * to_bps;
        cumulative += (double)l[i].lots;
        xy += d * cumulative;
        xx += d * d;
    }
    return dmath_log(xy / xx);
}

// ln(1 + lots within x bps of mid / average level); boundaries inclusive, in integers. Twice the mid below
// 2^48.
static double depth(const struct features *f, const struct book *b, enum side side, int64_t mid2, int64_t bps)
{
    int64_t scaled = mid2 * (10000 + (side == SIDE_BUY ? -bps : bps));
    int64_t limit = side == SIDE_BUY ? (scaled + 19999) / 20000 : scaled / 20000;
    return dmath_log1p((double)book_depth_lots(b, side, limit) / average_of(&f->level_lots));
}

static void put_depth(struct features *f, const struct book *b, bool sane)
{
    int64_t mid2 = sane ? f->bid[0].ticks + f->ask[0].ticks : 0;
    bool ok = sane && mid2 < INT64_C(1) << 48;
    put(f, FEATURE_DEPTH_BID_5, ok ? depth(f, b, SIDE_BUY, mid2, 5) : DMATH_NAN);
    put(f, FEATURE_DEPTH_ASK_5, ok ? depth(f, b, SIDE_SELL, mid2, 5) : DMATH_NAN);
    put(f, FEATURE_DEPTH_BID_20, ok ? depth(f, b, SIDE_BUY, mid2, 20) : DMATH_NAN);
    put(f, FEATURE_DEPTH_ASK_20, ok ? depth(f, b, SIDE_SELL, mid2, 20) : DMATH_NAN);
    put(f, FEATURE_SLOPE_BID, ok ? slope(f->bid, f->bids, (double)mid2 / 2.0) : DMATH_NAN);
    put(f, FEATURE_SLOPE_ASK, ok ? slope(f->ask, f->asks, (double)mid2 / 2.0) : DMATH_NAN);
}

static void put_imbalances(struct features *f, const struct sums *b, const struct sums *a, bool sane)
{
    put(f, FEATURE_IMBALANCE_3, sane ? ratio(b->three, a->three) : DMATH_NAN);
    put(f, FEATURE_IMBALANCE_5, sane ? ratio(b->five, a->five) : DMATH_NAN);
    put(f, FEATURE_IMBALANCE_10, sane ? ratio(b->ten, a->ten) : DMATH_NAN);
    put(f, FEATURE_IMBALANCE_WEIGHTED, sane ? ratio(b->weighted, a->weighted) : DMATH_NAN);
}

// Flow of levels 1 to 3 from the book before to the book now; a level that is missing on one side of the
// comparison is quantity 0 at the other's price.
static int64_t deep_flow(const struct level *p, size_t np, const struct level *q, size_t nq, size_t i,
                         bool bids)
{
    struct level none = {0, 0};
    struct level before = i < np ? p[i] : none;
    struct level after = i < nq ? q[i] : none;
    before.ticks = i < np ? before.ticks : after.ticks;
    after.ticks = i < nq ? after.ticks : before.ticks;
    return level_flow(before.ticks, before.lots, after.ticks, after.lots, bids);
}

static void on_levels(struct features *f, const struct book *b, int64_t now_ns)
{
    struct level bid[DEEP];
    struct level ask[DEEP];
    size_t bids = book_top(b, SIDE_BUY, bid, DEEP);
    size_t asks = book_top(b, SIDE_SELL, ask, DEEP);
    for (size_t i = 0; f->deep_known && i < 3; i++) {
        flow_add(f, now_ns, FLOW_LEVEL_1 + (int)i,
                 deep_flow(f->bid, f->bids, bid, bids, i, true) +
                     deep_flow(f->ask, f->asks, ask, asks, i, false));
    }
    memcpy(f->bid, bid, bids * sizeof bid[0]);
    memcpy(f->ask, ask, asks * sizeof ask[0]);
    f->bids = bids;
    f->asks = asks;
    f->deep_known = 1;
    bool sane = bids && asks && bid[0].ticks < ask[0].ticks;
    struct sums sb = sum_levels(f, bid, bids);
    struct sums sa = sum_levels(f, ask, asks);
    if (sane) {
        average_add(&f->level_lots, now_ns, (sb.ten + sa.ten) / (double)(bids + asks));
        average_add(&f->third_lots, now_ns, (sb.three + sa.three) / 6.0);
    }
    put_imbalances(f, &sb, &sa, sane);
    put_depth(f, b, sane);
}

void features_on_book(struct features *f, const struct book *b, const struct event *ev)
{
    on_levels(f, b, ev->mono_ns);
    uint64_t id = book_last_id(b);
    if (!f->quote_known || id >= f->quote.update_id) {
        struct quote q = {0, 0, 0, 0, id};
        if (f->bids && f->asks) {
            q = (struct quote){f->bid[0].ticks, f->bid[0].lots, f->ask[0].ticks, f->ask[0].lots, id};
        }
        on_quote(f, &q, ev->mono_ns);
    }
    finish(f, ev->mono_ns);
}

void features_on_mark(struct features *f, const struct event *ev)
{
    const struct ev_mark *m = &ev->u.mark;
    f->index_e8 = m->index_e8 > 0 ? (double)m->index_e8 : DMATH_NAN;
    put_touch(f);
    double left = f->funding_interval_ns
                      ? (double)(m->next_funding_ns - ev->wall_ns) / (double)f->funding_interval_ns
                      : DMATH_NAN;
    left = left < 0.0 ? 0.0 : left > 1.0 ? 1.0 : left;
    put(f, FEATURE_FUNDING, m->next_funding_ns > 0 ? (double)m->funding_rate_e8 / 1e4 * left : DMATH_NAN);
}

// ------------------------------------------------------------------------------------------------- reading

const double *features_values(const struct features *f)
{
    return f->value;
}

uint64_t features_valid(const struct features *f)
{
    return f->valid;
}

double features_z(const struct features *f, enum feature_id id)
{
    bool warm = f->z_state[id].n >= 1.0 / Z_ALPHA;
    return warm && (f->valid >> id & 1) ? f->z[id] : DMATH_NAN;
}

struct feature_raw features_raw(const struct features *f)
{
    struct feature_raw r;
    r.mid_ticks = f->mid2_ticks ? (double)f->mid2_ticks / 2.0 : DMATH_NAN;
    r.sigma_rel = sigma_best(f);
    r.sigma_ticks = r.sigma_rel * r.mid_ticks;
    r.sigma_10s = sigma_fast(f);
    r.sigma_300s = sigma_slow(f);
    r.buys_per_s = intensity_rate(&f->intensity, f->intensity.buy);
    r.sells_per_s = intensity_rate(&f->intensity, f->intensity.sell);
    r.vpin = vpin_value(&f->vpin);
    r.vpin_quantile = f->vpin_quantile;
    r.bucket_lots = f->vpin.bucket_lots ? (double)f->vpin.bucket_lots : DMATH_NAN;
    r.best_lots = average_of(&f->best_lots);
    r.level_lots = average_of(&f->level_lots);
    r.trade_lots = f->trade_lots;
    return r;
}

static const char *const NAMES[FEATURE_COUNT][2] = {
    {"spread", "ticks"},
    {"microprice (w. mid)", "ticks"},
    {"weighted mid", "ticks"},
    {"imbalance 1", ""},
    {"imbalance 3", ""},
    {"imbalance 5", ""},
    {"imbalance 10", ""},
    {"imbalance weighted", ""},
    {"depth bid 5 bp", "ln"},
    {"depth ask 5 bp", "ln"},
    {"depth bid 20 bp", "ln"},
    {"depth ask 20 bp", "ln"},
    {"slope bid", "ln"},
    {"slope ask", "ln"},
    {"OFI 0.1 s", ""},
    {"OFI 1 s", ""},
    {"OFI 5 s", ""},
    {"OFI 30 s", ""},
    {"OFI level 1", ""},
    {"OFI level 2", ""},
    {"OFI level 3", ""},
    {"trade imb. 1 s", ""},
    {"trade imb. 5 s", ""},
    {"trade imb. 30 s", ""},
    {"VPIN quantile", ""},
    {"buys", "ln/s"},
    {"sells", "ln/s"},
    {"Kyle impact", "ticks"},
    {"sigma 10 s", "/sqrt s"},
    {"sigma 300 s", "/sqrt s"},
    {"sigma 10/300", ""},
    {"momentum 0.1 s", "sigma"},
    {"momentum 0.5 s", "sigma"},
    {"momentum 1 s", "sigma"},
    {"momentum 5 s", "sigma"},
    {"momentum 30 s", "sigma"},
    {"momentum 60 s", "sigma"},
    {"basis to index", "bp"},
    {"funding left", "bp"},
    {"lead return", "bp"},
};

const char *feature_name(enum feature_id id)
{
    return (unsigned)id < FEATURE_COUNT ? NAMES[id][0] : "?";
}

const char *feature_unit(enum feature_id id)
{
    return (unsigned)id < FEATURE_COUNT ? NAMES[id][1] : "";
}
