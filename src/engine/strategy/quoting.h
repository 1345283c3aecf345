// SPDX-License-Identifier: Apache-2.0
// quoting: the formulas of quoting as pure functions: spreads, skew, layers, rounding (quant.md 4). No state,
// no units of its own: lengths come back in the unit they were given in (price or ticks), which every
// function names.
//
// NaN never turns into a number: a function that cannot answer returns false and its caller does not quote.
#ifndef TT_ENGINE_STRATEGY_QUOTING_H
#define TT_ENGINE_STRATEGY_QUOTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/event.h"

// 4.1 The specified spread s = sqrt(2 sigma^2 T / A), with its floors. Lengths in price.
struct spec_spread {
    double raw;    // before floors
    double floor;  // max(2 ticks, 2 price (maker fee + minimum edge))
    double spread; // full spread
    double half;
};
// sigma: price per sqrt(second); horizon_s: T; fills: A, the expected fills in T (a pure number); tick, price
// > 0. False when any input is NaN or A, tick or price is not positive: do not quote.
bool quoting_spec_spread(double sigma, double horizon_s, double fills, double tick, double price,
                         double maker_fee_bps, double min_edge_bps, struct spec_spread *out);

// 4.2 Avellaneda and Stoikov 2008. sigma in price/sqrt(s), k in 1/price, gamma in 1/(price x unit), inventory
// in units.
struct as_quote {
    double reservation, spread, bid, ask;
};
bool quoting_avellaneda_stoikov(double price, double inventory, double gamma, double sigma, double tau_s,
                                double k, struct as_quote *out);

// 4.3 Gueant, Lehalle, Fernandez-Tapia 2013 with xi = gamma. All lengths in one unit (ours: ticks); A in 1/s,
// k in 1/unit, sigma in unit/sqrt(s), inventory in units of delta = 1. gamma = 0 gives 1/k and no skew.
struct glft_quote {
    double c1, c2, half_spread, skew, bid_depth, ask_depth;
};
bool quoting_glft(double a, double k, double gamma, double sigma, double inventory, double delta,
                  struct glft_quote *out);

// 4.4 Least squares of ln(lambda) = ln A - k d over the depths with counts > 0. False with fewer than 3 such
// depths or k <= 0: keep the last fit.
bool quoting_arrival_fit(const double *depth, const double *counts, size_t n, double seconds, double *a,
                         double *k);

// 4.5 Linear skew: centre mid - skew_max x clip(q / q_max, -1, 1); at the limit only the reducing side
// quotes.
struct skew_quote {
    double bid, ask;
    double bid_size_mult, ask_size_mult; // 0..1
};
bool quoting_inventory_skew(double mid, double half, double q, double q_max, double skew_max,
                            struct skew_quote *out);

// 4.5 Layer i of n stands half + i x step ticks from ref; quantity proportional to growth^i, rounded down.
// Buy prices round down to the tick, sell prices up. Fills out[0..n), n <= 64; false on bad input.
bool quoting_layers(enum side side, double ref, size_t n, double half_ticks, double step_ticks, double tick,
                    int64_t total_lots, double growth, struct level *out);

// 4.6 Rounding and acceptance, in integers only (1e-8). 0 disables a bound.
struct round_request {
    int8_t side; // enum side
    bool post_only, reduce_only;
    int64_t price_e8, qty_e8, tick_e8, step_e8;
    int64_t min_qty_e8, max_qty_e8;
    int64_t min_notional_e8;          // not applied to reduce-only
    int64_t best_bid_e8, best_ask_e8; // 0 = that side is empty
    int64_t mark_e8, percent_up_e8, percent_down_e8;
};
enum round_result {
    ROUND_OK,
    ROUND_PRICE,
    ROUND_MIN_QTY,
    ROUND_MIN_NOTIONAL,
    ROUND_MAX_QTY,
    ROUND_PERCENT_PRICE
};
struct rounded {
    int64_t price_ticks, qty_lots;
    enum round_result result; // first check that failed, in the order of the enum
};
struct rounded quoting_round_order(const struct round_request *r);
// "ok", "price", "min_qty", "min_notional", "max_qty", "percent_price".
const char *quoting_round_result_name(enum round_result r);

#endif
