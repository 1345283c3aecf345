// SPDX-License-Identifier: Apache-2.0
// Tries to break dmath.c: relative error against libm in long double over random arguments (near zero, near
// one, at the ends of the range), the special values of C11 Annex F, and bits that depend on the compiler:
// the same file compiled here without optimisation must give the same bits as the library's, and both the
// hash written down below.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/dmath.h"
#include "base/hash.h"
#include "base/rng.h"

// The second build: other names, no optimisation.
#if defined(__clang__)
#pragma clang optimize off
#else
#pragma GCC push_options
#pragma GCC optimize("O0")
#endif
#define dmath_exp        o0_exp
#define dmath_expm1      o0_expm1
#define dmath_log        o0_log
#define dmath_log1p      o0_log1p
#define dmath_pow        o0_pow
#define dmath_erfc       o0_erfc
#define dmath_normal_cdf o0_normal_cdf
#define dmath_floor      o0_floor
#define dmath_ceil       o0_ceil
#define dmath_round      o0_round
double o0_exp(double x);
double o0_expm1(double x);
double o0_log(double x);
double o0_log1p(double x);
double o0_pow(double x, double y);
double o0_erfc(double x);
double o0_normal_cdf(double z);
double o0_floor(double x);
double o0_ceil(double x);
double o0_round(double x);
#include "../../src/base/dmath.c"
#undef dmath_exp
#undef dmath_expm1
#undef dmath_log
#undef dmath_log1p
#undef dmath_pow
#undef dmath_erfc
#undef dmath_normal_cdf
#undef dmath_floor
#undef dmath_ceil
#undef dmath_round
#if defined(__clang__)
#pragma clang optimize on
#else
#pragma GCC pop_options
#endif

typedef double (*function)(double);
typedef long double (*function_ref)(long double);

static double uniform(struct rng *r, double lo, double hi)
{
    return lo + (hi - lo) * ((double)(rng_next(r) >> 11) * 0x1p-53);
}

static void compare(const char *name, function f, function_ref ref, double lo, double hi, double limit)
{
    struct rng r;
    rng_seed(&r, 42);
    double worst = 0;
    double at = 0;
    for (int i = 0; i < 100000; i++) {
        double x = uniform(&r, lo, hi);
        long double want = ref((long double)x);
        double e = (double)fabsl(((long double)f(x) - want) / want);
        if (e > worst) {
            worst = e;
            at = x;
        }
    }
    print_message("%-8s [%g, %g]: largest relative error %.2e at %.17g\n", name, lo, hi, worst, at);
    if (!(worst <= limit)) {
        fail_msg("%s: %.2e > %.2e", name, worst, limit);
    }
}

static long double normal_ref(long double z)
{
    return 0.5L * erfcl(-z * sqrtl(0.5L));
}

static void test_against_libm(void **state)
{
    (void)state;
    compare("exp", dmath_exp, expl, -1e-3, 1e-3, 4e-16);
    compare("exp", dmath_exp, expl, -20, 20, 4e-16);
    compare("exp", dmath_exp, expl, -707, 709, 4e-16);
    compare("expm1", dmath_expm1, expm1l, -1e-5, 1e-5, 4e-16);
    compare("expm1", dmath_expm1, expm1l, -2, 2, 1e-15);
    compare("log", dmath_log, logl, 1e-9, 0.99, 6e-16);
    compare("log", dmath_log, logl, 0.99, 1.01, 6e-16);
    compare("log", dmath_log, logl, 1.01, 1e9, 6e-16);
    compare("log1p", dmath_log1p, log1pl, -1e-6, 1e-6, 6e-16);
    compare("log1p", dmath_log1p, log1pl, -0.999, 3, 6e-16);
    compare("log1p", dmath_log1p, log1pl, 3, 1e12, 6e-16);
    compare("erfc", dmath_erfc, erfcl, -6, 0.5, 2e-15);
    compare("erfc", dmath_erfc, erfcl, 0.5, 6, 4e-15);
    compare("erfc", dmath_erfc, erfcl, 6, 26, 4e-15);
    compare("normal", dmath_normal_cdf, normal_ref, -30, 8,
            2e-13); // z/sqrt2 rounds before the tail multiplies it
}

static void test_pow(void **state)
{
    (void)state;
    struct rng r;
    rng_seed(&r, 5);
    double worst = 0;
    for (int i = 0; i < 200000; i++) {
        double x = dmath_exp(uniform(&r, -300, 300) * (i % 3 == 0 ? 1e-4 : 1.0));
        double y = uniform(&r, -40, 40) * (i % 5 == 0 ? 20 : 1);
        long double want = powl((long double)x, (long double)y);
        if (want > 1e307L || want < 1e-300L) {
            continue;
        }
        double e = (double)fabsl(((long double)dmath_pow(x, y) - want) / want);
        worst = e > worst ? e : worst;
    }
    print_message("pow: largest relative error %.2e\n", worst);
    assert_true(worst < 2e-15);
    assert_true(dmath_pow(-2, 3) == -8 && dmath_pow(-2, 2) == 4 && dmath_pow(2, -1) == 0.5);
}

