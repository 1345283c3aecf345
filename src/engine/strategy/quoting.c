// SPDX-License-Identifier: Apache-2.0
// quoting: see the header. Doubles live here and end at round_order, which is integer from end to end.
#include "engine/strategy/quoting.h"

#include <math.h>

#include "base/check.h"
#include "base/decimal.h"
#include "base/dmath.h"

// A price that is a tick by construction may miss it by rounding of the double; a billionth of a tick is
// forgiven.
static const double TICK_SLACK = 1e-9;

static bool is_positive(double x)
{
    return isfinite(x) && x > 0;
}

// floor and ceil without libm; |x| stays far below 2^62 here (checked).
static int64_t floor_i64(double x)
{
    CHECK(x > -4e18 && x < 4e18);
    int64_t i = (int64_t)x;
    return i - ((double)i > x);
}

static int64_t ceil_i64(double x)
{
    return -floor_i64(-x);
}

static double clip(double x, double lo, double hi)
{
    return x < lo ? lo : x > hi ? hi : x;
}

bool quoting_spec_spread(double sigma, double horizon_s, double fills, double tick, double price,
                         double maker_fee_bps, double min_edge_bps, struct spec_spread *out)
{
    if (!isfinite(sigma) || sigma < 0 || !isfinite(horizon_s) || horizon_s < 0 || !is_positive(fills) ||
        !is_positive(tick) || !is_positive(price) || !isfinite(maker_fee_bps) || !isfinite(min_edge_bps)) {
        return false;
    }
    double fee_floor = 2 * price * (maker_fee_bps + min_edge_bps) / 1e4;
    out->raw = sqrt(2 * sigma * sigma * horizon_s / fills);
    out->floor = fee_floor > 2 * tick ? fee_floor : 2 * tick;
    out->spread = out->raw > out->floor ? out->raw : out->floor;
    out->half = out->spread / 2;
    return isfinite(out->spread);
}

bool quoting_avellaneda_stoikov(double price, double inventory, double gamma, double sigma, double tau_s,
                                double k, struct as_quote *out)
{
    if (!isfinite(price) || !isfinite(inventory) || !isfinite(gamma) || gamma < 0 || !isfinite(sigma) ||
        sigma < 0 || !isfinite(tau_s) || tau_s < 0 || !is_positive(k)) {
        return false;
    }
    double risk = gamma * sigma * sigma * tau_s;
    double fill = gamma / k < 1e-12 ? 2 / k : 2 / gamma * dmath_log1p(gamma / k); // gamma -> 0: 2/k
    out->reservation = price - inventory * risk;
    out->spread = risk + fill;
    out->bid = out->reservation - out->spread / 2;
    out->ask = out->reservation + out->spread / 2;
    return isfinite(out->bid) && isfinite(out->ask);
}

bool quoting_glft(double a, double k, double gamma, double sigma, double inventory, double delta,
                  struct glft_quote *out)
{
    if (!is_positive(a) || !is_positive(k) || !isfinite(gamma) || gamma < 0 || !isfinite(sigma) ||
        sigma < 0 || !isfinite(inventory) || !is_positive(delta)) {
        return false;
    }
    double x = gamma * delta / k;
    if (x < 1e-12) {
        out->c1 = 1 / k;
        out->c2 = 0;
    } else {
        double lx = dmath_log1p(x);
        out->c1 = lx / (gamma * delta);
        out->c2 = sqrt(gamma / (2 * a * delta * k) * dmath_exp((1 / x + 1) * lx));
    }
    out->half_spread = out->c1 + delta * sigma * out->c2 / 2;
    out->skew = sigma * out->c2;
    out->bid_depth = out->half_spread + out->skew * inventory;
    out->ask_depth = out->half_spread - out->skew * inventory;
    return isfinite(out->bid_depth) && isfinite(out->ask_depth);
}

bool quoting_arrival_fit(const double *depth, const double *counts, size_t n, double seconds, double *a,
                         double *k)
{
    double m = 0, sx = 0, sy = 0;
    if (!is_positive(seconds)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (is_positive(counts[i]) && isfinite(depth[i])) {
            m += 1;
            sx += depth[i];
            sy += dmath_log(counts[i] / seconds);
        }
    }
    if (m < 3) {
        return false;
    }
    double mx = sx / m, my = sy / m, sxx = 0, sxy = 0;
    for (size_t i = 0; i < n; i++) {
        if (is_positive(counts[i]) && isfinite(depth[i])) {
            sxx += (depth[i] - mx) * (depth[i] - mx);
            sxy += (depth[i] - mx) * (dmath_log(counts[i] / seconds) - my);
        }
    }
    if (!is_positive(sxx) || !is_positive(-sxy / sxx)) {
        return false;
    }
    *k = -sxy / sxx;
    *a = dmath_exp(my + *k * mx);
    return is_positive(*a);
}

