// SPDX-License-Identifier: Apache-2.0
// dmath: exp, log and their kin with the same bits on every machine, compiler and optimisation level.
//
// libm picks other code paths under other CPU features, so its last bits differ; a replay would then differ
// too. These use only + - * / and sqrt of IEEE double, in a fixed order, without contraction. Measured
// against libm: relative error below 3e-16 for exp, expm1, log, log1p, 2e-15 for pow, 1e-15 for erfc
// (test_dmath prints them). Subnormal results lose digits as they must. Pure; any thread.
#ifndef TT_BASE_DMATH_H
#define TT_BASE_DMATH_H

#include <stdbool.h>
#include <stdint.h>

#define DMATH_NAN (__builtin_nan(""))
#define DMATH_INF (__builtin_inf())

// e^x; +inf above 709.78, 0 below -745.2.
double dmath_exp(double x);
// e^x - 1 without cancellation near 0.
double dmath_expm1(double x);
// Natural logarithm; -inf at 0, NaN below.
double dmath_log(double x);
// ln(1 + x) without cancellation near 0; -inf at -1, NaN below.
double dmath_log1p(double x);
// x^y with the special cases of C11 F.10.4.4 (x^0 = 1, 1^y = 1, a negative base only with a whole exponent).
double dmath_pow(double x, double y);
// Complementary error function, relative accuracy kept in the tail down to 1e-308.
double dmath_erfc(double x);
// Standard normal distribution function.
double dmath_normal_cdf(double z);

// Whole numbers, exact; any finite x. Rounding of halves: away from zero.
double dmath_floor(double x);
double dmath_ceil(double x);
double dmath_round(double x);

static inline bool dmath_isnan(double x)
{
    return x != x;
}

static inline bool dmath_isfinite(double x)
{
    return x - x == 0.0;
}

static inline double dmath_abs(double x)
{
    return __builtin_fabs(x);
}

#endif
