// SPDX-License-Identifier: Apache-2.0
// bench_features: cost of the forty features per message, on the recorded ETHUSDT minutes of
// tests/data/recording (books and trades) with a best-bid/ask stream of the recorded book's rhythm between
// them. Median of 9 repetitions. Prints
//     features_per_message NS book NS touch NS trade NS
// and fails when the average is above 1000 ns. Applying the diff to the book is not counted.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "engine/signal/features.h"
#include "support/recording.h"

enum { REPS = 9, TOUCHES_PER_BOOK = 8 };

static struct event *events[8192];
static size_t event_count;

static void load(void)
{
    struct recording r;
    struct event *ev = calloc(1, sizeof *ev);
    recording_open(&r);
    size_t books = 0;
    while (recording_next(&r, ev) && books < 300) {
        struct event *copy = malloc(ev->size);
        memcpy(copy, ev, ev->size);
        events[event_count++] = copy;
        books += ev->type == EV_BOOK_DIFF;
    }
    gzclose(r.file);
    free(ev);
}

struct cost {
    double ns[3]; // book, touch, trade
    double n[3];
};

static void add(struct cost *c, int kind, int64_t from)
{
    c->ns[kind] += (double)(clock_mono_ns() - from);
    c->n[kind] += 1;
}

// The touch of the book with its quantity stirred, between this book and the next.
static void touches(struct features *f, const struct book *b, struct rng *rng, const struct event *ev,
                    struct cost *c)
{
    static struct event t[TOUCHES_PER_BOOK];
    struct level bid;
    struct level ask;
    if (!book_touch(b, &bid, &ask)) {
        return;
    }
    for (int i = 0; i < TOUCHES_PER_BOOK; i++) {
        event_init(&t[i], EV_TOUCH, 0, 0);
        t[i].mono_ns = ev->mono_ns + (i + 1) * 5 * NS_PER_MS;
        int64_t shift = i % 4 == 0 ? (int64_t)rng_below(rng, 3) - 1 : 0;
        t[i].u.touch = (struct ev_touch){bid.ticks + shift, 1 + (int64_t)rng_below(rng, 90000),
                                         ask.ticks + shift, 1 + (int64_t)rng_below(rng, 90000), 0};
    }
    int64_t from = clock_mono_ns();
    for (int i = 0; i < TOUCHES_PER_BOOK; i++) {
        features_on_touch(f, &t[i]);
    }
    add(c, 1, from);
    c->n[1] += TOUCHES_PER_BOOK - 1;
}

static void one_run(struct features *f, struct book *b, struct cost *c)
{
    struct rng rng;
    rng_seed(&rng, 1);
    for (size_t i = 0; i < event_count; i++) {
        const struct event *ev = events[i];
        if (ev->type == EV_TRADE) {
            int64_t from = clock_mono_ns();
            features_on_trade(f, ev);
            add(c, 2, from);
            continue;
        }
        if (ev->type == EV_BOOK_SNAPSHOT) {
            book_load(b, &ev->u.book);
        } else {
            book_apply(b, &ev->u.book);
        }
        int64_t from = clock_mono_ns();
        features_on_book(f, b, ev);
        add(c, 0, from);
        touches(f, b, &rng, ev, c);
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v)
{
    qsort(v, REPS, sizeof *v, by_value);
    return v[REPS / 2];
}

int main(void)
{
    load();
    void *fm = malloc(features_size());
    struct book *b = book_init(malloc(book_size()));
    double all[REPS];
    double kind[3][REPS];
    for (int i = 0; i < REPS; i++) {
        struct cost c;
        memset(&c, 0, sizeof c);
        one_run(features_init(fm), b, &c);
        all[i] = (c.ns[0] + c.ns[1] + c.ns[2]) / (c.n[0] + c.n[1] + c.n[2]);
        for (int k = 0; k < 3; k++) {
            kind[k][i] = c.ns[k] / c.n[k];
        }
    }
    double ns = median(all);
    printf("features_per_message %.0f book %.0f touch %.0f trade %.0f\n", ns, median(kind[0]),
           median(kind[1]), median(kind[2]));
    for (size_t i = 0; i < event_count; i++) {
        free(events[i]);
    }
    free(fm);
    free(b);
    return ns > 1000.0;
}
