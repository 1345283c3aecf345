// SPDX-License-Identifier: Apache-2.0
// sizing: how much to risk, as statistics: Kelly's fraction, the ladder of risk per trade, the position that
// follows, and the Wilson interval that keeps a short record from looking sure (quant.md 7.1, 7.2, 7.4).
// Doubles: these are wishes; what becomes an order is rounded to lots and passes risk.h. Pure; any thread.
#ifndef TT_ENGINE_RISK_SIZING_H
#define TT_ENGINE_RISK_SIZING_H

#include <stdint.h>

struct kelly {
    double full;        // f* = p/a - q/b, at least 0, per unit staked
    double used;        // fraction * f*
    double growth_full; // p ln(1 + b f) + q ln(1 - a f) at f*
    double growth_used;
    double edge; // p b - q a
};

// Win b with probability p, lose a otherwise; b, a > 0 after fees, p in [0, 1]. Anything else: all zero.
struct kelly sizing_kelly(double p, double b, double a, double fraction);

// Risk per trade by capital in USD; the lower bound of a tier is inclusive.
double sizing_ladder(double capital);

struct sizing_in {
    double capital, kelly_full, fraction; // fraction of Kelly in use: 0.1
    double stop;                          // distance of the stop as a fraction of price
    double max_share;                     // of capital in positions: 0.5
    double committed;                     // notional of open positions
    double min_position, venue_min;       // USD
    int32_t open_positions, max_positions;
};

enum sizing_bound { SIZING_OK, SIZING_NO_EDGE, SIZING_NO_STOP, SIZING_NO_SLOT, SIZING_TOO_SMALL };

struct sizing {
    double stake;    // money lost if the stop is hit
    double position; // notional; 0: do not trade
    double
        capital_needed; // SIZING_TOO_SMALL: capital at which the smallest order fits, all else equal; else 0
    enum sizing_bound bound; // what stopped it
};

struct sizing sizing_position(const struct sizing_in *in);

struct wilson {
    double lo, hi;
};

// Wilson score interval of successes out of n at z standard deviations; (0, 1) without data.
struct wilson sizing_wilson(int64_t successes, int64_t n, double z);

#endif
