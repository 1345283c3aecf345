// SPDX-License-Identifier: Apache-2.0
// Tries to break book.c: after each update the ladder must show the same touches, top 40, counts, quantities
// and depth as a naive sorted array. The updates are dense, sparse, crossed, with gaps of 100,000 ticks, with
// jumps that leave the directory and come back, with more pages than the pool has; then a real recording,
// update by update.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/rng.h"
#include "engine/market/book.h"
#include "support/recording.h"

enum { NAIVE_MAX = 20000, TOP = 40 };

// Bids and asks as sorted arrays, worst first.
struct naive {
    size_t n[2];
    struct level level[2][NAIVE_MAX];
};

static struct naive *naive;
static struct book *book;
static struct rng rng;

static int setup(void **state)
{
    (void)state;
    naive = calloc(1, sizeof *naive);
    book = book_init(malloc(book_size()));
    rng_seed(&rng, 11);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(naive);
    free(book);
    return 0;
}

static int better(int s, int64_t a, int64_t b)
{
    return s == 0 ? a > b : a < b;
}

static void naive_set(int s, int64_t ticks, int64_t lots)
{
    struct level *l = naive->level[s];
    size_t i = naive->n[s];
    while (i > 0 && better(s, l[i - 1].ticks, ticks)) {
        i--;
    }
    if (i > 0 && l[i - 1].ticks == ticks) {
        if (lots) {
            l[i - 1].lots = lots;
        } else {
            memmove(&l[i - 1], &l[i], (naive->n[s]-- - i) * sizeof *l);
        }
    } else if (lots) {
        memmove(&l[i + 1], &l[i], (naive->n[s]++ - i) * sizeof *l);
        l[i] = (struct level){ticks, lots};
    }
}

static enum side side_of(int s)
{
    return s == 0 ? SIDE_BUY : SIDE_SELL;
}

static void check_side(int s)
{
    struct level top[TOP];
    struct level best;
    size_t n = naive->n[s];
    size_t want = n < TOP ? n : TOP;
    assert_int_equal(book_count(book, side_of(s)), n);
    assert_int_equal(book_top(book, side_of(s), top, TOP), want);
    for (size_t i = 0; i < want; i++) {
        const struct level *l = &naive->level[s][n - 1 - i];
        if (top[i].ticks != l->ticks || top[i].lots != l->lots) {
            fail_msg("side %d level %zu: %lld x %lld, want %lld x %lld", s, i, (long long)top[i].ticks,
                     (long long)top[i].lots, (long long)l->ticks, (long long)l->lots);
        }
    }
    assert_int_equal(book_best(book, side_of(s), &best), n > 0);
    if (n > 0) {
        assert_int_equal(best.ticks, naive->level[s][n - 1].ticks);
        assert_int_equal(best.lots, naive->level[s][n - 1].lots);
    }
}

static void check_depth(int s, int64_t limit)
{
    int64_t sum = 0;
    for (size_t i = naive->n[s]; i > 0 && !better(s, limit, naive->level[s][i - 1].ticks); i--) {
        sum += naive->level[s][i - 1].lots;
    }
    assert_int_equal(book_depth_lots(book, side_of(s), limit), sum);
}

static void check_all_levels(void)
{
    static struct level all[NAIVE_MAX];
    for (int s = 0; s < 2; s++) {
        size_t n = naive->n[s];
        assert_int_equal(book_top(book, side_of(s), all, NAIVE_MAX), n);
        for (size_t i = 0; i < n; i++) {
            assert_memory_equal(&all[i], &naive->level[s][n - 1 - i], sizeof all[i]);
            assert_int_equal(book_qty(book, side_of(s), all[i].ticks), all[i].lots);
        }
    }
}

static void set_both(int s, int64_t ticks, int64_t lots)
{
    book_set(book, side_of(s), ticks, lots);
    naive_set(s, ticks, lots);
}

