// SPDX-License-Identifier: Apache-2.0
// sizing: the formulas of quant.md 7, one small function each.
#include "engine/risk/sizing.h"

#include <math.h>
#include <stddef.h>

#include "base/check.h"
#include "base/dmath.h"

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static double growth(double p, double b, double a, double f)
{
    return f > 0 ? p * dmath_log1p(b * f) + (1 - p) * dmath_log1p(-a * f) : 0;
}

struct kelly sizing_kelly(double p, double b, double a, double fraction)
{
    if (!(p >= 0 && p <= 1 && b > 0 && a > 0)) {
        return (struct kelly){0};
    }
    const double full = larger(p / a - (1 - p) / b, 0);
    return (struct kelly){
        .full = full,
        .used = fraction * full,
        .growth_full = growth(p, b, a, full),
        .growth_used = growth(p, b, a, fraction * full),
        .edge = p * b - (1 - p) * a,
    };
}

double sizing_ladder(double capital)
{
    static const struct {
        double from, risk;
    } TIERS[] = {{50000, 0.005}, {5000, 0.008}, {0, 0.01}};
    for (size_t i = 0; i < COUNT_OF(TIERS); i++) {
        if (capital >= TIERS[i].from) {
            return TIERS[i].risk;
        }
    }
    return 0;
}

static struct sizing none(enum sizing_bound why)
{
    return (struct sizing){.bound = why};
}

// Capital at which `wanted` fits: the risk rule scales with capital, and the share of capital less what is
// committed.
static double capital_for(const struct sizing_in *in, double wanted, double risk)
{
    const double by_share = in->max_share > 0 ? (wanted + in->committed) / in->max_share : DMATH_INF;
    return larger(by_share, wanted * in->stop / risk);
}

struct sizing sizing_position(const struct sizing_in *in)
{
    if (!(in->kelly_full > 0) || !(in->capital > 0)) {
        return none(SIZING_NO_EDGE);
    }
    if (!(in->stop > 0)) {
        return none(SIZING_NO_STOP);
    }
    if (in->open_positions >= in->max_positions) {
        return none(SIZING_NO_SLOT);
    }
    const double risk = smaller(in->fraction * in->kelly_full, sizing_ladder(in->capital));
    const double room = in->max_share * in->capital - in->committed;
    const double position = smaller(in->capital * risk / in->stop, room);
    const double least = larger(in->min_position, in->venue_min);
    if (!(position >= least)) {
        struct sizing s = none(SIZING_TOO_SMALL);
        s.capital_needed = capital_for(in, least, risk);
        return s;
    }
    return (struct sizing){.stake = position * in->stop, .position = position, .bound = SIZING_OK};
}

struct wilson sizing_wilson(int64_t successes, int64_t n, double z)
{
    if (n <= 0) {
        return (struct wilson){0, 1};
    }
    const double count = (double)n, p = (double)successes / count, zz = z * z;
    const double scale = 1 + zz / count;
    const double centre = (p + zz / (2 * count)) / scale;
    const double half = z / scale * sqrt(p * (1 - p) / count + zz / (4 * count * count));
    return (struct wilson){.lo = successes <= 0 ? 0 : larger(centre - half, 0),
                           .hi = successes >= n ? 1 : smaller(centre + half, 1)};
}
