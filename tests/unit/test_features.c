// SPDX-License-Identifier: Apache-2.0
// Tries to break features.c: each streaming figure is compared, event by event, with its batch form of
// formulas.c over the whole history so far, on random markets and on a real recording (books and trades).
// Then what a stream may get wrong and a batch cannot: resets, one-sided and crossed books, bursts beyond any
// ring, quotes that come out of order.
//
// Times are multiples of 10 ms (the coarse grid), so that window edges agree exactly with the batch
// definition.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <math.h>

#include "base/rng.h"
#include "engine/signal/features.h"
#include "engine/signal/formulas.h"
#include "support/recording.h"

enum { HISTORY = 20000, LEVELS = 10, VPIN_BUCKET = 997 };

// Everything that happened, in units of the formulas: milliseconds, ticks, lots.
struct history {
    size_t quotes, trades, books, points;
    double quote_ms[HISTORY], flow[HISTORY];           // order flow that each quote made
    struct formula_level bid, ask;                     // last quote
    struct formula_point mid[HISTORY], mid_s[HISTORY]; // by ms and by s
    struct formula_trade trade[HISTORY];
    double buys[HISTORY], sells[HISTORY];
    size_t buy_count, sell_count;
    double book_ms[HISTORY], deep_flow[HISTORY][3];
    struct formula_level bids[LEVELS], asks[LEVELS]; // last book
    size_t nb, na;
    double best_avg, best_ms, level_avg, third_avg, level_ms;
    double vpin_imbalance[HISTORY];
    struct formula_buckets buckets;
    double first_ms;
};

static struct history *h;
static struct features *f;
static struct book *book;
static struct event *ev;
static struct rng rng;

static int setup(void **state)
{
    (void)state;
    h = calloc(1, sizeof *h);
    ev = calloc(1, sizeof *ev);
    f = features_init(malloc(features_size()));
    book = book_init(malloc(book_size()));
    h->best_avg = h->level_avg = h->third_avg = (double)NAN;
    h->first_ms = -1;
    h->buckets =
        (struct formula_buckets){.size = VPIN_BUCKET, .imbalance = h->vpin_imbalance, .max = HISTORY};
    rng_seed(&rng, 77);
    struct instrument ins = {
        .tick_e8 = 1000000, .lot_e8 = 100000, .contract_e8 = E8, .funding_interval_h = 8};
    features_set_instrument(f, &ins);
    features_set_vpin_bucket(f, VPIN_BUCKET);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(h);
    free(ev);
    free(f);
    free(book);
    return 0;
}

static double now_ms(void)
{
    return (double)(ev->mono_ns / 1000000);
}

static void same(const char *what, double got, double want, double scale)
{
    if (isnan(want) ? !isnan(got) : !(fabs(got - want) <= 1e-9 * (fabs(want) + scale))) {
        fail_msg("%s at %.0f ms: stream %.15g, batch %.15g", what, now_ms(), got, want);
    }
}

// ------------------------------------------------------------------------------------- keeping the history

static double decayed(double avg, double x, double dt_ms)
{
    return isnan(avg) ? x : avg + (1.0 - exp(-dt_ms / 60000.0)) * (x - avg);
}

static void note_quote(struct formula_level bid, struct formula_level ask)
{
    double t = now_ms();
    if (h->quotes > 0) {
        h->quote_ms[h->quotes - 1] = t;
        h->flow[h->quotes - 1] = formula_flow_bid(h->bid, bid) + formula_flow_ask(h->ask, ask);
    }
    h->quotes++;
    h->bid = bid;
    h->ask = ask;
    double mid = formula_mid_spread(bid.price, ask.price).mid;
    h->mid[h->points] = (struct formula_point){t, mid};
    h->mid_s[h->points++] = (struct formula_point){t / 1000.0, mid};
    h->best_avg = decayed(h->best_avg, (bid.qty + ask.qty) / 2.0, t - h->best_ms);
    h->best_ms = t;
    h->first_ms = h->first_ms < 0 ? t : h->first_ms;
}

static void note_side(enum side side, struct formula_level *l, size_t *n)
{
    struct level top[LEVELS];
    *n = book_top(book, side, top, LEVELS);
    for (size_t i = 0; i < *n; i++) {
        l[i] = (struct formula_level){(double)top[i].ticks, (double)top[i].lots};
    }
}

