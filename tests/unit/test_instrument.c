// SPDX-License-Identifier: Apache-2.0
// Tries to break instrument.c: text off the grid that is taken, rounding that is not to nearest, a round trip
// through text that moves a price, a product that overflows 64 bits on the way.
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "base/rng.h"
#include "engine/market/instrument.h"

static const struct instrument ETH = {
    .kind = INSTRUMENT_LINEAR,
    .settle = CURRENCY_USDT,
    .price_decimals = 2,
    .qty_decimals = 3,
    .symbol = "ETHUSDT",
    .tick_e8 = 1000000,
    .lot_e8 = 100000,
    .contract_e8 = E8,
};

static bool price(const char *s, int64_t *ticks)
{
    return instrument_parse_price(&ETH, s, strlen(s), ticks);
}

static void test_parse(void **state)
{
    (void)state;
    int64_t v = -1;
    assert_true(price("2683.45", &v));
    assert_int_equal(v, 268345);
    assert_true(price("2683.4500000", &v));
    assert_int_equal(v, 268345);
    assert_true(price("0", &v));
    assert_int_equal(v, 0);
    const char *bad[] = {"2683.455", "-1", "", ".", "1e3", "1 ", " 1", "0x1", "92233720368547758080",
                         "1.2.3",    "NaN"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (price(bad[i], &v)) {
            fail_msg("price \"%s\" was taken", bad[i]);
        }
    }
    assert_true(instrument_parse_qty(&ETH, "0.003", 5, &v));
    assert_int_equal(v, 3);
    assert_false(instrument_parse_qty(&ETH, "0.0005", 6, &v));
}

static void test_format_round_trip(void **state)
{
    (void)state;
    struct rng r;
    rng_seed(&r, 3);
    char buf[32];
    for (int i = 0; i < 10000; i++) {
        int64_t ticks = (int64_t)rng_below(&r, 10000000);
        int64_t back = -1;
        size_t n = instrument_format_price(&ETH, ticks, buf);
        assert_int_equal(n, strlen(buf));
        assert_true(instrument_parse_price(&ETH, buf, n, &back));
        assert_int_equal(back, ticks);
    }
    instrument_format_qty(&ETH, 12, buf);
    assert_string_equal(buf, "0.012");
}

static void test_notional(void **state)
{
    (void)state;
    // 2683.45 x 0.003 = 8.05035
    assert_int_equal(instrument_notional_e8(&ETH, 268345000000, 3), 805035000);
    assert_int_equal(instrument_notional_e8(&ETH, 268345000000, -3), -805035000);
    struct instrument odd = ETH;
    odd.lot_e8 = 1; // 1e-8 x 0.5 = half of the last unit: away from zero on both sides
    assert_int_equal(instrument_notional_e8(&odd, E8 / 2, 1), 1);
    assert_int_equal(instrument_notional_e8(&odd, E8 / 2, -1), -1);
    assert_int_equal(instrument_notional_e8(&odd, E8 / 2 - 1, 1), 0);
    odd.contract_e8 = 1000 * E8;
    assert_int_equal(instrument_notional_e8(&odd, E8 / 2, 1), 500);
    // 1,000,000 x 100,000 base units: 1e19 in e8 before the division by 1e8 happens in 128 bits
    assert_int_equal(instrument_notional_e8(&ETH, 900000 * E8, 100000000), INT64_C(9000000000000000000));
}

static void test_currency(void **state)
{
    (void)state;
    for (int c = CURRENCY_USDT; c < CURRENCY_COUNT; c++) {
        const char *name = currency_name((enum currency)c);
        assert_int_equal(currency_parse(name, strlen(name)), c);
    }
    assert_int_equal(currency_parse("USD", 3), CURRENCY_NONE);
    assert_int_equal(currency_parse("-", 1), CURRENCY_NONE);
    assert_int_equal(currency_parse("", 0), CURRENCY_NONE);
}

// The worked case of venue-api.md 7.4, a long, and a position that leaves its first bracket.
static void test_liquidation(void **state)
{
    (void)state;
    struct margin_table t = {.count = 1, .bracket = {{.cap_e8 = INT64_MAX, .ratio_e8 = 500000}}};
    int64_t e = margin_liquidation_e8(&t, &ETH, -250, 312040000000, 500 * E8);
    assert_int_equal(e / 1000000, 509492); // 5094.92
    e = margin_liquidation_e8(&t, &ETH, 250, 312040000000, 100 * E8);
    // (100 - 0.25 x 3120.40) / (0.25 x 0.005 - 0.25) = 2734.07
    assert_int_equal(e / 1000000, 273407);
    assert_int_equal(margin_liquidation_e8(&t, &ETH, 250, 312040000000, 10000 * E8), 0); // cannot be
    assert_int_equal(margin_liquidation_e8(&t, &ETH, 0, 0, 0), 0);
    struct margin_table two = {.count = 2,
                               .bracket = {{.cap_e8 = 50000 * E8, .ratio_e8 = 500000},
                                           {.cap_e8 = 250000 * E8, .ratio_e8 = 1000000, .cum_e8 = 250 * E8}}};
    // 20 at 3000 with 6000 behind it: 54000 at liquidation lies in the second bracket
    e = margin_liquidation_e8(&two, &ETH, 20000, 3000 * E8, 6000 * E8);
    assert_int_equal(e / 1000000, 271464); // (6000 + 250 - 60000) / (0.2 - 20) = 2714.64
    assert_int_equal(margin_liquidation_e8(&(struct margin_table){0}, &ETH, 20000, 3000 * E8, 6000 * E8), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),       cmocka_unit_test(test_format_round_trip),
        cmocka_unit_test(test_notional),    cmocka_unit_test(test_currency),
        cmocka_unit_test(test_liquidation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
