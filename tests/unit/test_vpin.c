// SPDX-License-Identifier: Apache-2.0
// Tries to break vpin.c: random trades, many larger than a bucket, against a naive pouring lot by lot and a
// naive history of every value; the history must forget after a day and stay right when it is full.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <math.h>

#include "base/clock.h"
#include "base/rng.h"
#include "engine/signal/vpin.h"

enum { SAMPLES_MAX = 40000 };

static struct vpin *v;
static double sample[SAMPLES_MAX];
static int64_t sample_s[SAMPLES_MAX];

static int setup(void **state)
{
    (void)state;
    v = malloc(sizeof *v);
    vpin_init(v);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(v);
    return 0;
}

static void test_lot_by_lot(void **state)
{
    (void)state;
    static int64_t imbalance[100000];
    struct rng r;
    rng_seed(&r, 9);
    v->fixed_lots = 37;
    int64_t filled = 0;
    int64_t net = 0;
    size_t buckets = 0;
    for (int64_t i = 0; i < 3000; i++) {
        int side = rng_below(&r, 2) ? 1 : -1;
        int64_t lots = 1 + (int64_t)rng_below(&r, rng_below(&r, 10) ? 30 : 5000);
        vpin_on_trade(v, NS_PER_S + i * NS_PER_MS, side, lots);
        for (int64_t k = 0; k < lots; k++) {
            net += side;
            if (++filled == 37) {
                imbalance[buckets++ % 100000] = net < 0 ? -net : net;
                filled = net = 0;
            }
        }
        double sum = 0;
        for (size_t k = 1; k <= 50 && k <= buckets; k++) {
            sum += (double)imbalance[(buckets - k) % 100000];
        }
        double value = vpin_value(v);
        assert_true(buckets < 50 ? isnan(value) : value == sum / (50 * 37));
    }
}

static void check_quantile(size_t from, size_t n)
{
    int now = (int)(vpin_value(v) * 256);
    double below = 0;
    for (size_t k = from; k < n; k++) {
        int step = (int)(sample[k] * 256);
        below += step < now ? 1 : step == now ? 0.5 : 0;
    }
    double got = vpin_quantile(v);
    assert_true(n - from < 20 ? isnan(got) : got == below / (double)(n - from));
}

static void test_quantile_of_a_day(void **state)
{
    (void)state;
    struct rng r;
    rng_seed(&r, 10);
    v->fixed_lots = 10;
    size_t n = 0;
    size_t from = 0;
    int64_t last = -10;
    for (int64_t s = 0; s < 130000; s += 2) {
        int side = rng_below(&r, 100) < (uint64_t)(50 + s / 4000) ? 1 : -1;
        vpin_on_trade(v, (1 + s) * NS_PER_S, side, 1 + (int64_t)rng_below(&r, 12));
        if (!isnan(vpin_value(v)) && s - last >= 6) {
            sample_s[n] = s;
            sample[n++] = vpin_value(v);
            last = s;
            while (s - sample_s[from] >= 86400) {
                from++;
            }
        }
        if (s % 500 == 0 && n > 0) {
            check_quantile(from, n);
        }
    }
    assert_true(from > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lot_by_lot, setup, teardown),
        cmocka_unit_test_setup_teardown(test_quantile_of_a_day, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
