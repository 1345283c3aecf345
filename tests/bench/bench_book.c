// SPDX-License-Identifier: Apache-2.0
// bench_book: one update with both touches read after it, tick ladder against a sorted array with the best at
// the end (search galloping from the touch), the same stream of updates, interleaved in one run, median of 7
// repetitions. The stream follows performance.md 2: distance from the touch 55 % mean 1.5 levels, 30 % mean
// 10, 12 % mean 60, 3 % mean 600; 40 % removals; the mid walks and crossed levels are removed; about 1,800
// levels a side. Prints
//     book_update LADDER_NS SORTED_NS RATIO
//     book_top40 NS        book_worst_gap NS        book_worst_rebase NS
// and fails when the ratio is below 2 or the two books disagree.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/dmath.h"
#include "base/rng.h"
#include "engine/market/book.h"

enum { STREAM = 3000000, WARM = 2000000, REPS = 7, SORTED_MAX = 16384 };

struct update {
    int32_t ticks, lots;
    int32_t side; // 0 bid, 1 ask
};

static struct update *stream;
static size_t stream_n;
static struct rng rng;

// ---------------------------------------------------------------------------------------- the sorted array

struct sorted {
    size_t n[2];
    struct level level[2][SORTED_MAX]; // ascending by goodness
};

static inline int64_t goodness(int side, int64_t ticks)
{
    return side == 0 ? ticks : -ticks;
}

// Index of the first entry not worse than ticks: gallop from the best end, then halve.
static size_t sorted_find(const struct sorted *b, int s, int64_t ticks)
{
    const struct level *l = b->level[s];
    int64_t want = goodness(s, ticks);
    size_t hi = b->n[s];
    size_t step = 1;
    while (step <= hi && goodness(s, l[hi - step].ticks) >= want) {
        hi -= step;
        step *= 2;
    }
    size_t lo = step <= hi ? hi - step + 1 : 0;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (goodness(s, l[mid].ticks) < want) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return hi;
}

static void sorted_set(struct sorted *b, int s, int64_t ticks, int64_t lots)
{
    struct level *l = b->level[s];
    size_t i = sorted_find(b, s, ticks);
    bool found = i < b->n[s] && l[i].ticks == ticks;
    if (found && lots) {
        l[i].lots = lots;
    } else if (found) {
        memmove(&l[i], &l[i + 1], (--b->n[s] - i) * sizeof *l);
    } else if (lots && b->n[s] < SORTED_MAX) {
        memmove(&l[i + 1], &l[i], (b->n[s]++ - i) * sizeof *l);
        l[i] = (struct level){ticks, lots};
    }
}

// ---------------------------------------------------------------------------------------------- the stream

static double uniform(void)
{
    return ((double)(rng_next(&rng) >> 11) + 0.5) * 0x1p-53;
}

static int64_t distance(void)
{
    double u = uniform();
    double mean = u < 0.55 ? 1.5 : u < 0.85 ? 10 : u < 0.97 ? 60 : 600;
    return (int64_t)(-mean * dmath_log(uniform()));
}

static void push(struct book *b, int side, int64_t ticks, int64_t lots)
{
    book_set(b, side ? SIDE_SELL : SIDE_BUY, ticks, lots);
    stream[stream_n++] = (struct update){(int32_t)ticks, (int32_t)lots, side};
}

static void make_stream(struct book *b, int64_t spacing)
{
    int64_t mid = 600000;
    stream_n = 0;
    while (stream_n < STREAM - 64) {
        mid += uniform() < 0.05 ? (uniform() < 0.5 ? -spacing : spacing) : 0;
        int side = uniform() < 0.5;
        int64_t d = 1 + distance();
        int64_t ticks = side ? mid + d * spacing : mid - d * spacing;
        struct level best;
        for (int i = 0; i < 32 && book_best(b, side ? SIDE_BUY : SIDE_SELL, &best) &&
                        (side ? best.ticks >= ticks : best.ticks <= ticks);
             i++) {
            push(b, !side, best.ticks, 0);
        }
        push(b, side, ticks, uniform() < 0.4 ? 0 : 1 + (int64_t)rng_below(&rng, 100000));
    }
}

// ----------------------------------------------------------------------------------------------- measuring

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, size_t n)
{
    qsort(v, n, sizeof *v, by_value);
    return v[n / 2];
}