static double sum_first(const struct formula_level *l, size_t n, size_t k)
{
    double s = 0;
    for (size_t i = 0; i < n && i < k; i++) {
        s += l[i].qty;
    }
    return s;
}

static void note_book(void)
{
    struct formula_level b[LEVELS];
    struct formula_level a[LEVELS];
    memcpy(b, h->bids, sizeof b);
    memcpy(a, h->asks, sizeof a);
    bool follows = h->books > 0;
    note_side(SIDE_BUY, h->bids, &h->nb);
    note_side(SIDE_SELL, h->asks, &h->na);
    h->book_ms[h->books] = now_ms();
    for (int i = 0; follows && i < 3; i++) {
        h->deep_flow[h->books][i] = formula_flow_bid(b[i], h->bids[i]) + formula_flow_ask(a[i], h->asks[i]);
    }
    h->books++;
    double all = sum_first(h->bids, h->nb, LEVELS) + sum_first(h->asks, h->na, LEVELS);
    double third = sum_first(h->bids, h->nb, 3) + sum_first(h->asks, h->na, 3);
    h->level_avg = decayed(h->level_avg, all / (double)(h->nb + h->na), now_ms() - h->level_ms);
    h->third_avg = decayed(h->third_avg, third / 6.0, now_ms() - h->level_ms);
    h->level_ms = now_ms();
}

static void note_trade(void)
{
    const struct ev_trade *t = &ev->u.trade;
    double qty = (double)t->qty_lots;
    h->trade[h->trades++] = (struct formula_trade){now_ms(), t->side, qty};
    if (t->side > 0) {
        h->buys[h->buy_count++] = now_ms();
    } else {
        h->sells[h->sell_count++] = now_ms();
    }
    formula_bucket_pour(&h->buckets, qty, t->side * qty);
    h->first_ms = h->first_ms < 0 ? now_ms() : h->first_ms;
}

// ----------------------------------------------------------------------------------------------- comparing

static double value(enum feature_id id)
{
    double v = features_values(f)[id];
    assert_int_equal(features_valid(f) >> id & 1, !isnan(v));
    return v;
}

static double window_sum(const double *ms, const double *x, size_t n, double width_ms)
{
    double s = 0;
    for (size_t i = 0; i < n; i++) {
        s += ms[i] > now_ms() - width_ms ? x[i] : 0;
    }
    return s;
}

static void compare_flows(void)
{
    static const double WIDTH[4] = {100, 1000, 5000, 30000};
    for (int i = 0; i < 4 && h->quotes > 0; i++) {
        double want = window_sum(h->quote_ms, h->flow, h->quotes - 1, WIDTH[i]) / h->best_avg;
        same("ofi", value((enum feature_id)(FEATURE_OFI_100MS + i)), want, 1);
    }
    for (int i = 0; i < 3 && h->books > 0; i++) {
        double s = 0;
        for (size_t k = 0; k < h->books; k++) {
            s += h->book_ms[k] > now_ms() - 1000 ? h->deep_flow[k][i] : 0;
        }
        same("mlofi", value((enum feature_id)(FEATURE_MLOFI_1 + i)), s / h->third_avg, 1);
    }
    for (int i = 0; i < 3; i++) {
        struct formula_flow w = formula_trade_imbalance(h->trade, h->trades, now_ms(), WIDTH[i + 1], 1e9);
        double got = value((enum feature_id)(FEATURE_TRADE_IMBALANCE_1S + i));
        same("trade imbalance", got, w.volume > 0 ? w.window : (double)NAN, 0);
    }
}

static void compare_trades(void)
{
    struct feature_raw r = features_raw(f);
    same("vpin", r.vpin, formula_vpin(&h->buckets, 50), 0);
    bool warm = now_ms() - h->first_ms >= 10000;
    double start = 1.0 - exp(-(now_ms() - h->first_ms) / 30000.0);
    double buys = formula_ewma_intensity(h->buys, h->buy_count, now_ms(), 30000.0) * 1000.0 / start;
    double sells = formula_ewma_intensity(h->sells, h->sell_count, now_ms(), 30000.0) * 1000.0 / start;
    same("buys", r.buys_per_s, warm ? buys : (double)NAN, 0);
    same("sells", r.sells_per_s, warm ? sells : (double)NAN, 0);
    same("ln buys", value(FEATURE_INTENSITY_BUY), warm && buys > 0 ? log(buys) : (double)NAN, 1);
}