bool quoting_inventory_skew(double mid, double half, double q, double q_max, double skew_max,
                            struct skew_quote *out)
{
    if (!isfinite(mid) || !isfinite(half) || !isfinite(q) || !is_positive(q_max) || !isfinite(skew_max)) {
        return false;
    }
    double ratio = clip(q / q_max, -1, 1);
    double centre = mid - skew_max * ratio;
    out->bid = centre - half;
    out->ask = centre + half;
    out->bid_size_mult = 1 - (ratio > 0 ? ratio : 0);
    out->ask_size_mult = 1 + (ratio < 0 ? ratio : 0);
    return true;
}

bool quoting_layers(enum side side, double ref, size_t n, double half_ticks, double step_ticks, double tick,
                    int64_t total_lots, double growth, struct level *out)
{
    if (!is_positive(tick) || !isfinite(ref) || n == 0 || n > 64 || !isfinite(half_ticks) ||
        !isfinite(step_ticks) || !is_positive(growth) || total_lots < 0) {
        return false;
    }
    double sum = 0, g = 1;
    for (size_t i = 0; i < n; i++, g *= growth) {
        sum += g;
    }
    g = 1;
    for (size_t i = 0; i < n; i++, g *= growth) {
        double at = ref / tick - (double)side * (half_ticks + (double)i * step_ticks);
        double lots = (double)total_lots * g / sum;
        if (!(at > -4e18 && at < 4e18) || !(lots < 4e18)) {
            return false;
        }
        out[i].ticks = side == SIDE_BUY ? floor_i64(at + TICK_SLACK) : ceil_i64(at - TICK_SLACK);
        out[i].lots = floor_i64(lots + TICK_SLACK);
    }
    return true;
}

static int64_t div_floor(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && a < 0);
}

static int64_t div_ceil(int64_t a, int64_t b)
{
    return -div_floor(-a, b);
}

// Post-only: step back behind the touch of the other side.
static int64_t keep_passive(const struct round_request *r, int64_t ticks)
{
    if (r->side == SIDE_BUY && r->best_ask_e8 > 0) {
        int64_t ask = div_ceil(r->best_ask_e8, r->tick_e8);
        return ticks < ask ? ticks : ask - 1;
    }
    if (r->side == SIDE_SELL && r->best_bid_e8 > 0) {
        int64_t bid = div_floor(r->best_bid_e8, r->tick_e8);
        return ticks > bid ? ticks : bid + 1;
    }
    return ticks;
}

// PERCENT_PRICE: a buy at most mark x up, a sell at least mark x down.
static bool percent_ok(const struct round_request *r, int64_t price_e8)
{
    if (r->mark_e8 <= 0) {
        return true;
    }
    if (r->side == SIDE_BUY) {
        return r->percent_up_e8 == 0 || price_e8 <= muldiv_floor(r->mark_e8, r->percent_up_e8, E8);
    }
    return r->percent_down_e8 == 0 || price_e8 >= muldiv_floor(r->mark_e8, r->percent_down_e8, E8);
}

static enum round_result check_rounded(const struct round_request *r, int64_t ticks, int64_t lots)
{
    int64_t price_e8, qty_e8 = lots * r->step_e8;
    if (ticks <= 0 || __builtin_mul_overflow(ticks, r->tick_e8, &price_e8)) {
        return ROUND_PRICE;
    }
    if (lots <= 0 || qty_e8 < r->min_qty_e8) {
        return ROUND_MIN_QTY;
    }
    __int128 notional = (__int128)price_e8 * qty_e8; // in 1e-16: exact
    if (!r->reduce_only && notional < (__int128)r->min_notional_e8 * E8) {
        return ROUND_MIN_NOTIONAL;
    }
    if (r->max_qty_e8 > 0 && qty_e8 > r->max_qty_e8) {
        return ROUND_MAX_QTY;
    }
    return percent_ok(r, price_e8) ? ROUND_OK : ROUND_PERCENT_PRICE;
}

struct rounded quoting_round_order(const struct round_request *r)
{
    CHECK(r->tick_e8 > 0 && r->step_e8 > 0);
    int64_t ticks =
        r->side == SIDE_BUY ? div_floor(r->price_e8, r->tick_e8) : div_ceil(r->price_e8, r->tick_e8);
    if (r->post_only) {
        ticks = keep_passive(r, ticks);
    }
    int64_t lots = r->qty_e8 > 0 ? r->qty_e8 / r->step_e8 : 0;
    return (struct rounded){ticks, lots, check_rounded(r, ticks, lots)};
}

const char *quoting_round_result_name(enum round_result r)
{
    static const char *const NAME[] = {"ok", "price", "min_qty", "min_notional", "max_qty", "percent_price"};
    CHECK((size_t)r < COUNT_OF(NAME));
    return NAME[r];
}