static int64_t below(int64_t n)
{
    return (int64_t)rng_below(&rng, (uint64_t)n);
}

// A random update around mid: mostly near, sometimes far; 40 % removals; removals of what is not there too.
static void random_update(int64_t mid, int64_t spacing, int64_t reach)
{
    int s = (int)below(2);
    int64_t distance = below(10) < 8 ? below(60) : below(reach);
    int64_t ticks = s == 0 ? mid - 1 - distance * spacing : mid + 1 + distance * spacing;
    ticks = ticks < 0 ? 0 : ticks;
    int64_t lots = below(10) < 4 ? 0 : 1 + below(1000000);
    if (below(8) == 0 && naive->n[s] > 0) { // the touch itself goes or changes
        ticks = naive->level[s][naive->n[s] - 1].ticks;
    }
    set_both(s, ticks, lots);
    check_side(s);
    if (below(16) == 0) {
        int64_t limit = ticks + below(2000) - 1000;
        check_depth(s, limit < 0 ? 0 : limit);
        assert_int_equal(book_qty(book, side_of(s), ticks), lots);
    }
}

static void run_random(int64_t start, int64_t step, int64_t spacing, int64_t reach, int updates)
{
    int64_t mid = start;
    for (int i = 0; i < updates; i++) {
        mid += below(2 * step + 1) - step;
        mid = mid < 1000 ? 1000 : mid;
        random_update(mid, spacing, reach);
    }
    check_all_levels();
}

static void test_dense(void **state)
{
    (void)state;
    run_random(600000, 1, 1, 3000, 60000);
}

static void test_sparse(void **state)
{
    (void)state;
    run_random(600000, 7, 5, 20000, 30000);
    run_random(600000, 100, 971, 3000, 20000);
}

static void test_at_the_bottom(void **state)
{
    (void)state;
    run_random(1000, 3, 1, 2000, 20000); // asks and bids next to tick 0
    set_both(0, 0, 5);
    set_both(1, 0, 5);
    check_side(0);
    check_side(1);
}

// Removing the best over a gap of 100,000 ticks, in both directions and on both sides.
static void test_gaps(void **state)
{
    (void)state;
    for (int64_t k = 0; k < 50; k++) {
        set_both(0, 9000000 - k * 100000, 1 + k);
        set_both(1, 9000001 + k * 100000, 1 + k);
    }
    for (int64_t k = 0; k < 50; k++) {
        check_side(0);
        check_side(1);
        set_both(0, 9000000 - k * 100000, 0);
        set_both(1, 9000001 + k * 100000, 0);
    }
    check_side(0);
    assert_false(book_is_sane(book));
}

// The touch walks and jumps millions of ticks away and back: what was left behind must still be there.
static void test_leaves_the_directory_and_returns(void **state)
{
    (void)state;
    const int64_t home = 10000000;
    run_random(home, 1, 1, 3000, 3000);
    static const int64_t away[] = {30000000, 100000, 8000000, 13000000, 10000500, INT64_C(1) << 40, 2000};
    for (size_t i = 0; i < sizeof away / sizeof away[0]; i++) {
        for (int round = 0; round < 300; round++) {
            random_update(away[i], 3, 100);
            random_update(home, 1, 3000);
        }
        check_all_levels();
    }
    while (naive->n[0] + naive->n[1] > 0) { // eat both sides, best first
        int s = naive->n[0] > naive->n[1] ? 0 : 1;
        set_both(s, naive->level[s][naive->n[s] - 1].ticks, 0);
        check_side(s);
    }
    assert_int_equal(book_dropped(book), 0);
}

