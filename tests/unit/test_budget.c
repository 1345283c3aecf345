// SPDX-License-Identifier: Apache-2.0
// test_budget: tries to spend the reserve on placements or reads, to send during a ban, and to lose count
// when answers, drops and minutes interleave at random.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/rng.h"
#include "engine/venue/budget.h"

static const int64_t T0 = 5000 * NS_PER_S;

static int32_t spend_all(struct budget *b, enum budget_user user, int64_t now)
{
    int32_t n = 0;
    while (n < 10000 && budget_take(b, user, 1, user == BUDGET_PLACE || user == BUDGET_KILL, now)) {
        n++;
    }
    return n;
}

static void test_shares(void **state)
{
    (void)state;
    struct budget b;
    budget_init(&b, 2400, 1200);
    budget_align(&b, T0, 0);
    assert_int_equal(spend_all(&b, BUDGET_PLACE, T0), 900);       // 75 % of the orders
    assert_int_equal(spend_all(&b, BUDGET_READ, T0), 1440 - 900); // 60 % of the weight
    assert_int_equal(spend_all(&b, BUDGET_DEADMAN, T0), 2160 - 1440);
    assert_int_equal(budget_mark(&b, BUDGET_WEIGHT), 90);
    assert_int_equal(budget_mark(&b, BUDGET_ORDERS), 75);
    assert_int_equal(spend_all(&b, BUDGET_CANCEL, T0), 240);
    assert_int_equal(spend_all(&b, BUDGET_KILL, T0), 0);
    assert_int_equal(budget_mark(&b, BUDGET_WEIGHT), 100);
}

static void test_minute_of_the_venue(void **state)
{
    (void)state;
    struct budget b;
    budget_init(&b, 100, 100);
    budget_align(&b, T0, 45 * NS_PER_S); // the venue is 45 s into its minute
    spend_all(&b, BUDGET_PLACE, T0);
    for (int i = 0; i < 70; i++) {
        budget_settle(&b, 1, 1, -1, -1);
    }
    assert_false(budget_take(&b, BUDGET_PLACE, 1, 1, T0 + 14 * NS_PER_S));
    assert_true(budget_take(&b, BUDGET_PLACE, 1, 1, T0 + 15 * NS_PER_S));
    assert_int_equal(b.line[BUDGET_ORDERS].used, 6); // five were still under way
}

static void test_header_wins(void **state)
{
    (void)state;
    struct budget b;
    budget_init(&b, 100, 100);
    budget_align(&b, T0, 0);
    budget_take(&b, BUDGET_READ, 5, 0, T0);
    budget_take(&b, BUDGET_READ, 20, 0, T0);
    budget_settle(&b, 5, 0, 40, -1);                  // somebody else spends on our address
    assert_int_equal(b.line[BUDGET_WEIGHT].used, 60); // 40 and the 20 under way
    assert_false(budget_take(&b, BUDGET_READ, 1, 0, T0));
    budget_return(&b, 20, 0);
    assert_int_equal(b.line[BUDGET_WEIGHT].used, 40);
}

static void test_refusals(void **state)
{
    (void)state;
    struct budget b;
    budget_init(&b, 2400, 1200);
    budget_align(&b, T0, 0);
    budget_refused(&b, 429, -1, T0);
    assert_false(budget_take(&b, BUDGET_PLACE, 1, 1, T0 + 59 * NS_PER_S));
    assert_false(budget_take(&b, BUDGET_READ, 1, 0, T0 + 59 * NS_PER_S));
    assert_false(budget_take(&b, BUDGET_CANCEL, 1, 0, T0 + 100 * NS_PER_MS));
    assert_true(budget_take(&b, BUDGET_CANCEL, 1, 0, T0 + NS_PER_S)); // one a second
    assert_false(budget_take(&b, BUDGET_CANCEL, 1, 0, T0 + 1900 * NS_PER_MS));
    assert_true(budget_take(&b, BUDGET_KILL, 1, 1, T0 + 2 * NS_PER_S));
    assert_false(budget_take(&b, BUDGET_KILL, 1, 1, T0 + 2100 * NS_PER_MS));
    assert_true(
        budget_take(&b, BUDGET_KILL, 1, 1, T0 + 2200 * NS_PER_MS)); // a kill of several instruments goes on
    int64_t after = T0 + 61 * NS_PER_S;
    assert_int_equal(spend_all(&b, BUDGET_PLACE, after),
                     1200 * 37 / 100 - 2); // halved for a while; two are under way
    budget_refused(&b, 418, 300, after);
    assert_false(budget_take(&b, BUDGET_KILL, 1, 0, after + 299 * NS_PER_S));
    assert_true(budget_take(&b, BUDGET_KILL, 1, 0, after + 300 * NS_PER_S));
}

