// SPDX-License-Identifier: Apache-2.0
// engine_step alone on a realistic mix: two minutes of the shipped market (books, touches, trades of ETHUSDT
// and BTCUSDT as they came, marks each second) with the reports of a venue that answers and fills, timers
// included. Time is taken around engine_step by CLOCK_MONOTONIC, whose own cost (about 25 ns a call) is in
// the figures. Goal: p50 <= 5 us.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hist.h"
#include "store/tape.h"
#include "support/fake_venue.h"

#define MARKET  "config/market/usdm-20240808.tape"
#define SPAN_NS (120 * NS_PER_S)
#define GOAL_NS 5000

static struct fake_venue V;
static struct event EV;
static struct hist ALL, BY_TYPE[EV_TYPE_COUNT];
static struct snapshot S;

// Instrument of the tape -> the fake venue's (0 ETHUSDT, 1 BTCUSDT perpetual); -1: not one of ours.
static int map_instrument(const struct tape_header *h, uint16_t id)
{
    static const char *const NAME[] = {"ETHUSDT", "BTCUSDT"};
    for (uint32_t n = 0; n < h->instrument_count; n++) {
        const struct instrument *d = &h->instruments[n];
        for (int k = 0; d->id == id && d->kind == INSTRUMENT_LINEAR && k < 2; k++) {
            if (strcmp(d->symbol, NAME[k]) == 0) {
                return k;
            }
        }
    }
    return -1;
}

static void feed(uint16_t i, const struct event *ev)
{
    memcpy(&EV, ev, ev->size);
    EV.instrument = i;
    if (EV.type == EV_TOUCH) {
        V.touch[i] = EV.u.touch;
        fv_match(&V, i);
    }
    fv_step(&V, &EV);
    if (EV.type == EV_BOOK_SNAPSHOT) {
        fv_book_state(&V, i, BOOK_LIVE, BOOK_REASON_NONE);
    }
}

static void play(struct tape_reader *r, struct error *e)
{
    const struct tape_header *h = tape_header(r);
    const struct event *ev;
    int64_t first = 0, base = V.now, marked = 0;
    while ((ev = tape_next(r, e)) && (first == 0 || ev->mono_ns - first < SPAN_NS)) {
        int i = map_instrument(h, ev->instrument);
        first = first ? first : ev->mono_ns;
        if (i < 0) {
            continue; // spot, the index
        }
        fv_run(&V, base + ev->mono_ns - first);
        feed((uint16_t)i, ev);
        if (V.now - marked >= NS_PER_S) {
            marked = V.now;
            fv_mark(&V, 0);
            fv_mark(&V, 1);
        }
    }
}

static void print_row(const char *name, const struct hist *h)
{
    if (h->count) {
        printf("%-16s %8" PRIu64 "  p50 %6" PRId64 "  p95 %6" PRId64 "  p99 %6" PRId64 "  max %8" PRId64
               " ns\n",
               name, h->count, hist_quantile(h, 500000), hist_quantile(h, 950000), hist_quantile(h, 990000),
               h->max_ns);
    }
}

int main(void)
{
    struct error e = {0};
    struct tape_reader *r = tape_open(MARKET, &e);
    if (!r) {
        fprintf(stderr, "bench_engine: %s\n", e.text);
        return e.exit_code;
    }
    fv_start(&V, NULL, 1);
    V.steps = BY_TYPE;
    play(r, &e);
    engine_snapshot(V.e, &S);
    printf("engine_step, %.0f s of the shipped market: %" PRIu64 " orders, %" PRIu64 " fills\n",
           (double)SPAN_NS / 1e9, S.orders_sent, S.fills);
    for (int t = 0; t < EV_TYPE_COUNT; t++) {
        print_row(event_type_name((enum event_type)t), &BY_TYPE[t]);
        hist_merge(&ALL, &BY_TYPE[t]);
    }
    print_row("all events", &ALL);
    int64_t p50 = hist_quantile(&ALL, 500000);
    printf("goal p50 <= %d ns: %s\n", GOAL_NS, p50 <= GOAL_NS ? "met" : "missed");
    tape_reader_close(r);
    fv_free(&V);
    return p50 <= GOAL_NS ? 0 : 1;
}
