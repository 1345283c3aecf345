// SPDX-License-Identifier: Apache-2.0
// dmath: elementary functions from first principles. The methods are the textbook ones: a table of 2^(j/32)
// with a short Taylor tail for exp, the series of artanh for log, a doubled-precision artanh for pow, and for
// erfc the trapezoidal sum of its integral with the residue of the pole (the error of that sum falls like
// exp(-(pi/h)^2)). Constants were computed with 60 digits and are written in hexadecimal, so that no parser
// rounds them. No state, no errno.
#include "base/dmath.h"

#include <string.h>

static const double LN2_HI = 0x1.62e42fee00000p-1; // 21 zero bits at the end: k * LN2_HI is exact
static const double LN2_LO = 0x1.a39ef35793c76p-33;
static const double LN2_LOW2 = 0x1.cc01f97b57a08p-87; // what LN2_HI + LN2_LO leaves
static const double TWO_52 = 4503599627370496.0;
static const double SQRT_HALF = 0x1.6a09e667f3bcdp-1;

// 2^(j/32) as a leading double and its remainder.
static const double EXP2_TABLE[32][2] = {
    {0x1.0000000000000p+0, 0x0.0p+0},
    {0x1.059b0d3158574p+0, 0x1.d73e2a475b465p-55},
    {0x1.0b5586cf9890fp+0, 0x1.8a62e4adc610bp-54},
    {0x1.11301d0125b51p+0, -0x1.6c51039449b3ap-54},
    {0x1.172b83c7d517bp+0, -0x1.19041b9d78a76p-55},
    {0x1.1d4873168b9aap+0, 0x1.e016e00a2643cp-54},
    {0x1.2387a6e756238p+0, 0x1.9b07eb6c70573p-54},
    {0x1.29e9df51fdee1p+0, 0x1.612e8afad1255p-55},
    {0x1.306fe0a31b715p+0, 0x1.6f46ad23182e4p-55},
    {0x1.371a7373aa9cbp+0, -0x1.63aeabf42eae2p-54},
    {0x1.3dea64c123422p+0, 0x1.ada0911f09ebcp-55},
    {0x1.44e086061892dp+0, 0x1.89b7a04ef80d0p-59},
    {0x1.4bfdad5362a27p+0, 0x1.d4397afec42e2p-56},
    {0x1.5342b569d4f82p+0, -0x1.07abe1db13cadp-55},
    {0x1.5ab07dd485429p+0, 0x1.6324c054647adp-54},
    {0x1.6247eb03a5585p+0, -0x1.383c17e40b497p-54},
    {0x1.6a09e667f3bcdp+0, -0x1.bdd3413b26456p-54},
    {0x1.71f75e8ec5f74p+0, -0x1.16e4786887a99p-55},
    {0x1.7a11473eb0187p+0, -0x1.41577ee04992fp-55},
    {0x1.82589994cce13p+0, -0x1.d4c1dd41532d8p-54},
    {0x1.8ace5422aa0dbp+0, 0x1.6e9f156864b27p-54},
    {0x1.93737b0cdc5e5p+0, -0x1.75fc781b57ebcp-57},
    {0x1.9c49182a3f090p+0, 0x1.c7c46b071f2bep-56},
    {0x1.a5503b23e255dp+0, -0x1.d2f6edb8d41e1p-54},
    {0x1.ae89f995ad3adp+0, 0x1.7a1cd345dcc81p-54},
    {0x1.b7f76f2fb5e47p+0, -0x1.5584f7e54ac3bp-56},
    {0x1.c199bdd85529cp+0, 0x1.11065895048ddp-55},
    {0x1.cb720dcef9069p+0, 0x1.503cbd1e949dbp-56},
    {0x1.d5818dcfba487p+0, 0x1.2ed02d75b3707p-55},
    {0x1.dfc97337b9b5fp+0, -0x1.1a5cd4f184b5cp-54},
    {0x1.ea4afa2a490dap+0, -0x1.e9c23179c2893p-54},
    {0x1.f50765b6e4540p+0, 0x1.9d3e12dd8a18bp-54},
};