// The sums stay what they are by definition, whatever happens in whatever order.
// "Too many orders" is about orders (V10): what cancels, asks and reads goes on, and so does a kill.
static void test_too_many_orders(void **state)
{
    (void)state;
    struct budget b;
    budget_init(&b, 2400, 1200);
    budget_align(&b, T0, 20 * NS_PER_S); // 40 s of the minute are left
    budget_refused_orders(&b, -1, T0);
    assert_false(budget_take(&b, BUDGET_PLACE, 1, 1, T0 + 39 * NS_PER_S));
    assert_true(budget_take(&b, BUDGET_CANCEL, 1, 0, T0) && budget_take(&b, BUDGET_CANCEL, 1, 0, T0));
    assert_true(budget_take(&b, BUDGET_READ, 5, 0, T0) && budget_take(&b, BUDGET_KILL, 1, 1, T0));
    assert_true(budget_take(&b, BUDGET_PLACE, 1, 1, T0 + 40 * NS_PER_S)); // the minute rolled
    budget_refused_orders(&b, 7, T0 + 41 * NS_PER_S);
    assert_false(budget_take(&b, BUDGET_PLACE, 1, 1, T0 + 47 * NS_PER_S));
    assert_true(budget_take(&b, BUDGET_PLACE, 1, 1, T0 + 48 * NS_PER_S));
}

// 300 orders in any 10 s, whatever the minute says: of these a placement may use 75 %, a kill all.
static void test_orders_in_ten_seconds(void **state)
{
    (void)state;
    struct budget b;
    budget_init(&b, 2400, 1200);
    budget_set_orders_10s(&b, 300);
    int64_t t = 1000 * NS_PER_S;
    int taken = 0;
    for (int i = 0; i < 400; i++) {
        taken += budget_take(&b, BUDGET_PLACE, 0, 1, t + i * NS_PER_S / 100); // four seconds
    }
    assert_int_equal(taken, 225);
    t += 4 * NS_PER_S;
    for (int i = 0; i < 100; i++) {
        taken += budget_take(&b, BUDGET_KILL, 0, 1, t);
    }
    assert_int_equal(taken, 300);
    assert_false(budget_take(&b, BUDGET_KILL, 0, 1, t + 5 * NS_PER_S));
    assert_true(budget_take(&b, BUDGET_CANCEL, 1, 0, t));               // cancels are no orders
    assert_true(budget_take(&b, BUDGET_PLACE, 0, 5, t + 8 * NS_PER_S)); // the first seconds are past
    budget_return(&b, 0, 5);
    for (taken = 0; budget_take(&b, BUDGET_PLACE, 0, 1, t + 20 * NS_PER_S); taken++) {
    }
    assert_int_equal(taken, 225);
}

static void test_slow(void **state)
{
    (void)state;
    struct budget b;
    budget_init(&b, 2400, 1200);
    budget_slow(&b, 0);
    int taken = 0;
    while (budget_take(&b, BUDGET_PLACE, 0, 1, NS_PER_S)) {
        taken++;
    }
    assert_int_equal(taken, 1200 * 37 / 100);
    assert_true(budget_take(&b, BUDGET_PLACE, 0, 1, 301 * NS_PER_S));
}

static void test_random(void **state)
{
    (void)state;
    struct budget b;
    struct rng rng;
    rng_seed(&rng, 3);
    budget_init(&b, 1000, 300);
    int32_t open[64];
    size_t n = 0;
    int64_t now = T0;
    int32_t open_sum = 0;
    for (int i = 0; i < 200000; i++) {
        now += (int64_t)rng_below(&rng, 100) * NS_PER_MS;
        int32_t w = (int32_t)rng_below(&rng, 20) + 1;
        if (n < 64 && rng_below(&rng, 2) &&
            budget_take(&b, (enum budget_user)rng_below(&rng, 5), w, 0, now)) {
            open[n++] = w;
            open_sum += w;
        } else if (n > 0) {
            w = open[--n];
            open_sum -= w;
            if (rng_below(&rng, 3) == 0) {
                budget_return(&b, w, 0);
            } else {
                budget_settle(&b, w, 0, rng_below(&rng, 5) ? -1 : (int32_t)rng_below(&rng, 900), -1);
            }
        }
        assert_int_equal(b.line[BUDGET_WEIGHT].under_way, open_sum);
        assert_true(b.line[BUDGET_WEIGHT].used >= open_sum);
        assert_true(b.minute_ends_ns == INT64_MIN || b.minute_ends_ns > now - 60 * NS_PER_S);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_minute_of_the_venue),
        cmocka_unit_test(test_header_wins),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_too_many_orders),
        cmocka_unit_test(test_orders_in_ten_seconds),
        cmocka_unit_test(test_slow),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