static void compare_prices(void)
{
    struct feature_raw r = features_raw(f);
    double elapsed = h->mid[h->points - 1].t - h->mid[0].t;
    double fast = sqrt(formula_ewma_variance(h->mid_s, h->points, 10.0));
    double slow = sqrt(formula_ewma_variance(h->mid_s, h->points, 300.0));
    same("sigma 10", r.sigma_10s, elapsed >= 3000 ? fast : (double)NAN, 0);
    same("sigma 300", r.sigma_300s, elapsed >= 30000 ? slow : (double)NAN, 0);
    double sigma = elapsed >= 30000 ? slow : elapsed >= 3000 ? fast : (double)NAN;
    static const double H[6] = {100, 500, 1000, 5000, 30000, 60000};
    for (int i = 0; i < 6; i++) {
        double m = formula_momentum(h->mid, h->points, now_ms(), H[i]) / (sigma * sqrt(H[i] / 1000.0));
        same("momentum", value((enum feature_id)(FEATURE_MOMENTUM_100MS + i)), isfinite(m) ? m : (double)NAN,
             1);
    }
    double w = formula_weighted_mid(h->bid.price, h->bid.qty, h->ask.price, h->ask.qty);
    same("weighted mid", value(FEATURE_WEIGHTED_MID), w - r.mid_ticks, 1);
    same("spread", value(FEATURE_SPREAD), h->ask.price - h->bid.price, 0);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void compare_levels(void)
{
    double b[LEVELS];
    double a[LEVELS];
    for (size_t i = 0; i < LEVELS; i++) {
        b[i] = h->bids[i].qty;
        a[i] = h->asks[i].qty;
    }
    static const size_t N[3] = {3, 5, 10};
    for (int i = 0; i < 3; i++) {
        struct formula_imbalance r = formula_imbalance(b, least(h->nb, N[i]), a, least(h->na, N[i]), 0.5);
        same("imbalance", value((enum feature_id)(FEATURE_IMBALANCE_3 + i)), r.all, 0.1);
        if (N[i] == 10) {
            same("weighted imbalance", value(FEATURE_IMBALANCE_WEIGHTED), r.weighted, 0.1);
        }
    }
    double mid = (h->bids[0].price + h->asks[0].price) / 2.0;
    same("slope bid", value(FEATURE_SLOPE_BID), log(formula_book_slope(h->bids, h->nb, mid)), 1);
    same("slope ask", value(FEATURE_SLOPE_ASK), log(formula_book_slope(h->asks, h->na, mid)), 1);
}

static void compare_depth(void)
{
    static struct level top[8000];
    static struct formula_level l[2][8000];
    size_t n[2];
    for (int s = 0; s < 2; s++) {
        n[s] = book_top(book, s ? SIDE_SELL : SIDE_BUY, top, 8000);
        for (size_t i = 0; i < n[s]; i++) {
            l[s][i] = (struct formula_level){(double)top[i].ticks, (double)top[i].lots};
        }
    }
    struct formula_depth d5 = formula_depth_within(l[0], n[0], l[1], n[1], 5);
    struct formula_depth d20 = formula_depth_within(l[0], n[0], l[1], n[1], 20);
    same("depth bid 5", value(FEATURE_DEPTH_BID_5), log1p(d5.bid_qty / h->level_avg), 0);
    same("depth ask 5", value(FEATURE_DEPTH_ASK_5), log1p(d5.ask_qty / h->level_avg), 0);
    same("depth bid 20", value(FEATURE_DEPTH_BID_20), log1p(d20.bid_qty / h->level_avg), 0);
    same("depth ask 20", value(FEATURE_DEPTH_ASK_20), log1p(d20.ask_qty / h->level_avg), 0);
}

static void compare(void)
{
    compare_flows();
    compare_trades();
    if (h->points > 0 && ev->type != EV_TRADE) {
        compare_prices();
    }
    if (h->books > 0 && ev->type != EV_TOUCH && ev->type != EV_TRADE) {
        compare_levels();
        compare_depth();
    }
}

// -------------------------------------------------------------------------------------- feeding the stream

static void feed_book(void)
{
    book_apply(book, &ev->u.book);
    features_on_book(f, book, ev);
    note_book();
    note_quote(h->bids[0], h->asks[0]);
}

static void feed_trade(void)
{
    features_on_trade(f, ev);
    note_trade();
}

static int64_t below(int64_t n)
{
    return (int64_t)rng_below(&rng, (uint64_t)n);
}

static void start_event(enum event_type type, int64_t ms)
{
    event_init(ev, type, 0, 0);
    ev->mono_ns = ms * 1000000;
}

static void add_level(struct ev_book *b, int64_t ticks, int64_t lots)
{
    b->levels[b->bids + b->asks] = (struct level){ticks, lots};
}

// Replace 12 levels a side around a walking mid.
static void random_book(int64_t ms, int64_t mid, uint64_t id)
{
    start_event(EV_BOOK_DIFF, ms);
    struct ev_book *b = &ev->u.book;
    b->last_id = id;
    struct level top[40];
    for (int s = 0; s < 2; s++) {
        size_t n = book_top(book, s ? SIDE_SELL : SIDE_BUY, top, 40);
        for (size_t i = 0; i < n; i++) {
            add_level(b, top[i].ticks, 0);
            *(s ? &b->asks : &b->bids) += 1;
        }
        for (int64_t i = 0, at = 1; i < 12; i++, at += 1 + below(3)) {
            add_level(b, s ? mid + at : mid - at, 1 + below(500));
            *(s ? &b->asks : &b->bids) += 1;
        }
    }
    feed_book();
}

static void random_touch(int64_t ms, uint64_t id)
{
    start_event(EV_TOUCH, ms);
    int64_t bid = (int64_t)h->bid.price + below(3) - 1;
    int64_t ask = (int64_t)h->ask.price + below(3) - 1;
    ask = ask > bid ? ask : bid + 1;
    ev->u.touch = (struct ev_touch){bid, 1 + below(500), ask, 1 + below(500), id};
    features_on_touch(f, ev);
    note_quote((struct formula_level){(double)bid, (double)ev->u.touch.bid_lots},
               (struct formula_level){(double)ask, (double)ev->u.touch.ask_lots});
}

static void random_trade(int64_t ms, int64_t mid)
{
    start_event(EV_TRADE, ms);
    ev->u.trade = (struct ev_trade){.price_ticks = mid,
                                    .qty_lots = 1 + below(below(20) ? 300 : 90000),
                                    .side = (int8_t)(below(2) ? 1 : -1)};
    feed_trade();
}

static void test_random_market(void **state)
{
    (void)state;
    int64_t ms = 5000;
    int64_t mid = 250000;
    random_book(ms, mid, 1);
    for (uint64_t i = 2; i < 4000; i++) {
        ms += 10 * below(below(50) ? 6 : 300); // often the same time stamp, sometimes a pause
        mid += below(7) - 3;
        switch (below(3)) {
        case 0:
            random_book(ms, mid, i);
            break;
        case 1:
            random_touch(ms, below(10) ? i : 0);
            break;
        default:
            random_trade(ms, mid);
        }
        compare();
    }
    assert_true(ms > 100000 && h->buckets.count > 100);
}

static void test_recording(void **state)
{
    (void)state;
    struct recording r;
    recording_open(&r);
    size_t n = 0;
    while (recording_next(&r, ev) && n < 4000) {
        ev->mono_ns = ev->mono_ns / 10000000 * 10000000;
        if (ev->type == EV_BOOK_SNAPSHOT) {
            book_load(book, &ev->u.book);
            features_on_book(f, book, ev);
            note_book();
            note_quote(h->bids[0], h->asks[0]);
        } else if (ev->type == EV_BOOK_DIFF) {
            feed_book();
        } else {
            feed_trade();
        }
        if (++n % 3 == 0 || n < 500) {
            compare();
        }
    }
    if (n == 4000) {
        gzclose(r.file);
    }
    assert_true(h->books == 301 && h->trades > 3000);
}

// --------------------------------------------------------------------------------------------------- edges

static void test_reset_breaks_flow_and_returns(void **state)
{
    (void)state;
    random_book(1000, 250000, 1);
    for (int64_t i = 1; i <= 400; i++) {
        random_book(1000 + i * 20, 250000 + i % 3, (uint64_t)i + 1);
    }
    struct feature_raw before = features_raw(f);
    assert_true(!isnan(before.sigma_10s));
    features_reset_book(f);
    assert_true(isnan(features_values(f)[FEATURE_SPREAD]) && isnan(features_values(f)[FEATURE_MOMENTUM_1S]));
    double flow = features_values(f)[FEATURE_OFI_1S];
    random_book(9020, 350000, 5); // 40 % away; an update id that starts over
    struct feature_raw after = features_raw(f);
    assert_true(after.sigma_10s == before.sigma_10s);
    assert_true(isnan(features_values(f)[FEATURE_MOMENTUM_100MS]));
    assert_true(fabs(features_values(f)[FEATURE_OFI_1S]) <= fabs(flow) * 1.5 + 5);
    assert_true(!isnan(features_values(f)[FEATURE_SPREAD]));
}

static void test_one_sided_and_crossed(void **state)
{
    (void)state;
    random_book(1000, 250000, 1);
    assert_true(features_valid(f) & 1);
    start_event(EV_TOUCH, 1010);
    ev->u.touch = (struct ev_touch){250010, 5, 250000, 5, 2};
    features_on_touch(f, ev);
    assert_true(isnan(features_values(f)[FEATURE_SPREAD]) && isnan(features_values(f)[FEATURE_IMBALANCE_1]));
    assert_true(isnan(features_raw(f).mid_ticks));
    start_event(EV_TOUCH, 1020);
    ev->u.touch = (struct ev_touch){0, 0, 250000, 5, 3};
    features_on_touch(f, ev);
    assert_int_equal(features_valid(f) & 0x0f,
                     8 & features_valid(f)); // imbalance over 3 levels is the book's
    book_clear(book);
    start_event(EV_BOOK_DIFF, 1030);
    ev->u.book.last_id = 4;
    book_apply(book, &ev->u.book);
    features_on_book(f, book, ev);
    assert_int_equal(features_valid(f) & ((UINT64_C(1) << (FEATURE_SLOPE_ASK + 1)) - 1), 0);
    for (int i = 0; i < FEATURE_COUNT; i++) {
        double v = features_values(f)[i];
        assert_true((features_valid(f) >> i & 1) ? isfinite(v) : isnan(v));
    }
}

static void test_older_quotes_are_ignored(void **state)
{
    (void)state;
    random_book(1000, 250000, 100);
    double spread = features_values(f)[FEATURE_SPREAD];
    start_event(EV_TOUCH, 1010);
    ev->u.touch = (struct ev_touch){249000, 5, 251000, 5, 99};
    features_on_touch(f, ev);
    assert_true(features_values(f)[FEATURE_SPREAD] == spread);
    ev->u.touch.update_id = 101;
    features_on_touch(f, ev);
    assert_true(features_values(f)[FEATURE_SPREAD] == 2000);
    h->quotes = 0;
    random_book(1020, 250000, 100); // the book is behind the touch: deep levels only
    assert_true(features_values(f)[FEATURE_SPREAD] == 2000);
}

// A million trades in two seconds, at distinct nanoseconds: no ring may overflow and no lot be lost.
static void test_burst(void **state)
{
    (void)state;
    int64_t net = 0;
    start_event(EV_TRADE, 1000);
    for (int64_t i = 0; i < 1000000; i++) {
        ev->mono_ns = 1000000000 + i * 2000;
        ev->u.trade =
            (struct ev_trade){.price_ticks = 1, .qty_lots = 1 + i % 3, .side = (int8_t)(i % 5 ? 1 : -1)};
        net += ev->u.trade.side * ev->u.trade.qty_lots;
        features_on_trade(f, ev);
    }
    int64_t volume = 333334 + 2 * 333333 + 3 * 333333;
    assert_true(features_values(f)[FEATURE_TRADE_IMBALANCE_30S] == (double)net / (double)volume);
    ev->mono_ns += INT64_C(31000000000);
    ev->u.trade = (struct ev_trade){.price_ticks = 1, .qty_lots = 7, .side = 1};
    features_on_trade(f, ev);
    assert_true(features_values(f)[FEATURE_TRADE_IMBALANCE_30S] == 1.0);
}

static void test_one_trade_of_absurd_size(void **state)
{
    (void)state;
    features_set_vpin_bucket(f, 1);
    start_event(EV_TRADE, 1000);
    ev->u.trade = (struct ev_trade){.price_ticks = 1, .qty_lots = INT64_C(1) << 51, .side = -1};
    features_on_trade(f, ev);
    assert_true(features_raw(f).vpin == 1.0);
}

static void test_adaptive_bucket(void **state)
{
    (void)state;
    features_set_vpin_bucket(f, 0);
    start_event(EV_TRADE, 1000);
    ev->u.trade = (struct ev_trade){.price_ticks = 1, .qty_lots = 10, .side = 1};
    for (int64_t i = 0; i < 2000; i++) { // 100 lots/s, a steady market: a minute's volume / 50 = 120 lots
        ev->mono_ns = 1000000000 + i * 100000000;
        ev->u.trade.side = (int8_t)(i % 4 ? 1 : -1);
        features_on_trade(f, ev);
    }
    struct feature_raw r = features_raw(f);
    assert_true(r.bucket_lots > 110 && r.bucket_lots < 130);
    assert_true(fabs(r.vpin - 0.5) < 0.05);
    assert_true(!isnan(r.vpin_quantile));
}

// Prices that follow signed volume exactly: lambda is that ratio, whatever the weights.
static void test_kyle(void **state)
{
    (void)state;
    int64_t mid = 250000;
    for (int64_t i = 0; i < 40; i++) {
        start_event(EV_TOUCH, 1000 + i * 1000);
        ev->u.touch = (struct ev_touch){mid - 1, 5, mid + 1, 5, (uint64_t)i + 1};
        features_on_touch(f, ev);
        assert_true(i >= 20 || isnan(features_values(f)[FEATURE_KYLE]));
        int64_t side = below(2) ? 1 : -1;
        int64_t lots = 4 * (1 + below(20));
        start_event(EV_TRADE, 1500 + i * 1000);
        ev->u.trade = (struct ev_trade){.price_ticks = mid, .qty_lots = lots, .side = (int8_t)side};
        features_on_trade(f, ev);
        mid += side * lots / 4;
    }
    same("kyle", features_values(f)[FEATURE_KYLE], 0.25 * features_raw(f).trade_lots, 0);
}

static void test_funding_and_basis(void **state)
{
    (void)state;
    random_book(1000, 250000, 1);
    start_event(EV_MARK, 1010);
    ev->wall_ns = INT64_C(1700000000000000000);
    ev->u.mark = (struct ev_mark){.mark_e8 = 250000000000,
                                  .index_e8 = 249900000000,
                                  .funding_rate_e8 = 10000,
                                  .next_funding_ns = ev->wall_ns + INT64_C(2) * 3600 * 1000000000};
    features_on_mark(f, ev);
    same("funding", features_values(f)[FEATURE_FUNDING], 1.0 * 0.25, 0); // 1 bp, 2 of 8 hours left
    double mid_e8 = features_raw(f).mid_ticks * 1e6;
    same("basis", features_values(f)[FEATURE_BASIS], 1e4 * (mid_e8 - 249900000000.0) / 249900000000.0, 0);
    assert_true(isnan(features_values(f)[FEATURE_LEAD_RETURN]));
}

static void test_zscores(void **state)
{
    (void)state;
    struct formula_ewma s = {0, 0, 0};
    double z = 0;
    for (int64_t i = 0; i < 1500; i++) {
        random_book(1000 + i * 10, 250000, (uint64_t)i + 1);
        z = formula_zscore(&s, features_values(f)[FEATURE_SPREAD], 1e-3, 5.0, 1e-12);
        double got = features_z(f, FEATURE_SPREAD);
        assert_true(i + 1 < 1000 ? isnan(got) : got == z);
        h->points = h->quotes = h->books = 0;
    }
}

// The struct may be copied as bytes at any moment (checkpoint): the copy goes on identically.
static void test_copy_continues(void **state)
{
    (void)state;
    for (int64_t i = 0; i < 500; i++) {
        random_book(1000 + i * 20, 250000 + below(5), (uint64_t)i + 1);
    }
    struct features *copy = malloc(features_size());
    memcpy(copy, f, features_size());
    start_event(EV_TRADE, 12000);
    ev->u.trade = (struct ev_trade){.price_ticks = 250000, .qty_lots = 10, .side = 1};
    features_on_trade(f, ev);
    features_on_trade(copy, ev);
    assert_memory_equal(f, copy, features_size());
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_random_market, setup, teardown),
        cmocka_unit_test_setup_teardown(test_recording, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reset_breaks_flow_and_returns, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_sided_and_crossed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_older_quotes_are_ignored, setup, teardown),
        cmocka_unit_test_setup_teardown(test_burst, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_trade_of_absurd_size, setup, teardown),
        cmocka_unit_test_setup_teardown(test_adaptive_bucket, setup, teardown),
        cmocka_unit_test_setup_teardown(test_kyle, setup, teardown),
        cmocka_unit_test_setup_teardown(test_funding_and_basis, setup, teardown),
        cmocka_unit_test_setup_teardown(test_zscores, setup, teardown),
        cmocka_unit_test_setup_teardown(test_copy_continues, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