static double run_ladder(struct book *b, uint64_t *sum)
{
    book_clear(b);
    int64_t from = 0;
    struct level bid = {0, 0};
    struct level ask = {0, 0};
    for (size_t i = 0; i < stream_n; i++) {
        if (i == WARM) {
            from = clock_mono_ns();
        }
        const struct update *u = &stream[i];
        book_set(b, u->side ? SIDE_SELL : SIDE_BUY, u->ticks, u->lots);
        if (book_touch(b, &bid, &ask)) {
            *sum += (uint64_t)(bid.ticks * 3 + ask.ticks + bid.lots + ask.lots);
        }
    }
    return (double)(clock_mono_ns() - from) / (double)(stream_n - WARM);
}

static double run_sorted(struct sorted *b, uint64_t *sum)
{
    b->n[0] = b->n[1] = 0;
    int64_t from = 0;
    struct level bid = {0, 0};
    struct level ask = {0, 0};
    for (size_t i = 0; i < stream_n; i++) {
        if (i == WARM) {
            from = clock_mono_ns();
        }
        const struct update *u = &stream[i];
        sorted_set(b, u->side, u->ticks, u->lots);
        if (b->n[0] && b->n[1]) {
            bid = b->level[0][b->n[0] - 1];
            ask = b->level[1][b->n[1] - 1];
            *sum += (uint64_t)(bid.ticks * 3 + ask.ticks + bid.lots + ask.lots);
        }
    }
    return (double)(clock_mono_ns() - from) / (double)(stream_n - WARM);
}

static double top40_ns(const struct book *b)
{
    struct level top[40];
    uint64_t sum = 0;
    int64_t from = clock_mono_ns();
    for (int i = 0; i < 20000; i++) {
        sum += book_top(b, SIDE_BUY, top, 20) + (uint64_t)top[19].ticks;
        sum += book_top(b, SIDE_SELL, top, 20) + (uint64_t)top[19].ticks;
    }
    double ns = (double)(clock_mono_ns() - from) / 20000;
    return sum ? ns : 0;
}

// Smallest over rounds of the dearest of `n` updates: the update's own cost without the host's interruptions.
static double worst_ns(struct book *b, int64_t gap, int n)
{
    double least = 1e18;
    for (int round = 0; round < 20; round++) {
        book_clear(b);
        for (int k = 0; k < n; k++) {
            for (int64_t near = 0; near < 600; near++) {
                book_set(b, SIDE_BUY, 90000000 - k * gap - near * 7, 1);
            }
        }
        double worst = 0;
        for (int k = 0; k < n - 1; k++) {
            for (int64_t near = 0; near < 600; near++) {
                int64_t from = clock_mono_ns();
                book_set(b, SIDE_BUY, 90000000 - k * gap - near * 7, 0);
                double ns = (double)(clock_mono_ns() - from);
                worst = ns > worst ? ns : worst;
            }
        }
        least = worst < least ? worst : least;
    }
    return least;
}

int main(void)
{
    struct book *b = book_init(malloc(book_size()));
    struct sorted *sorted = calloc(1, sizeof *sorted);
    stream = malloc(STREAM * sizeof *stream);
    rng_seed(&rng, 20240808);
    int rc = 0;
    for (int64_t spacing = 1; spacing <= 5; spacing += 4) {
        book_clear(b);
        make_stream(b, spacing);
        double ladder[REPS];
        double array[REPS];
        uint64_t sums[2] = {0, 0};
        for (int i = 0; i < REPS; i++) {
            ladder[i] = run_ladder(b, &sums[0]);
            array[i] = run_sorted(sorted, &sums[1]);
        }
        double l = median(ladder, REPS);
        double a = median(array, REPS);
        printf("book_update %.1f %.1f %.2f  # %s, %zu + %zu levels\n", l, a, a / l,
               spacing == 1 ? "dense" : "every 5th tick", book_count(b, SIDE_BUY), book_count(b, SIDE_SELL));
        if (sums[0] != sums[1]) {
            printf("book_update: the two books disagree\n");
            rc = 1;
        }
        rc |= a / l < 2.0;
    }
    printf("book_top40 %.1f\n", top40_ns(b));
    printf("book_worst_gap %.0f  # gap of 100,000 ticks, clock included\n", worst_ns(b, 100000, 10));
    printf("book_worst_rebase %.0f  # the touch moves 1.5 million ticks at once, clock included\n",
           worst_ns(b, 1500000, 10));
    free(stream);
    free(sorted);
    free(b);
    return rc;
}
