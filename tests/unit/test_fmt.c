// SPDX-License-Identifier: Apache-2.0
// Tries to break fmt: buffers of one byte, cuts in the middle of a number, rounding at ties and at the ends
// of int64.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/fmt.h"

static void test_pieces_join_to_one_line(void **state)
{
    (void)state;
    char b[96];
    struct fmt f = fmt_begin(b, sizeof b);
    fmt_str(&f, "needs ");
    fmt_money(&f, 12360500000);
    fmt_char(&f, ',');
    fmt_int(&f, -42);
    fmt_char(&f, ' ');
    fmt_pct(&f, 3000000);
    fmt_char(&f, ' ');
    fmt_secs(&f, 1449999999);
    assert_string_equal(b, "needs 123.61,-42 3.00 % 1.4 s");
    assert_int_equal(f.len, strlen(b));
}

static void test_nothing_is_written_past_the_end(void **state)
{
    (void)state;
    for (size_t cap = 1; cap < 12; cap++) {
        char b[16];
        memset(b, '#', sizeof b);
        struct fmt f = fmt_begin(b, cap);
        fmt_str(&f, "abc");
        fmt_int(&f, INT64_MIN);
        fmt_char(&f, 'z');
        assert_int_equal(b[f.len], 0);
        assert_true(f.len < cap);
        for (size_t i = cap; i < sizeof b; i++) {
            assert_int_equal(b[i], '#');
        }
    }
}

static void test_rounding_is_to_nearest(void **state)
{
    (void)state;
    char b[40];
    struct fmt f = fmt_begin(b, sizeof b);
    fmt_dec(&f, 999500000, 8, 2);
    fmt_char(&f, ' ');
    fmt_dec(&f, -999499999, 8, 2);
    fmt_char(&f, ' ');
    fmt_dec(&f, INT64_MAX, 8, 0);
    assert_string_equal(b, "10.00 -9.99 92233720368");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_join_to_one_line),
        cmocka_unit_test(test_nothing_is_written_past_the_end),
        cmocka_unit_test(test_rounding_is_to_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