static bool same(double a, double b)
{
    return (isnan(a) && isnan(b)) || (a == b && signbit(a) == signbit(b));
}

static void test_special_values(void **state)
{
    (void)state;
    const double v[] = {0.0,           -0.0,     1,         -1,  2,     -2,     3,      -3,     0.5,
                        -0.5,          INFINITY, -INFINITY, NAN, 1e300, -1e300, 1e-300, 0x1p53, 0x1p53 + 2,
                        -(0x1p53 - 1), 5e-324};
    const size_t n = sizeof v / sizeof v[0];
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            double got = dmath_pow(v[i], v[j]);
            double want = pow(v[i], v[j]);
            if (!same(got, want) && !(fabs(got - want) <= 1e-15 * fabs(want))) {
                fail_msg("pow(%g, %g) = %g, want %g", v[i], v[j], got, want);
            }
        }
        assert_true(same(dmath_exp(v[i]), exp(v[i])) ||
                    fabs(dmath_exp(v[i]) - exp(v[i])) < 1e-15 * exp(v[i]));
        assert_true(same(dmath_log(v[i]), log(v[i])) || fabs(dmath_log(v[i]) - log(v[i])) < 1e-12);
        assert_true(same(dmath_floor(v[i]), floor(v[i])) || floor(v[i]) == 0);
        assert_true(same(dmath_ceil(v[i]), ceil(v[i])) || ceil(v[i]) == 0);
        assert_true(same(dmath_round(v[i]), round(v[i])) || round(v[i]) == 0);
    }
    assert_true(isnan(dmath_log(-1)) && isinf(dmath_log(0)) && isinf(dmath_log(INFINITY)) &&
                isnan(dmath_log(NAN)));
    assert_true(isnan(dmath_log1p(-2)) && isinf(dmath_log1p(-1)) && isinf(dmath_log1p(INFINITY)));
    assert_true(fabs(dmath_log(5e-324) - log(5e-324)) < 1e-12);
    assert_true(dmath_exp(-745.5) == 0 && dmath_exp(-745) == 5e-324 && isinf(dmath_exp(709.8)));
    assert_true(isfinite(dmath_exp(709.78)));
    assert_true(dmath_erfc(INFINITY) == 0 && dmath_erfc(-INFINITY) == 2 && isnan(dmath_erfc(NAN)));
    assert_true(dmath_normal_cdf(0) == 0.5 && dmath_normal_cdf(-INFINITY) == 0 &&
                dmath_normal_cdf(INFINITY) == 1);
}

static uint64_t hash_double(uint64_t h, double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return hash64(h, &u, sizeof u);
}

struct set {
    function exp, expm1, log, log1p, erfc, cdf;
    double (*pow)(double, double);
};

static uint64_t hash_of(const struct set *s)
{
    struct rng r;
    rng_seed(&r, 2024);
    uint64_t h = HASH64_START;
    for (int i = 0; i < 50000; i++) {
        double a = uniform(&r, -30, 30);
        double b = uniform(&r, 0, 100);
        double c = uniform(&r, -0.9, 0.9);
        h = hash_double(h, s->exp(a));
        h = hash_double(h, s->exp(a * 24));
        h = hash_double(h, s->expm1(c));
        h = hash_double(h, s->log(b));
        h = hash_double(h, s->log1p(c));
        h = hash_double(h, s->pow(b, c * 20));
        h = hash_double(h, s->erfc(a / 3));
        h = hash_double(h, s->cdf(a / 5));
    }
    return h;
}

static void test_same_bits_everywhere(void **state)
{
    (void)state;
    const struct set library = {dmath_exp,  dmath_expm1,      dmath_log, dmath_log1p,
                                dmath_erfc, dmath_normal_cdf, dmath_pow};
    const struct set second = {o0_exp, o0_expm1, o0_log, o0_log1p, o0_erfc, o0_normal_cdf, o0_pow};
    uint64_t h = hash_of(&library);
    print_message("hash of 400,000 values: %016llx\n", (unsigned long long)h);
    assert_int_equal(hash_of(&second), h);
    assert_true(h == UINT64_C(0xb590eb8dc2b4ecaa));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_libm),
        cmocka_unit_test(test_pow),
        cmocka_unit_test(test_special_values),
        cmocka_unit_test(test_same_bits_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