static uint64_t bits_of(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static double from_bits(uint64_t u)
{
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

// 2^k for a normal result.
static double pow2(int k)
{
    return from_bits((uint64_t)(k + 1023) << 52);
}

static double scale(double x, int k)
{
    if (k > 1023) {
        return x * pow2(1023) * pow2(k - 1023);
    }
    if (k < -1022) {
        return x * pow2(k + 1000) * pow2(-1000);
    }
    return x * pow2(k);
}

// ----------------------------------------------------------------------------------------------------- exp

// e^(x + tail), tail far below x; |x| < 746 has been checked.
static double exp_sum(double x, double tail)
{
    const double inv = 0x1.71547652b82fep+5; // 32 / ln 2
    const double hi = 0x1.62e42fe000000p-6;  // ln 2 / 32, 24 zero bits at the end
    const double lo = 0x1.f473de6af278fp-35;
    double scaled = x * inv;
    int n = (int)(scaled + (scaled < 0.0 ? -0.5 : 0.5));
    double r = (x - n * hi) - (n * lo - tail);
    double r2 = r * r;
    double low = 0.5 + r * (1.0 / 6.0);
    double high = (1.0 / 24.0 + r * (1.0 / 120.0)) + r2 * (1.0 / 720.0);
    double p = r + r2 * (low + r2 * high);
    int j = n & 31;
    double value = EXP2_TABLE[j][0] + (EXP2_TABLE[j][0] * p + EXP2_TABLE[j][1]);
    return scale(value, (n - j) / 32);
}

double dmath_exp(double x)
{
    if (!(x > -746.0)) {
        return dmath_isnan(x) ? x : 0.0;
    }
    return x < 709.79 ? exp_sum(x, 0.0) : DMATH_INF;
}

double dmath_expm1(double x)
{
    if (!(x > -0.35 && x < 0.35)) {
        return dmath_exp(x) - 1.0;
    }
    double p = 1.0 / 87178291200.0; // 1/14!, then downwards
    static const double INVERSE[] = {1.0 / 6227020800.0, 1.0 / 479001600.0, 1.0 / 39916800.0, 1.0 / 3628800.0,
                                     1.0 / 362880.0,     1.0 / 40320.0,     1.0 / 5040.0,     1.0 / 720.0,
                                     1.0 / 120.0,        1.0 / 24.0,        1.0 / 6.0,        0.5};
    for (unsigned i = 0; i < sizeof INVERSE / sizeof INVERSE[0]; i++) {
        p = p * x + INVERSE[i];
    }
    return x + x * x * p;
}

// ----------------------------------------------------------------------------------------------------- log

// x = m * 2^*k with m in [sqrt(1/2), sqrt 2); x positive and finite.
static double split(double x, int *k)
{
    int shift = 0;
    if (x < 0x1p-1022) {
        x *= 0x1p54;
        shift = -54;
    }
    uint64_t u = bits_of(x);
    *k = (int)(u >> 52) - 1022 + shift;
    double m = from_bits((u & UINT64_C(0x000fffffffffffff)) | UINT64_C(0x3fe0000000000000));
    if (m < SQRT_HALF) {
        m *= 2.0;
        *k -= 1;
    }
    return m;
}

// (2 artanh(s) - 2s) / s with z = s^2 <= 0.0295: the sum of 2 z^i / (2i + 1), cut at z^10 (below 1e-18).
static double artanh_tail(double z)
{
    double z2 = z * z;
    double z4 = z2 * z2;
    double a = 2.0 / 3.0 + z * (2.0 / 5.0);
    double b = 2.0 / 7.0 + z * (2.0 / 9.0);
    double c = 2.0 / 11.0 + z * (2.0 / 13.0);
    double d = 2.0 / 15.0 + z * (2.0 / 17.0);
    double e = 2.0 / 19.0 + z * (2.0 / 21.0);
    return z * ((a + z2 * b) + z4 * ((c + z2 * d) + z4 * e));
}

// k ln 2 + ln(1 + f) + tail
static double log_sum(int k, double f, double tail)
{
    double s = f / (2.0 + f);
    double correction = s * (f - artanh_tail(s * s)); // f - ln(1 + f)
    return k * LN2_HI + (f - (correction - (k * LN2_LO + tail)));
}

double dmath_log(double x)
{
    if (!(x > 0.0)) {
        return x == 0.0 ? -DMATH_INF : DMATH_NAN;
    }
    if (x == DMATH_INF) {
        return x;
    }
    int k;
    double m = split(x, &k);
    return log_sum(k, m - 1.0, 0.0);
}

double dmath_log1p(double x)
{
    if (!(x > -1.0)) {
        return x == -1.0 ? -DMATH_INF : DMATH_NAN;
    }
    if (x > -0.25 && x < 0.4) {
        return dmath_abs(x) < 5.551115123125783e-17 ? x : log_sum(0, x, 0.0);
    }
    double u = 1.0 + x;
    if (u == DMATH_INF) {
        return u;
    }
    double lost = x >= 1.0 ? 1.0 - (u - x) : x - (u - 1.0);
    int k;
    double m = split(u, &k);
    return log_sum(k, m - 1.0, lost / u);
}

// ----------------------------------------------------------------------------------------------------- pow

struct pair {
    double hi, lo; // unevaluated sum
};

static struct pair two_sum(double a, double b)
{
    double s = a + b;
    double t = s - a;
    return (struct pair){s, (a - (s - t)) + (b - t)};
}

// Exact product by Veltkamp's splitting; no fused multiply-add on the baseline machine.
static struct pair two_product(double a, double b)
{
    double ta = a * 134217729.0;
    double tb = b * 134217729.0;
    double ah = ta - (ta - a);
    double bh = tb - (tb - b);
    double al = a - ah;
    double bl = b - bh;
    double p = a * b;
    return (struct pair){p, ((ah * bh - p) + ah * bl + al * bh) + al * bl};
}

// ln x to about 1e-19 relative; x positive and finite.
static struct pair log_pair(double x)
{
    int k;
    double m = split(x, &k);
    double f = m - 1.0; // exact
    struct pair d = two_sum(2.0, f);
    double s = f / d.hi;
    struct pair back = two_product(s, d.hi);
    double s_lo = (((f - back.hi) - back.lo) - s * d.lo) / d.hi;
    double tail = s * artanh_tail(s * s);
    struct pair sum = two_sum(k * LN2_HI, 2.0 * s);
    struct pair ln2 = two_sum(k * LN2_LO, 0.0);
    struct pair next = two_sum(sum.hi, ln2.hi);
    double low = ((sum.lo + next.lo) + (2.0 * s_lo + k * LN2_LOW2)) + tail;
    return two_sum(next.hi, low);
}

static double pow_positive(double x, double y)
{
    struct pair l = log_pair(x);
    double rough = y * l.hi;
    if (!(rough < 710.0)) {
        return DMATH_INF;
    }
    if (!(rough > -746.0)) {
        return 0.0;
    }
    struct pair p = two_product(y, l.hi);
    double tail = p.lo + y * l.lo;
    if (dmath_isnan(tail)) {
        tail = y * l.lo; // the splitting of a huge y overflowed; then x^y is 1 or out of range anyway
    }
    return p.hi >= 709.79 ? DMATH_INF : exp_sum(p.hi, tail);
}

static bool is_whole(double y)
{
    return dmath_isfinite(y) && dmath_floor(y) == y;
}

static bool is_odd(double y)
{
    return is_whole(y) && dmath_abs(y) < 0x1p53 && ((int64_t)y & 1) != 0;
}

// x is 0 or an infinity, or y is an infinity.
static double pow_special(double x, double y)
{
    double ax = dmath_abs(x);
    if (!dmath_isfinite(y)) {
        if (ax == 1.0) {
            return 1.0;
        }
        return (ax > 1.0) == (y > 0.0) ? DMATH_INF : 0.0;
    }
    double magnitude = (ax == 0.0) == (y > 0.0) ? 0.0 : DMATH_INF;
    bool negative = (bits_of(x) >> 63) != 0 && is_odd(y);
    return negative ? -magnitude : magnitude;
}

double dmath_pow(double x, double y)
{
    if (y == 0.0 || x == 1.0) {
        return 1.0;
    }
    if (dmath_isnan(x) || dmath_isnan(y)) {
        return DMATH_NAN;
    }
    if (x == 0.0 || !dmath_isfinite(x) || !dmath_isfinite(y)) {
        return pow_special(x, y);
    }
    if (x > 0.0) {
        return pow_positive(x, y);
    }
    if (!is_whole(y)) {
        return DMATH_NAN;
    }
    double r = pow_positive(-x, y);
    return is_odd(y) ? -r : r;
}

// ---------------------------------------------------------------------------------------------------- erfc

// erf x for |x| < 0.5 by its Maclaurin series.
static double erf_small(double x)
{
    double z = x * x;
    double term = 1.0;
    double sum = 0.0;
    for (int n = 1; n <= 14; n++) { // 0.25^14 / 14! / 29 is below 1e-20
        term *= -z / n;
        sum += term / (2 * n + 1);
    }
    const double two_over_sqrt_pi = 0x1.20dd750429b6dp+0;
    return two_over_sqrt_pi * (x + x * sum);
}

// e^(-x^2) for 0.5 <= x < 28: the square is taken exactly in two parts.
static double exp_minus_square(double x)
{
    struct pair p = two_product(x, x);
    return exp_sum(-p.hi, -p.lo);
}

// erfc x = (x/pi) e^(-x^2) Int e^(-t^2)/(t^2 + x^2) dt. The trapezoidal sum with step 1/2 is off by the
// residue of the pole at t = ix, 2/(1 - e^(4 pi x)), and otherwise by e^(-39.5).
static double erfc_large(double x)
{
    static const double WEIGHT[] = {0x1.8ebef9eac820bp-1,  0x1.78b56362cef38p-2,  0x1.afb718e8457f7p-4,
                                    0x1.2c155b8213cf4p-6,  0x1.fa0e9586aebc7p-10, 0x1.02cf22526545ap-13,
                                    0x1.411fb0da07713p-18, 0x1.e355bbaee85cbp-24, 0x1.b93de1e27ca3bp-30,
                                    0x1.e8a37a45fc32ep-37, 0x1.4835bd010a41bp-44, 0x1.0b6c3afdde064p-52,
                                    0x1.0851945bd91fcp-61}; // e^(-n^2/4)
    const double one_over_pi = 0x1.45f306dc9c883p-2;
    const double four_pi = 0x1.921fb54442d18p+3;
    double z = x * x;
    double sum = 0.0;
    for (int n = 13; n >= 1; n--) {
        sum += WEIGHT[n - 1] / (0.25 * (n * n) + z);
    }
    double integral = 0.5 / z + sum;
    double value = x * one_over_pi * exp_minus_square(x) * integral;
    return x < 6.0 ? value - 2.0 / dmath_expm1(four_pi * x) : value;
}

double dmath_erfc(double x)
{
    if (dmath_isnan(x)) {
        return x;
    }
    if (x < 0.0) {
        return x > -0.5 ? 1.0 - erf_small(x) : x < -6.0 ? 2.0 : 2.0 - erfc_large(-x);
    }
    if (x < 0.5) {
        return 1.0 - erf_small(x);
    }
    return x > 27.3 ? 0.0 : erfc_large(x);
}

double dmath_normal_cdf(double z)
{
    return 0.5 * dmath_erfc(-z * SQRT_HALF);
}

// ------------------------------------------------------------------------------------------- whole numbers

// Toward zero; beyond 2^52 every double is whole.
static double truncate(double x)
{
    return dmath_abs(x) < TWO_52 ? (double)(int64_t)x : x;
}

double dmath_floor(double x)
{
    double t = truncate(x);
    return t > x ? t - 1.0 : t;
}

double dmath_ceil(double x)
{
    double t = truncate(x);
    return t < x ? t + 1.0 : t;
}

double dmath_round(double x)
{
    double t = truncate(x);
    double rest = x - t;
    if (rest >= 0.5) {
        return t + 1.0;
    }
    return rest <= -0.5 ? t - 1.0 : t;
}