// One level per page, more than the pool has; added from the touch outwards, inwards, and at random.
static void test_more_pages_than_the_pool(void **state)
{
    (void)state;
    for (int order = 0; order < 3; order++) {
        for (int64_t i = 0; i < 3000; i++) {
            int64_t k = order == 0 ? i : order == 1 ? 3000 - i : below(3000);
            set_both(0, 5000000 - k * 130, 1 + k);
            set_both(0, 5000000 - k * 130 - below(64), 1 + k);
            if (i % 16 == 0) {
                check_side(0);
            }
        }
        check_all_levels();
        check_depth(0, 5000000 - 3000 * 130);
        while (naive->n[0] > 500) {
            set_both(0, naive->level[0][naive->n[0] - 1].ticks, 0);
            check_side(0);
        }
        book_clear(book);
        naive->n[0] = naive->n[1] = 0;
    }
    assert_int_equal(book_dropped(book), 0);
}

// Beyond every bound the nearest levels stay exact and the loss is counted.
static void test_bound_keeps_the_nearest(void **state)
{
    (void)state;
    for (int64_t i = 0; i < 8000; i++) {
        int64_t k = i * 3 % 8000; // 3 and 8000 share no factor: every distance once
        book_set(book, SIDE_SELL, 1000000 + k * 64, 1 + k);
    }
    struct level top[5000];
    assert_int_equal(book_top(book, SIDE_SELL, top, 5000), 5000);
    for (int64_t k = 0; k < 5000; k++) {
        assert_int_equal(top[k].ticks, 1000000 + k * 64);
        assert_int_equal(top[k].lots, 1 + k);
    }
    assert_int_equal(book_count(book, SIDE_SELL) + book_dropped(book), 8000);
    assert_true(book_count(book, SIDE_SELL) >= 5600);
}

static void test_clear_and_load(void **state)
{
    (void)state;
    run_random(500000, 50, 3, 9000, 3000);
    struct event *ev = calloc(1, sizeof *ev);
    event_init(ev, EV_BOOK_SNAPSHOT, 0, 0);
    struct ev_book *s = &ev->u.book;
    s->last_id = 77;
    s->bids = 2;
    s->asks = 2;
    s->levels[0] = (struct level){99, 1};
    s->levels[1] = (struct level){100, 0}; // a zero in a snapshot is no level
    s->levels[2] = (struct level){105, 3};
    s->levels[3] = (struct level){104, 2};
    book_load(book, s);
    struct level best;
    assert_true(book_best(book, SIDE_BUY, &best) && best.ticks == 99);
    assert_true(book_best(book, SIDE_SELL, &best) && best.ticks == 104 && best.lots == 2);
    assert_true(book_is_sane(book));
    assert_int_equal(book_last_id(book), 77);
    assert_int_equal(book_count(book, SIDE_BUY), 1);
    book_set(book, SIDE_BUY, 104, 1);
    assert_false(book_is_sane(book));
    book_clear(book);
    assert_int_equal(book_count(book, SIDE_BUY) + book_count(book, SIDE_SELL), 0);
    assert_int_equal(book_last_id(book), 0);
    free(ev);
}

static void test_recording(void **state)
{
    (void)state;
    struct recording r;
    struct event *ev = calloc(1, sizeof *ev);
    recording_open(&r);
    int updates = 0;
    while (recording_next(&r, ev)) {
        if (ev->type == EV_TRADE) {
            continue;
        }
        const struct ev_book *b = &ev->u.book;
        for (uint32_t i = 0; i < b->bids + b->asks; i++) {
            int s = i >= b->bids;
            set_both(s, b->levels[i].ticks, b->levels[i].lots);
            check_side(s);
            updates++;
        }
        assert_true(book_is_sane(book));
    }
    check_all_levels();
    assert_int_equal(updates, 20754);
    assert_int_equal(book_dropped(book), 0);
    free(ev);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_dense, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sparse, setup, teardown),
        cmocka_unit_test_setup_teardown(test_at_the_bottom, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gaps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_leaves_the_directory_and_returns, setup, teardown),
        cmocka_unit_test_setup_teardown(test_more_pages_than_the_pool, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bound_keeps_the_nearest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_clear_and_load, setup, teardown),
        cmocka_unit_test_setup_teardown(test_recording, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
