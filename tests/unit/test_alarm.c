// SPDX-License-Identifier: Apache-2.0
// Tries to break alarms: conditions that flicker below their delay, storms that fill the list, repeats that
// should be shelved, acknowledging before and after clearing, a High alarm that somebody wants to shelve.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/clock.h"
#include "engine/alarm.h"

static struct alarms A;

static int poll_all(int64_t now)
{
    int n = 0;
    while (n < 1000 && alarm_poll(&A, now, 1000 + now)) {
        n++;
    }
    assert_true(n < 1000);
    return n;
}

static int setup(void **state)
{
    (void)state;
    memset(&A, 0, sizeof A);
    return 0;
}

static void test_a_flicker_is_no_alarm(void **state)
{
    (void)state;
    for (int64_t t = 0; t < 20 * NS_PER_S; t += NS_PER_S) {
        alarm_set(&A, ALARM_MD_STALE, 1, t / NS_PER_S % 2 == 0, t);
        assert_int_equal(poll_all(t), 0);
    }
    assert_int_equal(A.count, 0);
}

static void test_life_new_ack_cleared(void **state)
{
    (void)state;
    assert_true(alarm_set(&A, ALARM_MD_STALE, 1, true, 0));
    assert_false(alarm_set(&A, ALARM_MD_STALE, 1, true, 5));
    alarm_describe(&A, ALARM_MD_STALE, 1, "ETHUSDT: book stale");
    assert_int_equal(poll_all(2 * NS_PER_S - 1), 0);
    assert_int_equal(poll_all(2 * NS_PER_S), 1);
    assert_string_equal(A.entry[0].code, "MD-STALE");
    assert_string_equal(A.entry[0].text, "ETHUSDT: book stale");
    assert_int_equal(alarm_unacked(&A, ALARM_HIGH), 1);
    alarm_set(&A, ALARM_MD_STALE, 1, false, 3 * NS_PER_S);
    assert_int_equal(poll_all(8 * NS_PER_S), 0);
    assert_int_equal(A.entry[0].cleared, 1);
    assert_int_equal(A.count, 1); // stays until somebody has seen it
    assert_false(alarm_ack(&A, 99));
    assert_true(alarm_ack(&A, A.entry[0].number));
    assert_int_equal(A.count, 0);
    alarm_set(&A, ALARM_MD_STALE, 1, true, 9 * NS_PER_S); // and it can come again
    assert_int_equal(poll_all(11 * NS_PER_S), 1);
    assert_true(alarm_ack(&A, 0));
    assert_int_equal(A.count, 1);
    alarm_set(&A, ALARM_MD_STALE, 1, false, 12 * NS_PER_S);
    poll_all(17 * NS_PER_S);
    assert_int_equal(A.count, 0); // acknowledged first, then cleared: gone
}

static void test_a_storm_keeps_the_list_bounded_and_quiet(void **state)
{
    (void)state;
    int raised = 0;
    for (int id = 0; id < ALARM_EXTERNAL; id++) {
        for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
            alarm_set(&A, (enum alarm_id)id, i, true, 0);
        }
    }
    raised += poll_all(20 * NS_PER_S);
    assert_int_equal(raised, ALARM_EXTERNAL * INSTRUMENT_MAX); // each exactly once
    assert_int_equal(A.count, SNAP_ALARMS);
    assert_int_equal(poll_all(30 * NS_PER_S), 0); // evicted ones do not come back by themselves
    for (uint32_t i = 0; i < A.count; i++) {
        assert_int_equal(A.entry[i].level, ALARM_HIGH); // the lowest levels left first
    }
}

static void test_repeats_are_shelved_but_never_high_ones(void **state)
{
    (void)state;
    int64_t t = 0;
    for (int i = 0; i < 6; i++) {
        alarm_set(&A, ALARM_LIMIT_80, INSTRUMENT_NONE, true, t);
        alarm_set(&A, ALARM_CANCEL_FAIL, 0, true, t);
        poll_all(t + 3 * NS_PER_S);
        alarm_set(&A, ALARM_LIMIT_80, INSTRUMENT_NONE, false, t + 3 * NS_PER_S);
        alarm_set(&A, ALARM_CANCEL_FAIL, 0, false, t + 3 * NS_PER_S);
        poll_all(t + 9 * NS_PER_S);
        t += 10 * NS_PER_S;
    }
    for (uint32_t i = 0; i < A.count; i++) {
        assert_int_equal(A.entry[i].shelved, A.entry[i].level != ALARM_HIGH);
        if (A.entry[i].level == ALARM_HIGH) {
            assert_false(alarm_shelve(&A, A.entry[i].number, 5, t));
        } else {
            assert_true(alarm_shelve(&A, A.entry[i].number, 5, t));
        }
    }
    assert_int_equal(alarm_unacked(&A, ALARM_MEDIUM), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_flicker_is_no_alarm, setup),
        cmocka_unit_test_setup(test_life_new_ack_cleared, setup),
        cmocka_unit_test_setup(test_a_storm_keeps_the_list_bounded_and_quiet, setup),
        cmocka_unit_test_setup(test_repeats_are_shelved_but_never_high_ones, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
